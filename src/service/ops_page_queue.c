#include "service/ops_page.h"

#include "link/library.h"
#include "model/gate_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Of each so many are shown; and of what somebody wrote, so much. */
enum { SERVICES_MOST = 64, GATES_MOST = 100, ABOUT_MOST = 1024 };

#define SERVICES_LAST "63"
#define GATES_PAGE    "500"

static const char *const totals[] = {"delivered", "retry",   "dead",
                                     "expired",   "skipped", "dropped"};
enum { TOTALS = sizeof totals / sizeof *totals };

static const char *const lengths[LOOK_VALUES] = {
    [LOOK_WAITING] = "waiting",     [LOOK_LATER] = "later",
    [LOOK_DEAD] = "dead",           [LOOK_OUTCOMES] = "outcomes",
    [LOOK_SUSPECTS] = "suspects",   [LOOK_DROPPED] = "dead_dropped",
    [LOOK_PARKED] = "parked",       [LOOK_DUE] = "due",
    [LOOK_OLDEST_MS] = "oldest_ms", [LOOK_PAUSED] = "paused",
    [LOOK_WAITED_MS] = "waited_ms",
};

struct lease {
    char epoch[EPOCH_MAX];
    int64_t left_ms;
};

struct shown_gate {
    char name[GATE_NAME_SIZE];
    enum gate_kind kind;
    int64_t since_ms, until_ms;
    char why[GATE_WHY_MAX + 1];
};

/* What is read in a first round trip, as far as the second one needs it. */
struct page_queue {
    struct queue_keys keys;
    int64_t now_ms;
    struct lease leases[SERVICES_MOST];
    size_t lease_count;
    struct shown_gate gates[GATES_MOST];
    size_t gate_count;
    bool more_gates;
};

static void ask_first(struct redis_sync *r, const struct queue_keys *k,
                      enum err *e)
{
    char held[KEY_MAX];
    const char *now[] = {"TIME"};
    const char *counts[2 + TOTALS] = {"HMGET", k->meta};
    const char *leases[] = {"ZRANGE", k->leases, "0", SERVICES_LAST,
                            "WITHSCORES"};
    const char *gates[] = {"HSCAN", k->gates, "0", "COUNT", GATES_PAGE};

    for (size_t i = 0; i < TOTALS; i++)
        counts[2 + i] = totals[i];
    keys_held(held, k, "");
    /* The first one has keys: it leads to the node that has them. */
    if (!*e)
        *e = ops_look_ask(r, k, held);
    if (!*e)
        *e = redis_sync_queue(r, 1, now, NULL);
    if (!*e)
        *e = redis_sync_queue(r, 2 + TOTALS, counts, NULL);
    if (!*e)
        *e = redis_sync_queue(r, 5, leases, NULL);
    if (!*e)
        *e = redis_sync_queue(r, 5, gates, NULL);
}

/* What Redis refuses is told once, and reads as nothing. */
static const struct reply *next(struct page *p, enum err *e)
{
    const struct reply *reply = NULL;

    if (!*e)
        *e = redis_sync_next(p->redis, &reply);
    if (*e)
        return NULL;
    if (reply_kind(reply) != REPLY_ERROR)
        return reply;
    reply_explain(reply, p->why.text, sizeof p->why.text);
    return NULL;
}

static void take_now(struct page_queue *q, const struct reply *reply)
{
    q->now_ms = reply_number(reply_at(reply, 0)) * 1000 +
                reply_number(reply_at(reply, 1)) / 1000;
}

static void write_lengths(const struct reply *reply, struct page_text *t)
{
    bool known = reply_count(reply) == LOOK_VALUES;

    page_put(t, ",\"known\":%s", known ? "true" : "false");
    for (size_t v = 0; known && v < LOOK_VALUES; v++)
        if (lengths[v])
            page_put(t, ",\"%s\":%" PRId64, lengths[v],
                     reply_number(reply_at(reply, v)));
}

static void write_totals(const struct reply *reply, struct page_text *t)
{
    page_put(t, ",\"totals\":{");
    for (size_t i = 0; i < TOTALS; i++)
        page_put(t, "%s\"%s\":%" PRId64, i > 0 ? "," : "", totals[i],
                 reply_number(reply_at(reply, i)));
    page_put(t, "}");
}

static void take_leases(struct page_queue *q, const struct reply *reply)
{
    for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
        struct lease *lease = &q->leases[q->lease_count];

        if (q->lease_count == SERVICES_MOST)
            return;
        if (!span_copy(reply_span(reply_at(reply, i)), lease->epoch,
                       sizeof lease->epoch))
            continue;
        lease->left_ms = reply_number(reply_at(reply, i + 1)) - q->now_ms;
        q->lease_count++;
    }
}

static void take_gate(struct page_queue *q, struct span name, struct span text)
{
    struct shown_gate *gate = &q->gates[q->gate_count];
    struct gate_state state;

    if (!span_copy(name, gate->name, sizeof gate->name))
        return;
    if (gate_state_read(text, &state) || state.kind == GATE_NONE)
        state = (struct gate_state){.kind = GATE_PAUSED};
    gate->kind = state.kind;
    gate->since_ms = state.since_ms;
    gate->until_ms = state.until_ms;
    (void)span_copy(state.why, gate->why, sizeof gate->why);
    q->gate_count++;
}

