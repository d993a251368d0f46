#include "service/gates_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Its jobs come on, most likely, so long after one that was parked. */
enum { BUSY_US = 1000000 };

struct gate_line *line_find(const struct gate *gate, unsigned queue)
{
    struct gate_line *line;

    LIST_FOREACH(line, &gate->lines, of_gate)
    if (line->queue == queue)
        return line;
    return NULL;
}

struct gate_line *line_make(struct gates *g, struct gate *gate, unsigned queue)
{
    struct gates_queue *q = &g->queues[queue];
    struct gate_line *line = line_find(gate, queue);

    if (line)
        return line;
    if (!times_reserve(&q->times, atomic_load(&q->line_count) + 1))
        return NULL;
    line = calloc(1, sizeof *line);
    if (!line)
        return NULL;
    line->gate = gate;
    line->queue = queue;
    LIST_INSERT_HEAD(&gate->lines, line, of_gate);
    LIST_INSERT_HEAD(&q->lines, line, of_queue);
    atomic_fetch_add(&q->line_count, 1);
    gate_rest(g, gate);
    return line;
}

void line_detach(struct gates *g, struct gate_line *line)
{
    struct gates_queue *q = &g->queues[line->queue];

    switch (line->place) {
    case READY:
        TAILQ_REMOVE(&q->ready, line, link);
        break;
    case TIMED:
        times_remove(&q->times, line);
        break;
    case BLOCKED:
        TAILQ_REMOVE(&line->blocker->blocked, line, link);
        break;
    case NOWHERE:
        break;
    }
    line->place = NOWHERE;
}

void line_park(struct gates *g, struct gate_line *line, int64_t now_us)
{
    struct gate_lines *busy = &g->queues[line->queue].busy;

    line->parking++;
    if (line->busy_us != 0)
        TAILQ_REMOVE(busy, line, busy);
    TAILQ_INSERT_HEAD(busy, line, busy);
    line->busy_us = now_us;
}

unsigned gates_busy(struct gates *g, unsigned queue, int64_t now_us,
                    char ret[GATES_BUSY_MAX][GATE_NAME_SIZE])
{
    struct gates_queue *q = &g->queues[queue];
    struct gate_line *line;
    unsigned count = 0;

    if (atomic_load(&q->line_count) == 0)
        return 0;
    uv_mutex_lock(&g->lock);
    TAILQ_FOREACH(line, &q->busy, busy)
    {
        if (count == GATES_BUSY_MAX || line->busy_us < now_us - BUSY_US)
            break;
        (void)snprintf(ret[count++], GATE_NAME_SIZE, "%s", line->gate->name);
    }
    uv_mutex_unlock(&g->lock);
    return count;
}

static void line_free(struct gates *g, struct gate_line *line)
{
    struct gate *gate = line->gate;

    if (line->busy_us != 0)
        TAILQ_REMOVE(&g->queues[line->queue].busy, line, busy);
    LIST_REMOVE(line, of_gate);
    LIST_REMOVE(line, of_queue);
    atomic_fetch_sub(&g->queues[line->queue].line_count, 1);
    free(line);
    gate_rest(g, gate);
}

static void line_ready(struct gates *g, struct gate_line *line)
{
    line_detach(g, line);
    TAILQ_INSERT_TAIL(&g->queues[line->queue].ready, line, link);
    line->place = READY;
}

void line_wait(struct gates *g, struct gate_line *line, int64_t when_us)
{
    line_detach(g, line);
    line->when_us = when_us;
    times_add(&g->queues[line->queue].times, line);
    line->place = TIMED;
}

void line_block(struct gates *g, struct gate_line *line, struct gate *blocker)
{
    line_detach(g, line);
    line->blocker = blocker;
    TAILQ_INSERT_TAIL(&blocker->blocked, line, link);
    line->place = BLOCKED;
}

static bool is_nothing(const struct gate_line *line)
{
    return line->kind == GATE_NONE && !line->waiting && !line->asked &&
           !line->changing && line->parking == 0 && line->probing == 0;
}

/* Something will come of a look at it: parked jobs, or its end. What somebody
 * else has to end stays as it is while nobody asks for it. */
