/* Follows what Redis says while a run goes on: the outcome stream from its
 * start into the ledger "outcomes", and whose leases come and go into
 * "reigns". Redis may go away and come back. */
#ifndef EXTQ_FAULTS_WATCH_H
#define EXTQ_FAULTS_WATCH_H

#include "link/redis_sync.h"

#include <sys/types.h>

struct watch;

/* Both are borrowed. It follows the queue "default". */
struct watch *watch_open(const struct redis_address *address,
                         const char *folder);

/* From now on this queue as well: each figure is then of all of them. */
void watch_add_queue(struct watch *w, const char *queue);

/* Writes the reigns down, and ends it. */
void watch_close(struct watch **w);

/* Reads what is new; does nothing while Redis is away. */
void watch_poll(struct watch *w);

/* Entries read so far, and of them those that end a job. */
size_t watch_entries(const struct watch *w);
size_t watch_ends(const struct watch *w);

/* Jobs held under the leases that the process had (0 = any process) and that
 * nobody gave back yet. */
size_t watch_held(struct watch *w, pid_t pid);

/* Leases that were in force at the last look. */
size_t watch_reigns(const struct watch *w);

/* The queues where that process had a lease then: one that joined twice, as its
 * first answer was lost, is one. */
size_t watch_realm(const struct watch *w, pid_t pid);

/* How many leases there are now, those that were taken away included; -1 while
 * Redis is away. */
int64_t watch_leases(struct watch *w);

/* True when that process has, or had, a lease. */
bool watch_knows(const struct watch *w, pid_t pid);

/* True when that process had a lease and all of them are over. */
bool watch_is_deposed(struct watch *w, pid_t pid);

/* Jobs that are in a key and not ended: waiting, due later, or held; -1 while
 * Redis is away. */
int64_t watch_open_jobs(struct watch *w);

/* One command, the reply as a number; -1 while Redis is away. */
int64_t watch_number(struct watch *w, const char *a, const char *b,
                     const char *c);

/* Counts each key that should not be there into the ledger "leaked", and each
 * job that is in one into "present". */
void watch_census(struct watch *w);

#endif
