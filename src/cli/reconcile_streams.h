/* The two streams of a queue as a reconciliation reads them: from their oldest
 * entry, and later from where that ended. For reconcile_*.c only. */
#ifndef EXTQ_CLI_RECONCILE_STREAMS_H
#define EXTQ_CLI_RECONCILE_STREAMS_H

#include "cli/reconcile_scan.h"

/* All outcomes there are; and those that came since. */
enum err streams_outcomes(struct scan *s) must_check;
enum err streams_outcomes_again(struct scan *s) must_check;

/* The dead letters behind those read already. */
enum err streams_dead(struct scan *s) must_check;

/* ERR_REDIS, ERR_MEMORY, or ERR_REPLY with the refusal in s->reply, all. */

#endif
