#include "service/worker_internal.h"

#include "base/clock.h"

#include <stdlib.h>

enum { BLOCK_MS = 5000 };

/* A blocking BLMOVE of the list onto itself, same end: it moves nothing, and
 * returns as soon as the list is not empty. */
struct bell {
    struct worker *worker;
    struct queue *queue;
    struct redis *redis; /* its own: a blocked connection serves nobody else */
    bool listening;
    struct patience_turn turn; /* while Redis refuses */
};

static void rung(void *arg, const struct reply *reply)
{
    struct bell *b = arg;

    b->listening = false;
    if (!reply)
        return;
    /* Refused above maxmemory, where claims still work: poll meanwhile. */
    if (reply_fault(reply) != FAULT_NONE)
        patience_refused(&b->worker->patience, &b->turn, clock_mono_ms());
    else
        patience_answered(&b->worker->patience, &b->turn);
    if (reply_kind(reply) == REPLY_NIL)
        return;
    atomic_store(&b->queue->waiting, true);
    worker_call_others(b->worker);
}

/* Pushes may have gone unheard while the connection was away. */
static void heard_again(void *owner, struct redis *r)
{
    struct bell *b = owner;

    (void)r;
    atomic_store(&b->queue->waiting, true);
}

enum err bell_open(struct worker *w, struct queue *q, struct bell **ret)
{
    struct bell *b = calloc(1, sizeof *b);
    struct redis_options options = {
        .address = &q->redis,
        .connect_ms = w->config->redis_connect_ms,
        .reply_ms = BLOCK_MS + w->config->redis_reply_ms,
        .owner = b,
        .up = heard_again,
    };
    enum err e;

    if (!b)
        return ERR_MEMORY;
    b->worker = w;
    b->queue = q;
    e = redis_open(&w->loop, &options, &b->redis);
    if (e)
        free(b);
    else
        *ret = b;
    return e;
}

void bell_arm(struct bell *b)
{
    const char *jobs = b->queue->keys.jobs;
    const char *argv[6] = {"BLMOVE", jobs, jobs, "RIGHT", "RIGHT", "5"};

    if (!b->listening && !atomic_load(&b->queue->waiting) &&
        redis_is_up(b->redis) &&
        patience_wait_ms(&b->worker->patience, &b->turn, clock_mono_ms()) == 0)
        b->listening =
            redis_send(b->redis, rung, b,
                       &(struct redis_words){6, argv, NULL}) == ERR_OK;
    redis_flush(b->redis);
}

void bell_close(struct bell **ret)
{
    struct bell *b = *ret;

    *ret = NULL;
    if (!b)
        return;
    redis_close(&b->redis);
    free(b);
}
