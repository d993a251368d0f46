/* Whether discovery answers, told in the log: once when it fails, with the
 * reason, and once when it answers again. Fed by all workers of a pool.
 *
 * One tenant's discovery may fail while the others' goes on; so it counts as
 * answering again once it does for the extension that it failed for last, or
 * once it has not failed for anybody in a long time. */
#ifndef EXTQ_SERVICE_DISCOVERY_WATCH_H
#define EXTQ_SERVICE_DISCOVERY_WATCH_H

#include "link/discovery.h"

#include <stdatomic.h>
#include <uv.h>

struct discovery_watch {
    uv_mutex_t lock; /* over all that follows */
    atomic_bool fails;
    int64_t since_ms, failed_ms, told_ms; /* monotonic */
    uint64_t failures;                    /* since then */
    struct extension_key key;             /* of the last one */
    struct why told;
};

void discovery_watch_open(struct discovery_watch *w);
void discovery_watch_close(struct discovery_watch *w);

/* From any thread: a question of discovery ended. */
void discovery_watch_hear(void *watch, const struct extension_key *key,
                          const struct finding *finding);

/* From any thread, for each job: what discovery said so long ago, maybe to
 * another service, is in use. */
void discovery_watch_use(struct discovery_watch *w,
                         const struct extension_key *key, int64_t age_ms);

#endif
