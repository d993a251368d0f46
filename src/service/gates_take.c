#include "service/gates_internal.h"

enum { AGAIN_US = 50000 };

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* How many of the line's jobs may go now; at 0 it waits for what hinders it. */
static uint32_t admissible(struct gates *g, struct gate_line *line,
                           unsigned room, int64_t now_us)
{
    struct gate *gate = line->gate, *whole = gate->container;
    int64_t interval_us = gate_interval(g, gate, line->queue);
    uint32_t count;

    if (!gate_lets_in(g, gate, line->queue, line)) {
        line_block(g, line, gate);
        return 0;
    }
    if (whole && !gate_lets_in(g, whole, line->queue, NULL)) {
        line_block(g, line, whole);
        return 0;
    }
    if (gate_is_shut(line->kind))
        return 1;
    count = least(room, gate_space(g, gate, line->queue));
    if (whole)
        count = least(count, gate_space(g, whole, line->queue));
    count = gate_pace_room(&gate->pace, interval_us, now_us, count);
    if (count == 0)
        line_wait(g, line, gate_pace_next_us(&gate->pace, interval_us));
    return count;
}

static void reserve(struct gates *g, struct gate_line *line, uint32_t count,
                    int64_t now_us)
{
    struct gate *gate = line->gate;

    gate_count_in(g, gate, count);
    if (gate->container)
        gate_count_in(g, gate->container, count);
    gate_pace_take(&gate->pace, gate_interval(g, gate, line->queue), now_us,
                   (int32_t)count);
    line->asked = true;
}

static void wake_due(struct gates *g, struct gates_queue *q, int64_t now_us)
{
    while (q->times.count > 0 && q->times.heap[0]->when_us <= now_us) {
        struct gate_line *line = q->times.heap[0];

        line_detach(g, line);
        TAILQ_INSERT_TAIL(&q->ready, line, link);
        line->place = READY;
    }
}

static unsigned take(struct gates *g, unsigned queue, unsigned room,
                     int64_t now_us, struct gate_take *ret)
{
    struct gates_queue *q = &g->queues[queue];
    struct gate_line *line;
    unsigned taken = 0;

    if (peers_settle(q, now_us))
        lines_wake(g, queue, now_us);
    wake_due(g, q, now_us);
    while (room > 0 && taken < GATE_TAKES_MAX &&
           (line = TAILQ_FIRST(&q->ready))) {
        struct gate *gate = line->gate;
        uint32_t count;

        line_detach(g, line);
        count = admissible(g, line, room, now_us);
        if (count > 0) {
            reserve(g, line, count, now_us);
            ret[taken++] = (struct gate_take){line, gate->name, count, 0};
            room -= count;
        }
        /* Its turn is over: whoever waits for the same may look. */
        gate_wake(g, gate);
        if (gate->container)
            gate_wake(g, gate->container);
    }
    return taken;
}

unsigned gates_take(struct gates *g, unsigned queue, unsigned room,
                    int64_t now_us, struct gate_take ret[GATE_TAKES_MAX])
{
    unsigned taken;

    if (atomic_load(&g->queues[queue].line_count) == 0 ||
        !gates_known(g, queue) || gates_paused(g, queue, now_us))
        return 0;
    uv_mutex_lock(&g->lock);
    taken = take(g, queue, room, now_us, ret);
    uv_mutex_unlock(&g->lock);
    return taken;
}

void gates_pass(struct gates *g, struct gate_take *t,
                const struct gate_news *probe, struct gate_pass *ret)
{
    struct gate_line *line = t->line;
    struct gate *gate = line->gate;

    uv_mutex_lock(&g->lock);
    t->passed++;
    *ret = (struct gate_pass){.queue = line->queue};
    ret->container = gate->container ? gate->container : gate;
    ret->extension = gate->container ? gate : NULL;
    if (probe) {
        line->probing++;
        ret->probe = line;
        ret->probe_ms = probe->state.until_ms;
        if (probe->state.kind != GATE_GONE ||
            !span_copy(probe->state.mark, ret->mark, sizeof ret->mark))
            ret->mark[0] = '\0';
    }
    uv_mutex_unlock(&g->lock);
}

/* A gate that was shut for a while, and at whose end nobody waits any more, is
 * left to those who come. */
static bool is_over(const struct gate_line *line, int64_t now_us)
{
    return (line->kind == GATE_CIRCUIT || line->kind == GATE_WAIT) &&
           !line->waiting && !line->changing && line->parking == 0 &&
           line->probing == 0 && line->until_us <= now_us;
}

/* Nothing came of it, for whatever reason: not again at once. */
static void settle(struct gates *g, struct gate_line *line, bool in_vain,
                   int64_t now_us)
{
    if (line_place(g, line, now_us) && in_vain && line->place == READY)
        line_wait(g, line, now_us + AGAIN_US);
}

static bool took(struct gates *g, struct gate_take *t,
                 const struct gate_report *report, int64_t now_us,
                 struct gate_change *ret)
{
    struct gate_line *line = t->line;
    struct gate *gate = line->gate;
    uint32_t left = t->count - t->passed;
    int64_t interval_us = gate_interval(g, gate, line->queue);

    gate_pace_take(&gate->pace, interval_us, now_us, -(int32_t)left);
    if (report)
        line_answered(g, line, report);
    line->waiting |= line->joined;
    line->asked = line->joined = false;
    gate_count_out(g, gate, left);
    if (gate->container)
        gate_count_out(g, gate->container, left);
    if (report && t->passed == 0 && is_over(line, now_us)) {
        gate_open_change(g, line, "nobody waits", ret);
        return true;
    }
    return false;
}

bool gates_took(struct gates *g, struct gate_take *t,
                const struct gate_report *report, int64_t now_us,
                struct gate_change *ret)
{
    bool changes;

    uv_mutex_lock(&g->lock);
    changes = took(g, t, report, now_us, ret);
    if (!changes)
        settle(g, t->line, t->passed == 0, now_us);
    uv_mutex_unlock(&g->lock);
    return changes;
}

int64_t gates_next_us(struct gates *g, unsigned queue)
{
    struct gates_queue *q = &g->queues[queue];
    int64_t next_us = INT64_MAX;

    if (atomic_load(&q->line_count) == 0)
        return next_us;
    uv_mutex_lock(&g->lock);
    if (q->times.count > 0)
        next_us = q->times.heap[0]->when_us;
    if (q->former_count > 0 && q->former[0].until_us < next_us)
        next_us = q->former[0].until_us;
    uv_mutex_unlock(&g->lock);
    return next_us;
}
