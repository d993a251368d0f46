#include "stages/record.h"

#include "base/check.h"
#include "base/clock.h"
#include "link/library.h"
#include "link/resp.h"
#include "stages/record_batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMAND_MAX = 16 << 20, BATCH_FAIR = 64 };

TAILQ_HEAD(batches, batch);

struct recorder {
    struct recorder_options options;
    struct batches waiting; /* oldest first; the last one may be open */
    struct batches sent;
    struct batches spare;
    size_t pending; /* jobs */
    bool refused;   /* Redis was unwilling, or away: one batch at a time asks
                       again, whatever there is to say */
    struct buf command; /* scratch for sending */
};

enum err recorder_open(const struct recorder_options *options,
                       struct recorder **ret)
{
    struct recorder *r = calloc(1, sizeof *r);

    if (!r)
        return ERR_MEMORY;
    r->options = *options;
    r->command = buf_make(COMMAND_MAX);
    TAILQ_INIT(&r->waiting);
    TAILQ_INIT(&r->sent);
    TAILQ_INIT(&r->spare);
    *ret = r;
    return ERR_OK;
}

/* The batch that takes the next job, a new one when there is none. */
static struct batch *open_batch(struct recorder *r,
                                const struct record_entry *e)
{
    struct batch *b = TAILQ_LAST(&r->waiting, batches);
    const char *epoch = r->options.holder->epoch;

    if (b && !b->again && batch_has_room(b, e) && strcmp(b->epoch, epoch) == 0)
        return b;
    b = TAILQ_FIRST(&r->spare);
    if (b)
        TAILQ_REMOVE(&r->spare, b, next);
    else if (!(b = batch_make(r)))
        return NULL;
    snprintf(b->epoch, sizeof b->epoch, "%s", epoch);
    TAILQ_INSERT_TAIL(&r->waiting, b, next);
    return b;
}

enum err record(struct recorder *r, const struct record_entry *e)
{
    struct batch *b = open_batch(r, e);

    if (!b || batch_add(b, e, r->options.body_keep))
        return ERR_MEMORY;
    r->pending++;
    return ERR_OK;
}

static void settle(struct batch *b, enum settled how)
{
    struct recorder *r = b->owner;

    TAILQ_REMOVE(b->sent ? &r->sent : &r->waiting, b, next);
    for (size_t i = 0; i < b->job_count; i++) {
        r->pending--;
        r->options.settled(r->options.owner, b->jobs[i], how);
    }
    batch_reset(b);
    TAILQ_INSERT_HEAD(&r->spare, b, next);
}

static void try_again(struct batch *b)
{
    struct recorder *r = b->owner;

    TAILQ_REMOVE(&r->sent, b, next);
    b->sent = false;
    b->again = true;
    TAILQ_INSERT_HEAD(&r->waiting, b, next);
}

static void try_later(struct batch *b)
{
    patience_refused(b->owner->options.patience, &b->turn, clock_mono_ms());
    try_again(b);
}

static void batch_refused(struct batch *b, const struct reply *reply)
{
    const struct recorder_options *o = &b->owner->options;
    char why[512], epoch[EPOCH_MAX];

    b->owner->refused = true;
    switch (reply_fault(reply)) {
    case FAULT_LEASE:
        b->owner->refused = false;
        snprintf(epoch, sizeof epoch, "%s", b->epoch);
        settle(b, SETTLED_LOST);
        o->lease_lost(o->owner, epoch);
        return;
    case FAULT_NO_FUNCTION:
        /* At once, behind the load; unless that did not help before. */
        redis_load_library(o->redis);
        if (b->missing)
            try_later(b);
        else
            try_again(b);
        b->missing = true;
        return;
    default:
        try_later(b);
        reply_explain(reply, why, sizeof why);
        o->refused(o->owner, why);
    }
}

static void batch_replied(void *arg, const struct reply *reply)
{
    struct batch *b = arg;

    if (!reply) {
        b->owner->refused = true;
        try_again(b);
    } else if (reply_fault(reply) != FAULT_NONE) {
        batch_refused(b, reply);
    } else if (reply_kind(reply) != REPLY_LIST) {
        /* Not our answer: if it was carried out, a second time does nothing. */
        try_again(b);
        redis_break(b->owner->options.redis, "an answer to something else");
    } else {
        b->owner->refused = false;
        patience_answered(b->owner->options.patience, &b->turn);
        settle(b, SETTLED);
    }
}

