/* The service that `extq demo` runs: this very program as a child process,
 * which a terminal's Ctrl-C does not reach and which never outlives us. */
#ifndef EXTQ_CLI_DEMO_SERVICE_H
#define EXTQ_CLI_DEMO_SERVICE_H

#include "cli/demo_folder.h"

#include <stdbool.h>
#include <sys/types.h>

struct demo_service {
    pid_t pid;  /* 0 = not started, or ended and reaped */
    int status; /* as waitpid gave it, once it ended */
};

/* "extq run -c <folder>/extq.yaml", its output in <folder>/extq.log, without
 * the EXTQ_* of our own environment. Call from the main thread. ERR_IO. */
enum err demo_service_start(const struct demo_folder *f,
                            struct demo_service *ret,
                            struct why *why) must_check;

/* True once it has ended (or never ran). Never waits. */
bool demo_service_ended(struct demo_service *s);

/* SIGTERM, later again ("now"), at last SIGKILL; returns when it is gone. A
 * signal on signal_fd shortens the wait. */
void demo_service_stop(struct demo_service *s, int signal_fd);

#endif
