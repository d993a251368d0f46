#include "cli/stats_read.h"

#include "cli/gates_queue.h"
#include "link/redis_slot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *const stats_totals[TOTALS] = {
    "delivered", "retry",   "dead",         "expired",
    "skipped",   "dropped", "dead_dropped",
};

struct placed {
    unsigned slot;
    size_t number;
};

static int by_slot(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;

    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

struct stats_order stats_order(const struct config *c)
{
    struct placed all[QUEUES_MAX];
    struct stats_order ret;
    struct queue_keys keys;

    for (size_t i = 0; i < c->queue_count; i++) {
        keys_of_queue(&keys, c->prefix, c->queues[i].name);
        all[i] = (struct placed){
            c->redis.cluster ? redis_slot(span_of(keys.jobs)) : 0, i};
    }
    qsort(all, c->queue_count, sizeof *all, by_slot);
    for (size_t i = 0; i < c->queue_count; i++)
        ret.at[i] = all[i].number;
    return ret;
}

static enum err refusal(enum err e, const struct reply *reply)
{
    return !e && reply_kind(reply) == REPLY_ERROR ? ERR_REPLY : e;
}

static enum err ask_number(struct connection *c, const char *verb,
                           const char *key, int64_t *ret,
                           const struct reply **ret_reply)
{
    enum err e = redis_ask_words(c->redis, ret_reply, verb, key, NULL);

    e = refusal(e, *ret_reply);
    if (!e)
        *ret = reply_number(*ret_reply);
    return e;
}

static enum err read_due(struct connection *c, struct stats_queue *q,
                         int64_t now_ms, const struct reply **ret_reply)
{
    char now[24];
    enum err e;

    (void)snprintf(now, sizeof now, "%" PRId64, now_ms);
    e = redis_ask_words(c->redis, ret_reply, "ZCOUNT", q->keys.later, "-inf",
                        now, NULL);
    e = refusal(e, *ret_reply);
    if (!e)
        q->due = reply_number(*ret_reply);
    return e;
}

static enum err read_lengths(struct connection *c, struct stats_queue *q,
                             const struct reply **ret_reply)
{
    const struct {
        const char *verb, *key;
        int64_t *ret;
    } lengths[] = {
        {"LLEN", q->keys.jobs, &q->waiting},
        {"ZCARD", q->keys.later, &q->later},
        {"XLEN", q->keys.dead, &q->dead},
        {"XLEN", q->keys.outcomes, &q->outcomes},
    };
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < sizeof lengths / sizeof *lengths; i++)
        e = ask_number(c, lengths[i].verb, lengths[i].key, lengths[i].ret,
                       ret_reply);
    return e;
}

/* "count ms count ms ": the time of the first look that had more jobs than were
 * taken until now, as src/lua/waiting.lua has it. */
static int64_t waited_ms(const struct stats_queue *q, uint64_t taken,
                         struct span seen)
{
    uint64_t count, ms, most = taken + (uint64_t)q->waiting;

    while (seen.len > 0) {
        if (!span_number(span_cut(&seen, ' '), &count) ||
            !span_number(span_cut(&seen, ' '), &ms))
            return 0;
        if (count > taken && count <= most)
            return q->now_ms > (int64_t)ms ? q->now_ms - (int64_t)ms : 0;
    }
    return 0;
}

static enum err read_totals(struct connection *c, struct stats_queue *q,
                            const struct reply **ret_reply)
{
    enum err e = redis_ask_words(
        c->redis, ret_reply, "HMGET", q->keys.meta, stats_totals[0],
        stats_totals[1], stats_totals[2], stats_totals[3], stats_totals[4],
        stats_totals[5], stats_totals[6], "seq", "seen", NULL);
    int64_t taken;

    e = refusal(e, *ret_reply);
    if (e)
        return e;
    for (size_t i = 0; i < TOTALS; i++)
        q->totals[i] = reply_number(reply_at(*ret_reply, i));
    taken = reply_number(reply_at(*ret_reply, TOTALS));
    if (q->waiting > 0 && taken >= 0)
        q->waited_ms = waited_ms(q, (uint64_t)taken,
                                 reply_span(reply_at(*ret_reply, TOTALS + 1)));
    return ERR_OK;
}

