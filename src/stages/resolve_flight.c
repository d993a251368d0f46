#include "stages/resolve_flight.h"

#include "base/check.h"
#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MIN_MS = 20, POLL_SPREAD_MS = 31, MARK_MARGIN_MS = 100 };

static const char stopping[] = "extq is being stopped";

struct waiter {
    STAILQ_ENTRY(waiter) next;
    resolve_done *done;
    void *arg;
};

int64_t resolver_now_ms(const struct resolver *r)
{
    return (int64_t)uv_now(r->loop);
}

struct shared_call flight_call(struct flight *f, shared_done *done)
{
    return (struct shared_call){f->owner->redis, f->owner->options->prefix,
                                &f->key, done, f};
}

void known_tell(const struct known *k, enum resolve_source source,
                struct resolved *ret)
{
    ret->kind = k->extension ? FINDING_EXTENSION : FINDING_NONE;
    ret->source = source;
    ret->extension = k->extension;
    ret->target = k->target;
    memcpy(ret->stamp, k->stamp, sizeof ret->stamp);
    ret->why = "";
}

void flight_free(struct flight *f)
{
    known_drop(&f->stale);
    known_drop(&f->found);
    free(f);
}

/* Tells everybody. The flight is out of the table first, because a caller may
 * resolve the same key again, or close the resolver. */
static void tell(struct flight *f, const struct resolved *answer)
{
    struct waiter *w;

    HASH_DELETE(hh, f->owner->flights, f);
    while ((w = STAILQ_FIRST(&f->waiters))) {
        STAILQ_REMOVE_HEAD(&f->waiters, next);
        w->done(w->arg, answer);
        free(w);
    }
}

void flight_end(struct flight *f, const struct known *k,
                enum resolve_source source)
{
    struct resolved answer;

    known_tell(k, source, &answer);
    tell(f, &answer);
    flight_free(f);
}

void flight_end_failed(struct flight *f, const char *why)
{
    struct resolved answer = {
        .kind = FINDING_FAILED, .source = SOURCE_DISCOVERY, .why = why};

    tell(f, &answer);
    flight_free(f);
}

void flight_release(struct flight *f, int64_t cool_ms)
{
    struct shared_call to = flight_call(f, NULL);

    if (f->marked)
        shared_fail(&to, f->token, cool_ms);
    f->marked = false;
}

static void flights_wake(uv_timer_t *timer);

static void arm(struct resolver *r)
{
    int64_t now = resolver_now_ms(r), first = INT64_MAX;
    const struct flight *f;

    LIST_FOREACH(f, &r->sleepers, sleep)
    {
        if (f->wake_ms < first)
            first = f->wake_ms;
    }
    if (first < INT64_MAX)
        check(uv_timer_start(&r->timer, flights_wake,
                             (uint64_t)(first > now ? first - now : 0),
                             0) == 0);
}

void flight_sleep(struct flight *f)
{
    struct resolver *r = f->owner;

    f->wake_ms = resolver_now_ms(r) + POLL_MIN_MS +
                 (int64_t)(rand_u32(&r->dice) % POLL_SPREAD_MS);
    f->asleep = true;
    LIST_INSERT_HEAD(&r->sleepers, f, sleep);
    arm(r);
}

static void wake(struct flight *f)
{
    f->asleep = false;
    LIST_REMOVE(f, sleep);
}

static void flights_wake(uv_timer_t *timer)
{
    struct resolver *r = timer->data;
    int64_t now = resolver_now_ms(r);
    struct flight *f, *next;

    /* A step may change the list in any way, so each search starts anew. */
    do {
        LIST_FOREACH(f, &r->sleepers, sleep)
        {
            if (f->wake_ms <= now)
                break;
        }
        next = f;
        if (next) {
            wake(next);
            flight_find(next);
        }
    } while (next);
    if (!r->closed)
        arm(r);
}

/* A mark outlives the longest question a little: who has no answer in time
 * must still hold it to say so. */
static int64_t mark_ms(const struct resolver *r)
{
    return r->options->ask_ms + r->options->ask_ms / 10 + MARK_MARGIN_MS;
}

static struct flight *flight_open(struct resolver *r,
                                  const struct extension_key *key,
                                  const struct packed_key *packed)
{
    struct flight *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->owner = r;
    f->key = *key;
    f->packed = *packed;
    f->mark_ms = mark_ms(r);
    f->give_up_ms = resolver_now_ms(r) + f->mark_ms + POLL_MIN_MS;
    snprintf(f->token, sizeof f->token, "%s-%llu", r->seed,
             (unsigned long long)r->tokens++);
    STAILQ_INIT(&f->waiters);
    HASH_ADD_KEYPTR(hh, r->flights, f->packed.bytes, f->packed.len, f);
    if (f->hh.tbl)
        return f;
    free(f);
    return NULL;
}

void flight_join(struct resolver *r, const struct extension_key *key, bool anew,
                 resolve_done *done, void *arg)
{
    struct resolved refusal = {.kind = FINDING_FAILED};
    struct waiter *w = malloc(sizeof *w);
    struct packed_key packed;
    struct flight *f = NULL;
    bool starts;

    key_pack(&packed, key);
    HASH_FIND(hh, r->flights, packed.bytes, packed.len, f);
    starts = !f;
    if (w && starts && !r->closed)
        f = flight_open(r, key, &packed);
    if (!w || !f) {
        free(w);
        refusal.why = r->closed ? stopping : err_text(ERR_MEMORY);
        done(arg, &refusal);
        return;
    }
    *w = (struct waiter){.done = done, .arg = arg};
    STAILQ_INSERT_TAIL(&f->waiters, w, next);
    f->anew = f->anew || anew;
    if (starts)
        flight_find(f);
}

/* Discovery and Redis cannot be told that nobody is interested any more. */
static void abandon(struct flight *f)
{
    struct resolved answer = {.kind = FINDING_FAILED, .why = stopping};

    check(f->owner); /* or it would not be in the table */
    /* Others need not wait until the mark ends by its time. */
    if (f->asking)
        flight_release(f, 1);
    tell(f, &answer);
    f->owner = NULL;
    if (f->asleep) {
        wake(f);
        flight_free(f);
    }
}

void flights_close(struct resolver *r)
{
    while (r->flights)
        abandon(r->flights);
}
