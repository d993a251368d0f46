/* Which queues a command about gates means. */
#ifndef EXTQ_CLI_GATES_QUEUE_H
#define EXTQ_CLI_GATES_QUEUE_H

#include "cli/connect.h"
#include "cli/gates_scan.h"

/* The one asked for, or (asked NULL) all of the configuration. */
size_t gates_queue_count(const struct connection *c, const char *asked);
const char *gates_queue_name(const struct connection *c, const char *asked,
                             size_t i);

/* EXIT_OK unless the queue asked for is one that neither the configuration nor
 * Redis has heard of: that is said then, with the nearest. */
int gates_queue_known(struct connection *c, const char *asked);

/* What operators want of the queue as a whole: GATE_PAUSED, or GATE_NONE.
 * Errors as of gates_scan. */
enum err gates_queue_pause(struct connection *c, const char *queue,
                           struct gate_row *ret,
                           const struct reply **ret_reply) must_check;

/* The exit code for the error, which is said; EXIT_OK for ERR_OK. */
int gates_failed(const struct connection *c, enum err e,
                 const struct reply *reply);

#endif