static bool is_of_use(const struct gate_line *line)
{
    if (line->asked || line->changing ||
        (line->probing > 0 && gate_is_shut(line->kind)))
        return false;
    switch (line->kind) {
    case GATE_FULL:
        return true;
    case GATE_CIRCUIT:
    case GATE_WAIT:
        return line->until_us < INT64_MAX;
    case GATE_GONE:
    case GATE_PAUSED:
        return line->waiting && line->until_us < INT64_MAX;
    case GATE_NONE:
    case GATE_KINDS:
        break;
    }
    return line->waiting;
}

bool line_place(struct gates *g, struct gate_line *line, int64_t now_us)
{
    line_detach(g, line);
    if (is_nothing(line)) {
        line_free(g, line);
        return false;
    }
    if (!is_of_use(line))
        return true;
    if (gate_is_shut(line->kind) && line->until_us > now_us)
        line_wait(g, line, line->until_us);
    else
        line_ready(g, line);
    return true;
}

bool gate_is_closed(const struct gate *gate, const struct gate_line *but)
{
    const struct gate_line *line;

    LIST_FOREACH(line, &gate->lines, of_gate)
    if (line != but && gate_is_shut(line->kind))
        return true;
    return false;
}

bool gate_lets_in(const struct gates *g, const struct gate *gate,
                  unsigned queue, const struct gate_line *but)
{
    return !gate_is_closed(gate, but) && gate_space(g, gate, queue) > 0;
}

void gate_wake(struct gates *g, struct gate *gate)
{
    unsigned refused = QUEUES_MAX;
    struct gate_line *line;

    TAILQ_FOREACH(line, &gate->blocked, link)
    {
        /* Limits differ from queue to queue, not from line to line. */
        if (line->queue == refused)
            continue;
        if (gate_lets_in(g, gate, line->queue, line)) {
            line_ready(g, line);
            return;
        }
        refused = line->queue;
    }
}

void lines_wake(struct gates *g, unsigned queue, int64_t now_us)
{
    struct gate_line *line, *next;

    for (line = LIST_FIRST(&g->queues[queue].lines); line; line = next) {
        next = LIST_NEXT(line, of_queue);
        line_place(g, line, now_us);
    }
}

void line_become(struct gates *g, struct gate_line *line, enum gate_kind kind)
{
    struct gate *gate = line->gate;
    bool was_closed = gate_is_closed(gate, NULL);

    line->kind = kind;
    if (!was_closed || gate_is_closed(gate, NULL))
        return;
    gate->allowance = GATE_START;
    gate->window = (struct gate_window){0};
    gate_wake(g, gate);
}

/* Server's time to ours; what is absurdly far away is for ever. */
int64_t gate_until_us(const struct gate_report *report)
{
    const int64_t far_ms = INT64_C(1) << 50;
    int64_t until_ms = report->news.state.until_ms;

    if (until_ms <= 0 || until_ms > far_ms || report->server_ms > far_ms)
        return INT64_MAX;
    return report->now_us + (until_ms - report->server_ms) * 1000;
}

void line_answered(struct gates *g, struct gate_line *line,
                   const struct gate_report *report)
{
    struct gates_queue *q = &g->queues[line->queue];

    if (report->version < line->heard && report->version < q->version) {
        q->version = report->version;
        if (q->seen < line->heard)
            q->seen = line->heard;
        atomic_store(&q->news, true);
    }
    line_learn(g, line, report);
}

void line_learn(struct gates *g, struct gate_line *line,
                const struct gate_report *report)
{
    const struct gate_state *state = &report->news.state;

    line->stale = false;
    if (line->changing)
        return; /* the answer to that knows better */
    line->until_us = gate_until_us(report);
    line->step = state->step;
    if (!span_copy(state->mark, line->mark, sizeof line->mark))
        line->mark[0] = '\0';
    if (!span_copy(state->why, line->why, sizeof line->why))
        line->why[0] = '\0';
    line->waiting = report->news.parked > 0;
    line_become(g, line, state->kind);
    line_place(g, line, report->now_us);
}
