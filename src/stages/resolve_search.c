#include "stages/resolve_search.h"

#include "base/check.h"
#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_MIN_MS = 20, POLL_SPREAD_MS = 31, ASK_MARGIN_MS = 100 };
enum { MARK_MS = 2000, MARK_RENEWALS = 4 };

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

struct shared_call search_call(struct search *s, shared_done *done)
{
    return (struct shared_call){
        .links = s->owner->links,
        .seal = s->owner->options->seal,
        .prefix = s->owner->options->prefix,
        .key = &s->key,
        .done = done,
        .arg = s,
    };
}

void known_tell(const struct known *k, enum resolve_source source,
                struct resolved *ret)
{
    ret->kind = k->extension ? FINDING_EXTENSION : FINDING_NONE;
    ret->source = source;
    ret->extension = k->extension;
    ret->target = k->target;
    ret->made_ms = k->made_ms;
    memcpy(ret->stamp, k->stamp, sizeof ret->stamp);
    ret->why = "";
    ret->unasked = false;
}

void search_free(struct search *s)
{
    known_drop(&s->stale);
    known_drop(&s->found);
    free(s);
}

/* Tells everybody. The search is out of the table first, because a caller may
 * resolve the same key again, or close the resolver. */
static void tell(struct search *s, const struct resolved *answer)
{
    struct waiter *w;

    HASH_DELETE(hh, s->owner->searches, s);
    while ((w = STAILQ_FIRST(&s->waiters))) {
        STAILQ_REMOVE_HEAD(&s->waiters, next);
        w->done(w->arg, answer);
        free(w);
    }
}

void search_end(struct search *s, const struct known *k,
                enum resolve_source source)
{
    struct resolved answer;

    known_tell(k, source, &answer);
    tell(s, &answer);
    search_free(s);
}

static void end_without(struct search *s, const char *why, bool unasked)
{
    struct resolved answer = {.kind = FINDING_FAILED,
                              .source = SOURCE_DISCOVERY,
                              .why = why,
                              .unasked = unasked};

    tell(s, &answer);
    search_free(s);
}

void search_end_failed(struct search *s, const char *why)
{
    end_without(s, why, false);
}

void search_end_unasked(struct search *s, const char *why)
{
    end_without(s, why, true);
}

void search_release(struct search *s, int64_t cool_ms, const char *why)
{
    struct shared_call to = search_call(s, NULL);

    if (s->marked)
        shared_fail(&to, s->token, cool_ms, why);
    s->marked = false;
}

static void searches_wake(uv_timer_t *timer);

static void arm(struct resolver *r)
{
    int64_t now = resolver_now_ms(r), first = INT64_MAX;
    const struct search *s;

    LIST_FOREACH(s, &r->sleepers, sleep)
    {
        if (s->wake_ms < first)
            first = s->wake_ms;
    }
    if (first < INT64_MAX)
        check(uv_timer_start(&r->timer, searches_wake,
                             (uint64_t)(first > now ? first - now : 0),
                             0) == 0);
}

void search_sleep(struct search *s)
{
    struct resolver *r = s->owner;

    s->wake_ms = resolver_now_ms(r);
    if (s->asking)
        s->wake_ms += search_mark_ms(r) / MARK_RENEWALS;
    else
        s->wake_ms +=
            POLL_MIN_MS + (int64_t)(rand_u32(&r->dice) % POLL_SPREAD_MS);
    s->asleep = true;
    LIST_INSERT_HEAD(&r->sleepers, s, sleep);
    arm(r);
}

void search_wake(struct search *s)
{
    if (s->asleep)
        LIST_REMOVE(s, sleep);
    s->asleep = false;
}

/* Without a reply: if the mark is lost, keeping will say so. */
static void renew(struct search *s)
{
    struct shared_call to = search_call(s, NULL);

    shared_renew(&to, s->token, search_mark_ms(s->owner));
    search_sleep(s);
}

static void searches_wake(uv_timer_t *timer)
{
    struct resolver *r = timer->data;
    int64_t now = resolver_now_ms(r);
    struct search *s, *next;

    /* A step may change the list in any way, so each search starts anew. */
    do {
        LIST_FOREACH(s, &r->sleepers, sleep)
        {
            if (s->wake_ms <= now)
                break;
        }
        next = s;
        if (next) {
            search_wake(next);
            if (next->asking)
                renew(next);
            else
                search_find(next);
        }
    } while (next);
    if (!r->closed)
        arm(r);
}

/* The longest question, and a little for its end to get around. */
static int64_t patience_ms(const struct resolver *r)
{
    return r->options->ask_ms + r->options->ask_ms / 10 + ASK_MARGIN_MS;
}

int64_t search_mark_ms(const struct resolver *r)
{
    int64_t most_ms = patience_ms(r);

    return most_ms < MARK_MS ? most_ms : MARK_MS;
}

static struct search *search_open(struct resolver *r,
                                  const struct wanted *wanted,
                                  const struct packed_key *packed)
{
    struct search *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->owner = r;
    s->key = *wanted->key;
    s->refused = wanted->refused;
    s->packed = *packed;
    s->give_up_ms = resolver_now_ms(r) + patience_ms(r) + POLL_MIN_MS;
    snprintf(s->token, sizeof s->token, "%s-%llu", r->seed,
             (unsigned long long)r->tokens++);
    STAILQ_INIT(&s->waiters);
    HASH_ADD_KEYPTR(hh, r->searches, s->packed.bytes, s->packed.len + 1, s);
    if (s->hh.tbl)
        return s;
    free(s);
    return NULL;
}

void search_join(struct resolver *r, const struct wanted *wanted,
                 resolve_done *done, void *arg)
{
    struct resolved refusal = {.kind = FINDING_FAILED, .unasked = true};
    struct waiter *w = malloc(sizeof *w);
    struct packed_key packed;
    struct search *s = NULL;
    bool starts;

    key_pack(&packed, wanted->key);
    packed.bytes[packed.len] = (char)wanted->refused;
    HASH_FIND(hh, r->searches, packed.bytes, packed.len + 1, s);
    starts = !s;
    if (w && starts && !r->closed)
        s = search_open(r, wanted, &packed);
    if (!w || !s) {
        free(w);
        refusal.why = r->closed ? stopping : err_text(ERR_MEMORY);
        done(arg, &refusal);
        return;
    }
    *w = (struct waiter){.done = done, .arg = arg};
    STAILQ_INSERT_TAIL(&s->waiters, w, next);
    s->anew = s->anew || wanted->anew;
    if (starts)
        search_find(s);
}

/* Discovery and Redis cannot be told that nobody is interested any more. */
static void abandon(struct search *s)
{
    struct resolved answer = {
        .kind = FINDING_FAILED, .why = stopping, .unasked = true};
    bool asleep;

    check(s->owner); /* or it would not be in the table */
    /* Others need not wait until the mark ends by its time. */
    if (s->asking)
        search_release(s, 1, "");
    tell(s, &answer);
    s->owner = NULL;
    asleep = s->asleep;
    search_wake(s);
    if (asleep && !s->asking)
        search_free(s);
}

void searches_close(struct resolver *r)
{
    while (r->searches)
        abandon(r->searches);
}
