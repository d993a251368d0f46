#include "service/ops_internal.h"

#include "base/clock.h"
#include "link/library.h"
#include "service/keeper.h"

/* Connect, greeting and each reply have STEP_MS, so that one that does not come
 * is within the whole. */
enum { EVERY_MS = 1000, STEP_MS = 120, WHOLE_MS = 500 };

void ops_look_close(struct ops_look *look)
{
    redis_sync_close(&look->redis);
    *look = (struct ops_look){.pool = NULL};
}

enum err ops_look_ask(struct redis_sync *r, const struct queue_keys *k,
                      const char *held)
{
    const char *argv[] = {"FCALL",  library_look, "9",         k->jobs,
                          k->later, k->dead,      k->outcomes, k->suspects,
                          k->meta,  held,         k->parked,   k->gates};

    return redis_sync_queue(r, sizeof argv / sizeof *argv, argv, NULL);
}

static enum err ask(struct ops_look *look, struct queue *q)
{
    char held[KEY_MAX], epoch[EPOCH_MAX];

    (void)queue_read_lease(q, epoch);
    keys_held(held, &q->keys, epoch);
    return ops_look_ask(look->redis, &q->keys, held);
}

static enum err read_answer(struct ops_look *look, size_t n)
{
    const struct reply *reply;
    enum err e = redis_sync_next(look->redis, &reply);

    if (e)
        return e;
    /* The function may not be loaded yet, or be forbidden. */
    look->known[n] = reply_count(reply) == LOOK_VALUES;
    for (size_t v = 0; look->known[n] && v < LOOK_VALUES; v++)
        look->values[n][v] = reply_number(reply_at(reply, v));
    return ERR_OK;
}

static enum err ask_all(struct ops_look *look, const struct pool *p)
{
    const struct shared *s = pool_shared(p);
    size_t count = s->config->queue_count, step = count;
    struct why why;
    enum err e = ERR_OK;

    if (!look->redis)
        e = redis_sync_open(&s->config->redis, STEP_MS, &look->redis, &why);
    /* In a cluster the next queue may be with another node. */
    if (s->config->redis.cluster)
        step = 1;
    for (size_t n = 0; !e && n < count; n++) {
        for (size_t i = n; !e && n % step == 0 && i < n + step; i++)
            e = ask(look, &s->queues[i]);
        if (!e)
            e = clock_mono_ms() - look->asked_ms < WHOLE_MS
                    ? read_answer(look, n)
                    : ERR_REDIS;
    }
    return e;
}

void ops_look_refresh(struct ops_look *look, const struct pool *p)
{
    int64_t now_ms = clock_mono_ms();

    if (look->pool != p)
        ops_look_close(look);
    look->pool = p;
    if (look->asked_ms && now_ms - look->asked_ms < EVERY_MS)
        return;
    look->asked_ms = now_ms;
    /* Where Redis is away its last figures stand, with their age. */
    if (!keeper_in_touch(pool_shared(p)->keeper))
        return;
    if (ask_all(look, p))
        redis_sync_close(&look->redis);
    else
        look->read_ms = clock_mono_ms();
}
