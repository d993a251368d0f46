#include "service/gates_internal.h"

enum { AGAIN_US = 200000, PAUSE_US = 20000, SETTLE_US = 2500000 };

/* Nobody is to be let in by limits that are not known yet. */
static void note_known(struct gates_queue *q)
{
    atomic_store(&q->known, !q->loading && q->peers.services > 0);
}

void gates_see(struct gates *g, unsigned queue, int64_t version)
{
    struct gates_queue *q = &g->queues[queue];

    if (version < 0)
        return;
    uv_mutex_lock(&g->lock);
    /* Below what we know of it is old, or Redis counts anew: reading tells. */
    if (version > q->seen || version < q->version)
        q->seen = version;
    atomic_store(&q->news, q->loading || q->seen != q->version);
    uv_mutex_unlock(&g->lock);
}

void gates_reset(struct gates *g, unsigned queue)
{
    struct gates_queue *q = &g->queues[queue];
    struct gate_line *line;

    uv_mutex_lock(&g->lock);
    LIST_FOREACH(line, &q->lines, of_queue)
    line->heard = 0;
    q->version = q->seen = 0;
    q->loading = true;
    q->asking = false;
    q->ask_us = 0;
    note_known(q);
    atomic_store(&q->news, true);
    uv_mutex_unlock(&g->lock);
}

bool gates_known(const struct gates *g, unsigned queue)
{
    return atomic_load(&g->queues[queue].known);
}

bool gates_ask(struct gates *g, unsigned queue, int64_t now_us,
               int64_t *ret_since)
{
    struct gates_queue *q = &g->queues[queue];
    bool ask;

    if (!atomic_load(&q->news))
        return false;
    uv_mutex_lock(&g->lock);
    ask = !q->asking && now_us >= q->ask_us &&
          (q->loading || q->seen != q->version);
    if (ask) {
        q->asking = true;
        *ret_since = q->since = q->version;
    }
    uv_mutex_unlock(&g->lock);
    return ask;
}

bool gates_has_news(const struct gates *g, unsigned queue)
{
    return atomic_load(&g->queues[queue].news);
}

static void all_stale(struct gates_queue *q)
{
    struct gate_line *line;

    q->pause.stale = true;
    LIST_FOREACH(line, &q->lines, of_queue)
    line->stale = true;
}

/* Of what was not told, nothing is left in Redis. */
static void drop_stale(struct gates *g, struct gates_queue *q, int64_t now_us)
{
    struct gate_report nothing = {.now_us = now_us};
    struct gate_line *line, *next;

    if (q->pause.stale)
        pause_learn(&q->pause, &nothing);
    for (line = LIST_FIRST(&q->lines); line; line = next) {
        next = LIST_NEXT(line, of_queue);
        if (line->stale)
            line_learn(g, line, &nothing);
    }
}

/* False when out of memory. */
static bool learn_row(struct gates *g, unsigned queue,
                      const struct gate_report *report)
{
    char container[IDENT_MAX + 1], point[IDENT_MAX + 1];
    struct span whole, part;
    struct gate *gate;
    struct gate_line *line;

    if (span_is(report->news.gate, gate_of_queue)) {
        pause_learn(&g->queues[queue].pause, report);
        return true;
    }
    if (gate_name_read(report->news.gate, &whole, &part) ||
        !span_copy(whole, container, sizeof container) ||
        !span_copy(part, point, sizeof point))
        return true; /* none of ours */
    gate = gate_find(g, container, point);
    if (!gate)
        return false;
    line = line_find(gate, queue);
    if (!line && report->news.state.kind == GATE_NONE &&
        report->news.parked == 0)
        return true;
    if (!line)
        line = line_make(g, gate, queue);
    if (!line)
        return false;
    if (line->asked || line->changing)
        line->heard = report->version;
    line_learn(g, line, report);
    return true;
}

static bool learn_rows(struct gates *g, unsigned queue,
                       const struct gate_told *told, int64_t now_us)
{
    struct gate_report report = {
        .version = told->version, .server_ms = told->now_ms, .now_us = now_us};

    for (size_t n = 0; n < told->count; n++) {
        gate_told_row(told, n, &report.news);
        if (!learn_row(g, queue, &report))
            return false;
    }
    return true;
}

static void learn(struct gates *g, unsigned queue, const struct gate_told *told,
                  int64_t now_us)
{
    struct gates_queue *q = &g->queues[queue];

    if (told->whole) {
        q->loading = true;
        all_stale(q);
    }
    if (!learn_rows(g, queue, told, now_us)) {
        q->ask_us = now_us + AGAIN_US;
        return;
    }
    /* Unless an answer has made older ones of interest meanwhile. */
    if (q->version == q->since)
        q->version = told->version;
    if (told->version == q->since || q->seen < told->version)
        q->seen = told->version; /* what others named is not there any more */
    if (told->version != q->since &&
        (told->whole || told->count >= GATES_READ_MAX))
        return; /* there may be more */
    if (q->loading)
        drop_stale(g, q, now_us);
    q->loading = false;
    q->ask_us = now_us + PAUSE_US;
    note_known(q);
}

void gates_learn(struct gates *g, unsigned queue, const struct gate_told *told,
                 int64_t now_us)
{
    struct gates_queue *q = &g->queues[queue];

    uv_mutex_lock(&g->lock);
    /* An answer from before a reset says nothing. */
    if (q->asking) {
        q->asking = false;
        if (told && told->end == GATE_TOLD)
            learn(g, queue, told, now_us);
        else
            q->ask_us = now_us + AGAIN_US;
        atomic_store(&q->news, q->loading || q->seen != q->version);
    }
    uv_mutex_unlock(&g->lock);
}

void gates_share(struct gates *g, unsigned queue, uint32_t services,
                 uint32_t rank, int64_t now_us)
{
    struct gates_queue *q = &g->queues[queue];

    uv_mutex_lock(&g->lock);
    if (services != q->peers.services || rank != q->peers.rank) {
        peers_become(q, (struct gate_peers){services, rank},
                     now_us + SETTLE_US);
        lines_wake(g, queue, now_us);
        note_known(q);
    }
    uv_mutex_unlock(&g->lock);
}
