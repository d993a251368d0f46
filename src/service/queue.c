#include "service/queue.h"

#include "base/check.h"
#include "link/redis_slot.h"

#include <stdio.h>

void queue_open(struct queue *q, const struct config *config, size_t index)
{
    *q = (struct queue){.config = &config->queues[index],
                        .redis = config->redis};
    keys_of_queue(&q->keys, config->prefix, q->config->name);
    q->redis.slot = redis_slot(span_of(q->keys.jobs));
    check(uv_mutex_init(&q->lock) == 0);
    atomic_store(&q->due_ms, INT64_MAX);
}

void queue_close(struct queue *q)
{
    uv_mutex_destroy(&q->lock);
}

void queue_set_lease(struct queue *q, const char *epoch, int64_t ends_ms)
{
    uv_mutex_lock(&q->lock);
    snprintf(q->epoch, sizeof q->epoch, "%s", epoch);
    atomic_store(&q->ends_ms, ends_ms);
    atomic_fetch_add(&q->leases, 1);
    uv_mutex_unlock(&q->lock);
}

void queue_renew_lease(struct queue *q, int64_t ends_ms)
{
    atomic_store(&q->ends_ms, ends_ms);
}

unsigned queue_read_lease(struct queue *q, char ret_epoch[EPOCH_MAX])
{
    unsigned count;

    uv_mutex_lock(&q->lock);
    snprintf(ret_epoch, EPOCH_MAX, "%s", q->epoch);
    count = atomic_load(&q->leases);
    uv_mutex_unlock(&q->lock);
    return count;
}

bool queue_lease_runs(const struct queue *q, int64_t now_ms)
{
    return now_ms < atomic_load(&q->ends_ms);
}

bool queue_note_due(struct queue *q, int64_t at_ms)
{
    long long known = atomic_load(&q->due_ms);

    while (at_ms < known)
        if (atomic_compare_exchange_weak(&q->due_ms, &known, at_ms))
            return true;
    return false;
}
