/* The whole service in one process: embedded Redis if asked for, the worker
 * pool, signals, reload and orderly end. */
#ifndef EXTQ_SERVICE_SERVICE_H
#define EXTQ_SERVICE_SERVICE_H

#include "service/config.h"

/* Runs until SIGTERM or SIGINT and drains; takes over *config (a reload
 * replaces it) and closes it. SIGHUP reads config->path again
 * and logs what changed; other signals are of service/loudness.h. Returns
 * ERR_OK after an orderly end; otherwise *why says what kept it from starting.
 */
enum err service_run(struct config **config, struct why *why) must_check;

#endif
