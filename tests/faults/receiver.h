/* The extension of the fault rig: an HTTP/1.1 server on 127.0.0.1 with a
 * thread of its own, fast enough not to be the slowest part, which writes a
 * line into the ledger "calls" for each request. It is the registry as well.
 *
 *   /ext/ok     200, as everything that is not listed
 *   /ext/retry  503 at the first attempt, then 200
 *   /ext/moved  404 at the first attempt, then 200
 *   /ext/dead   400
 *   /ext/slow   200 after 0 to 200 ms
 *   /ext/hold   200, not before receiver_hold(r, false)
 *   /registry/<container>/<point>   where the extension of that point is; for
 *               on-none 404, for on-flaky 500 when it is asked first */
#ifndef EXTQ_FAULTS_RECEIVER_H
#define EXTQ_FAULTS_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>

/* Calls that are capped are counted by groups of a million jobs. */
enum { RECEIVER_GROUPS = 4, RECEIVER_GROUP_JOBS = 1000000 };

struct receiver;

/* folder is the ledgers'. Fails the test when it cannot. */
struct receiver *receiver_open(const char *folder);

/* Ends the thread; requests without an answer are noted as such. */
void receiver_close(struct receiver **r);

int receiver_port(const struct receiver *r);

/* Whether /ext/hold waits. */
void receiver_hold(struct receiver *r, bool hold);

/* Calls of extensions read so far, and of them waiting for their answer. */
size_t receiver_calls(struct receiver *r);
size_t receiver_waiting(struct receiver *r);

/* The most calls of /ext/capped, or of /ext/busy, that were under way at once,
 * of jobs of that group. */
size_t receiver_most_capped(struct receiver *r, unsigned group);
size_t receiver_most_busy(struct receiver *r, unsigned group);

#endif
