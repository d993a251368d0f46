#include "service/worker_internal.h"

#include <stdlib.h>

enum { BLOCK_MS = 5000 };

/* A blocking BLMOVE of the list onto itself, same end: it moves nothing, and
 * returns as soon as the list is not empty. Right behind it goes a claim, which
 * Redis carries out then: on the way from a push to its job nobody is asked
 * twice. */
struct bell {
    struct intake *intake;
    struct redis *redis; /* its own: a blocked connection serves nobody else;
                            NULL = there was no memory for another one */
    bool listening;
    struct patience_turn turn; /* while Redis refuses */
};

static void rung(void *arg, const struct reply *reply)
{
    struct bell *b = arg;
    struct intake *i = b->intake;

    b->listening = false;
    if (!reply)
        return;
    /* Refused above maxmemory, where claims still work: poll meanwhile. */
    if (reply_fault(reply) != FAULT_NONE)
        intake_refused(i, &b->turn);
    else
        intake_answered(i, &b->turn);
    if (reply_kind(reply) == REPLY_NIL || i->behind.asked)
        return;
    atomic_store(&i->queue->waiting, true);
    worker_call_others(i->worker);
}

/* Pushes may have gone unheard while the connection was away. */
static void heard_again(void *owner, struct redis *r)
{
    struct bell *b = owner;

    (void)r;
    atomic_store(&b->intake->queue->waiting, true);
}

static enum err connect_to_redis(struct bell *b)
{
    struct worker *w = b->intake->worker;
    struct redis_options options = {
        .address = &b->intake->queue->redis,
        .connect_ms = w->config->redis_connect_ms,
        .reply_ms = w->config->redis_reply_ms,
        .owner = b,
        .up = heard_again,
    };

    return redis_open(&w->loop, &options, &b->redis);
}

enum err bell_open(struct intake *i, struct bell **ret)
{
    struct bell *b = calloc(1, sizeof *b);
    enum err e;

    if (!b)
        return ERR_MEMORY;
    b->intake = i;
    e = connect_to_redis(b);
    if (e)
        free(b);
    else
        *ret = b;
    return e;
}

static bool may_listen(const struct bell *b)
{
    return !b->listening && !atomic_load(&b->intake->queue->waiting) &&
           redis_is_up(b->redis) && intake_may_ask(b->intake, &b->turn);
}

static void listen_for_jobs(struct bell *b)
{
    const char *jobs = b->intake->queue->keys.jobs;
    const char *argv[6] = {"BLMOVE", jobs, jobs, "RIGHT", "RIGHT", "5"};
    const struct redis_words words = {6, argv, NULL};

    b->listening =
        redis_send_blocking(b->redis, rung, b, &words, BLOCK_MS) == ERR_OK;
    if (b->listening)
        intake_claim_behind(b->intake, b->redis);
}

void bell_arm(struct bell *b)
{
    if (!b->redis && connect_to_redis(b))
        return;
    if (may_listen(b))
        listen_for_jobs(b);
    redis_flush(b->redis);
}

/* Without its connection the claim may still be on its way to Redis: what comes
 * of it a recovery finds. A new one needs not wait as one that failed. */
void bell_recall(struct bell *b)
{
    if (b->intake->behind.asked == 0)
        return;
    b->intake->behind.recalled = true;
    redis_close(&b->redis);
    (void)connect_to_redis(b);
}

void bell_close(struct bell **ret)
{
    struct bell *b = *ret;

    *ret = NULL;
    if (!b)
        return;
    b->intake->behind.recalled = b->intake->behind.asked > 0;
    redis_close(&b->redis);
    free(b);
}
