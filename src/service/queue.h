/* One queue as all threads of this process see it: its keys and where they are,
 * our lease on it, and whether work may be waiting. The keeper writes the
 * lease, workers read it; the rest is a few atomics. */
#ifndef EXTQ_SERVICE_QUEUE_H
#define EXTQ_SERVICE_QUEUE_H

#include "link/keys.h"
#include "service/config.h"

#include <stdatomic.h>

struct queue {
    const struct queue_config *config;
    struct queue_keys keys;
    struct redis_address redis; /* in a cluster: of the keys' slot */

    uv_mutex_t lock;       /* over epoch and its count together */
    char epoch[EPOCH_MAX]; /* "" while we have no lease */
    atomic_uint leases;    /* counts epochs: a change means a new one */
    atomic_llong ends_ms; /* clock_boot_ms: past it, hold still until renewed */

    atomic_bool waiting; /* the last look left jobs behind, or the bell rang */
    atomic_llong due_ms; /* monotonic: the earliest retry that this process
                            put off since the keeper looked; INT64_MAX = none */
};

/* config is borrowed; index is the queue's number in it. */
void queue_open(struct queue *q, const struct config *config, size_t index);
void queue_close(struct queue *q);

/* The keeper: a new epoch ("" = lost), with its end by clock_boot_ms. */
void queue_set_lease(struct queue *q, const char *epoch, int64_t ends_ms);
void queue_renew_lease(struct queue *q, int64_t ends_ms);

/* The workers: copies the epoch and returns its count. */
unsigned queue_read_lease(struct queue *q, char ret_epoch[EPOCH_MAX]);

/* True while calls (now_ms by clock_boot_ms) may be made for held jobs: the
 * lease has not run out by our own clock, which the server's view lags behind.
 */
bool queue_lease_runs(const struct queue *q, int64_t now_ms);

/* Takes note of a retry in so many milliseconds; true when the keeper should
 * look at its clock again. */
bool queue_note_due(struct queue *q, int64_t at_ms);

#endif
