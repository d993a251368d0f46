/* The gate of a queue as a whole: whether operators paused it. */
#ifndef EXTQ_CLI_GATES_QUEUE_H
#define EXTQ_CLI_GATES_QUEUE_H

#include "cli/gates_scan.h"

/* GATE_PAUSED, or GATE_NONE. Errors as of gates_scan. */
enum err gates_queue_pause(struct connection *c, const char *queue,
                           struct gate_row *ret,
                           const struct reply **ret_reply) must_check;

#endif
