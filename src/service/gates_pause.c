#include "service/gates_internal.h"

enum { TOLD_AGAIN_US = 1000000 };

static bool is_same(const struct gate_pause *p, const struct gate_state *state)
{
    bool paused = state->kind != GATE_NONE;

    return p->paused == paused && (!paused || (p->until_ms == state->until_ms &&
                                               span_is(state->why, p->why)));
}

void pause_learn(struct queue_pause *p, const struct gate_report *report)
{
    const struct gate_state *state = &report->news.state;

    p->stale = false;
    if (is_same(&p->is, state))
        return;
    p->is = (struct gate_pause){
        .paused = state->kind != GATE_NONE,
        .since_ms = state->since_ms,
        .until_ms = state->until_ms,
    };
    if (!span_copy(state->why, p->is.why, sizeof p->is.why))
        p->is.why[0] = '\0';
    p->untold = true;
    p->again_us = 0;
    atomic_store(&p->until_us, p->is.paused ? gate_until_us(report) : 0);
}

int64_t gates_paused_until_us(const struct gates *g, unsigned queue)
{
    return atomic_load(&g->queues[queue].pause.until_us);
}

bool gates_paused(const struct gates *g, unsigned queue, int64_t now_us)
{
    return gates_paused_until_us(g, queue) > now_us;
}

bool gates_pause_changed(struct gates *g, unsigned queue,
                         struct gate_pause *ret)
{
    struct queue_pause *p = &g->queues[queue].pause;
    bool changed;

    uv_mutex_lock(&g->lock);
    changed = p->untold;
    p->untold = false;
    *ret = p->is;
    uv_mutex_unlock(&g->lock);
    return changed;
}

bool gates_pause_over(struct gates *g, unsigned queue, int64_t now_us,
                      int64_t *ret_until_ms)
{
    struct queue_pause *p = &g->queues[queue].pause;
    int64_t until_us = atomic_load(&p->until_us);
    bool over;

    if (until_us == 0 || until_us > now_us)
        return false;
    uv_mutex_lock(&g->lock);
    over = p->is.paused && now_us >= p->again_us;
    if (over) {
        p->again_us = now_us + TOLD_AGAIN_US;
        *ret_until_ms = p->is.until_ms;
    }
    uv_mutex_unlock(&g->lock);
    return over;
}
