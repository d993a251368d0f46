/* How much the service logs, changed while it runs, by signal: what reaches a
 * process in a container as well, and asks nobody but the kernel who may. */
#ifndef EXTQ_SERVICE_LOUDNESS_H
#define EXTQ_SERVICE_LOUDNESS_H

#include "base/log.h"

#include <stdbool.h>
#include <uv.h>

enum { LOUDNESS_SIGNALS = 6 };

struct loudness {
    uv_signal_t handles[LOUDNESS_SIGNALS];
    enum log_level configured;
};

/* SIGUSR1: everything; SIGUSR2: what the configuration says; the first four
 * real-time signals: debug, info, warn, error. */
void loudness_open(struct loudness *l, uv_loop_t *loop);
void loudness_close(struct loudness *l);

/* From a start or a reload: holds from now on, until a signal. */
void loudness_configure(struct loudness *l, enum log_level level);

/* The signal for "debug", "info", "warn", "error" or "configured"; 0 for
 * anything else. */
int loudness_signal(const char *word);

#endif