static void take_gates(struct page_queue *q, const struct reply *reply)
{
    const struct reply *pairs = reply_at(reply, 1);
    struct span cursor = reply_span(reply_at(reply, 0));

    q->more_gates = cursor.len > 0 && !span_is(cursor, "0");
    for (size_t i = 0; i + 1 < reply_count(pairs); i += 2) {
        struct span name = reply_span(reply_at(pairs, i));

        /* Fields that are no gates begin with what no name does. */
        if (name.len == 0 || name.at[0] == ':')
            continue;
        if (q->gate_count == GATES_MOST) {
            q->more_gates = true;
            return;
        }
        take_gate(q, name, reply_span(reply_at(pairs, i + 1)));
    }
}

static void ask_service(struct redis_sync *r, const struct page_queue *q,
                        const struct lease *lease, enum err *e)
{
    char held[KEY_MAX];
    const char *count[] = {"HLEN", held};
    const char *about[] = {"HGET", q->keys.services, lease->epoch};

    keys_held(held, &q->keys, lease->epoch);
    if (!*e)
        *e = redis_sync_queue(r, 2, count, NULL);
    if (!*e)
        *e = redis_sync_queue(r, 3, about, NULL);
}

static void ask_second(struct redis_sync *r, const struct page_queue *q,
                       enum err *e)
{
    char key[KEY_MAX];
    const char *length[] = {"LLEN", key};

    for (size_t i = 0; i < q->lease_count; i++)
        ask_service(r, q, &q->leases[i], e);
    for (size_t i = 0; !*e && i < q->gate_count; i++) {
        keys_parked(key, &q->keys, q->gates[i].name);
        *e = redis_sync_queue(r, 2, length, NULL);
    }
}

static void write_services(struct page *p, const struct page_queue *q,
                           struct page_text *t, enum err *e)
{
    page_put(t, ",\"services\":[");
    for (size_t i = 0; !*e && i < q->lease_count; i++) {
        int64_t held = reply_number(next(p, e));

        page_quote(t, i > 0 ? ",{\"epoch\":" : "{\"epoch\":",
                   span_of(q->leases[i].epoch), EPOCH_MAX);
        page_put(t, ",\"lease_ms\":%" PRId64 ",\"held\":%" PRId64,
                 q->leases[i].left_ms, held);
        page_quote(t, ",\"about\":", reply_span(next(p, e)), ABOUT_MOST);
        page_put(t, "}");
    }
    page_put(t, "]");
}

static void write_gates(struct page *p, const struct page_queue *q,
                        struct page_text *t, enum err *e)
{
    page_put(t, ",\"more_gates\":%s,\"gates\":[",
             q->more_gates ? "true" : "false");
    for (size_t i = 0; !*e && i < q->gate_count; i++) {
        const struct shown_gate *gate = &q->gates[i];
        int64_t parked = reply_number(next(p, e));
        struct span container = span_of(gate->name), point = span_of("");

        (void)!gate_name_read(span_of(gate->name), &container, &point);
        page_quote(t, i > 0 ? ",{\"container\":" : "{\"container\":", container,
                   GATE_NAME_SIZE);
        page_quote(t, ",\"point\":", point, GATE_NAME_SIZE);
        page_quote(t, ",\"kind\":", span_of(gate_kind_text(gate->kind)),
                   GATE_NAME_SIZE);
        page_quote(t, ",\"why\":", span_of(gate->why), GATE_WHY_MAX);
        page_put(t,
                 ",\"since\":%" PRId64 ",\"until\":%" PRId64
                 ",\"parked\":%" PRId64 "}",
                 gate->since_ms, gate->until_ms, parked);
    }
    page_put(t, "]");
}

static enum err write_all(struct page *p, struct page_queue *q,
                          struct page_text *t)
{
    enum err e = ERR_OK;

    ask_first(p->redis, &q->keys, &e);
    write_lengths(next(p, &e), t);
    take_now(q, next(p, &e));
    write_totals(next(p, &e), t);
    take_leases(q, next(p, &e));
    take_gates(q, next(p, &e));
    ask_second(p->redis, q, &e);
    page_put(t, ",\"now\":%" PRId64, q->now_ms);
    write_services(p, q, t, &e);
    write_gates(p, q, t, &e);
    return e;
}

enum err page_write_queue(struct page *p, const char *queue,
                          struct page_text *t)
{
    struct page_queue *q;
    enum err e;

    if (!page_redis(p))
        return ERR_REDIS;
    q = calloc(1, sizeof *q);
    if (!q)
        return ERR_MEMORY;
    keys_of_queue(&q->keys, p->scope.prefix, queue);
    page_quote(t, "{\"queue\":", span_of(queue), KEY_MAX);
    e = write_all(p, q, t);
    page_put(t, "}");
    if (e)
        (void)why_set(&p->why, e, "%s", redis_sync_error(p->redis));
    free(q);
    return e;
}
