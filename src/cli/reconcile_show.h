/* What a reconciliation found, for people and programs. */
#ifndef EXTQ_CLI_RECONCILE_SHOW_H
#define EXTQ_CLI_RECONCILE_SHOW_H

#include "cli/reconcile_ids.h"
#include "cli/reconcile_scan.h"

/* A line for each id on stdout: columns on a terminal, tabs elsewhere, JSON
 * Lines when asked. Stops when nobody reads it any more. */
void reconcile_show(const struct id_set *ids, bool json);

/* The counts by state, on stderr. */
void reconcile_sum_up(const char *command, const struct id_set *ids);

/* Says so where an unknown job may be one whose outcome was trimmed; since_ms
 * is the earliest moment at which one can have been enqueued, 0 = not known. */
void reconcile_doubt(const char *command, const struct id_set *ids,
                     const struct trail *trail, int64_t since_ms);

#endif
