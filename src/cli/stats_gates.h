/* The gates of a queue in `extq stats`: how many jobs wait, at how many gates
 * of which kind, and the worst of them. */
#ifndef EXTQ_CLI_STATS_GATES_H
#define EXTQ_CLI_STATS_GATES_H

#include "cli/stats_read.h"

/* Appends the lines on the queue itself, if it is paused; the line with the
 * jobs in all; the lines with the gates, if there are any; members of a JSON
 * object, with a comma in front. ERR_MEMORY, ERR_LIMIT. */
enum err stats_pause_page(const struct stats_queue *q,
                          struct buf *out) must_check;
enum err stats_gates_count(const struct stats_queue *q,
                           struct buf *out) must_check;
enum err stats_gates_page(const struct stats_queue *q,
                          struct buf *out) must_check;
enum err stats_gates_json(const struct stats_queue *q,
                          struct buf *out) must_check;

#endif
