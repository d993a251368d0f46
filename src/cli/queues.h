/* Which of the queues a command means. */
#ifndef EXTQ_CLI_QUEUES_H
#define EXTQ_CLI_QUEUES_H

#include "cli/connect.h"

/* The one asked for, or (asked NULL) all of the configuration. */
size_t queues_count(const struct connection *c, const char *asked);
const char *queues_name(const struct connection *c, const char *asked,
                        size_t i);

/* EXIT_OK unless the queue asked for is one that neither the configuration nor
 * Redis has heard of: that is said then, with the nearest. */
int queues_known(struct connection *c, const char *asked);

/* connect_open and queues_known. Returns an exit_code; the connection is for
 * connect_close in every case. */
int queues_open(const char *command, const struct common_options *common,
                const char *asked, struct connection *ret);

#endif