/* Every epoch that has a lease, running or ended: those hold jobs. */
static enum err read_leases(struct connection *c, struct stats_queue *q,
                            int64_t now_ms, const struct reply **ret_reply)
{
    enum err e = redis_ask_words(c->redis, ret_reply, "ZRANGE", q->keys.leases,
                                 "0", "-1", "WITHSCORES", NULL);
    size_t count = reply_count(*ret_reply) / 2;

    e = refusal(e, *ret_reply);
    if (e || count == 0)
        return e;
    q->services = calloc(count, sizeof *q->services);
    if (!q->services)
        return ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        struct stats_service *s = &q->services[q->service_count];
        if (!span_copy(reply_span(reply_at(*ret_reply, 2 * i)), s->epoch,
                       sizeof s->epoch))
            continue;
        s->about = buf_make(ABOUT_MAX);
        s->lease_ms = reply_number(reply_at(*ret_reply, 2 * i + 1)) - now_ms;
        q->service_count++;
    }
    return ERR_OK;
}

static enum err read_service(struct connection *c, struct stats_queue *q,
                             struct stats_service *s,
                             const struct reply **ret_reply)
{
    char held[KEY_MAX];
    enum err e;

    keys_held(held, &q->keys, s->epoch);
    e = ask_number(c, "HLEN", held, &s->held, ret_reply);
    if (e)
        return e;
    q->held += s->held;
    e = redis_ask_words(c->redis, ret_reply, "HGET", q->keys.services, s->epoch,
                        NULL);
    e = refusal(e, *ret_reply);
    if (e)
        return e;
    e = buf_add(&s->about, reply_span(*ret_reply).at,
                reply_span(*ret_reply).len);
    return e == ERR_LIMIT ? ERR_OK : e;
}

/* One whose time is over is none, though nobody said so yet. */
static enum err read_pause(struct connection *c, struct stats_queue *q,
                           const struct reply **ret_reply)
{
    struct gate_row *pause = &q->pause;
    enum err e = gates_queue_pause(c, q->name, pause, ret_reply);

    if (!e && pause->until_ms > 0 && pause->until_ms <= q->now_ms)
        pause->kind = GATE_NONE;
    return e;
}

/* All of them, and of the worst since when jobs wait. */
static enum err read_gates(struct connection *c, struct stats_queue *q,
                           const struct reply **ret_reply)
{
    const struct gates_wanted all = {NULL, NULL};
    enum err e = gates_scan(c, q->name, &all, &q->gates, ret_reply);

    if (e)
        return e;
    gate_rows_longest_first(&q->gates);
    return gates_oldest(
        c, q->gates.at,
        q->gates.count < STATS_WORST ? q->gates.count : STATS_WORST, ret_reply);
}

enum err stats_queue_read(struct connection *c, const char *name,
                          int64_t now_ms, struct stats_queue *ret,
                          const struct reply **ret_reply)
{
    enum err e;

    *ret = (struct stats_queue){.name = name, .now_ms = now_ms};
    keys_of_queue(&ret->keys, c->config->prefix, name);
    e = read_lengths(c, ret, ret_reply);
    if (!e)
        e = read_due(c, ret, now_ms, ret_reply);
    if (!e)
        e = read_totals(c, ret, ret_reply);
    if (!e)
        e = read_leases(c, ret, now_ms, ret_reply);
    for (size_t i = 0; !e && i < ret->service_count; i++)
        e = read_service(c, ret, &ret->services[i], ret_reply);
    if (!e)
        e = read_pause(c, ret, ret_reply);
    return e ? e : read_gates(c, ret, ret_reply);
}

void stats_queue_clear(struct stats_queue *q)
{
    for (size_t i = 0; i < q->service_count; i++)
        buf_clear(&q->services[i].about);
    free(q->services);
    q->services = NULL;
    q->service_count = 0;
    gate_rows_clear(&q->gates);
}