/* The words in front of the batch's own. */
static enum err write_fixed(const struct batch *b, struct buf *out)
{
    const struct recorder_options *o = &b->owner->options;
    const struct queue_keys *k = o->holder->keys;
    char held[KEY_MAX];
    const char *const fixed[] = {
        "FCALL",    library_finish, "9",       held,    k->later,
        k->dead,    k->outcomes,    k->leases, k->meta, k->gates,
        k->changes, k->parked,      b->epoch,
    };
    size_t count = sizeof fixed / sizeof *fixed;
    enum err e = resp_head(out, count + 4 + b->word_count);

    keys_held(held, k, b->epoch);
    for (size_t i = 0; !e && i < count; i++)
        e = resp_word(out, span_of(fixed[i]));
    if (!e)
        e = resp_number(out, (int64_t)o->outcomes_max);
    if (!e)
        e = resp_number(out, (int64_t)o->dead_max);
    if (!e)
        e = resp_word(out, span_of(o->worker));
    if (!e)
        e = resp_word(out, span_of(b->moves ? "moves" : ""));
    return e;
}

static enum err send_batch(struct recorder *r, struct batch *b)
{
    enum err e;

    buf_reset(&r->command);
    e = write_fixed(b, &r->command);
    if (!e)
        e = buf_add(&r->command, b->arena.at, b->arena.len);
    if (!e)
        e = redis_send_resp(r->options.redis, batch_replied, b,
                            buf_span(&r->command));
    return e;
}

/* While one batch is under way the next one grows: many small ones cost Redis
 * and us more, and the first one's reply is soon there. */
static bool grows(const struct recorder *r, const struct batch *b, size_t fair)
{
    return !b->again && b->job_count < fair && !TAILQ_EMPTY(&r->sent);
}

/* Sends what may go now; true when more may follow. */
static bool flush_one(struct recorder *r, struct batch *b, size_t fair)
{
    if (grows(r, b, fair) ||
        patience_wait_ms(r->options.patience, &b->turn, clock_mono_ms()) > 0)
        return !r->refused;
    if (send_batch(r, b))
        return false;
    TAILQ_REMOVE(&r->waiting, b, next);
    b->sent = true;
    TAILQ_INSERT_TAIL(&r->sent, b, next);
    return !r->refused;
}

/* Batches of at least `fair` jobs wait for no other one. */
static void flush(struct recorder *r, size_t fair)
{
    struct batch *b, *after;

    if (TAILQ_EMPTY(&r->waiting) || !redis_is_up(r->options.redis) ||
        (r->refused && !TAILQ_EMPTY(&r->sent)))
        return;
    for (b = TAILQ_FIRST(&r->waiting); b; b = after) {
        after = TAILQ_NEXT(b, next);
        if (!flush_one(r, b, fair))
            return;
    }
}

void recorder_flush(struct recorder *r)
{
    flush(r, BATCH_FAIR);
}

size_t recorder_pending(const struct recorder *r)
{
    return r->pending;
}

static bool any_moves(const struct batches *batches)
{
    const struct batch *b;

    TAILQ_FOREACH(b, batches, next)
    if (b->moves)
        return true;
    return false;
}

bool recorder_send_moves(struct recorder *r)
{
    if (any_moves(&r->waiting))
        flush(r, 0);
    return !any_moves(&r->waiting);
}

bool recorder_has_moves(const struct recorder *r)
{
    return any_moves(&r->waiting) || any_moves(&r->sent);
}

void recorder_lost(struct recorder *r)
{
    struct batch *b;

    while ((b = TAILQ_FIRST(&r->waiting)))
        settle(b, SETTLED_LOST);
}

void recorder_close(struct recorder **ret)
{
    struct recorder *r = *ret;
    struct batch *b;

    *ret = NULL;
    if (!r)
        return;
    check(TAILQ_EMPTY(&r->sent));
    while ((b = TAILQ_FIRST(&r->waiting))) {
        TAILQ_REMOVE(&r->waiting, b, next);
        batch_free(b);
    }
    while ((b = TAILQ_FIRST(&r->spare))) {
        TAILQ_REMOVE(&r->spare, b, next);
        batch_free(b);
    }
    buf_clear(&r->command);
    free(r);
}
