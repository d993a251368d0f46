#include "service/gates_internal.h"

#include <stdio.h>

/* Whether the call says that the extension, or what it stands on, is not well.
 * What is answered to the job alone says that it is. */
static bool is_failure(enum class class)
{
    switch (class) {
    case CLASS_UNREACHABLE:
    case CLASS_TIMEOUT:
    case CLASS_RESET:
    case CLASS_PLATFORM_ERROR:
    case CLASS_THROTTLED:
    case CLASS_EXTENSION_ERROR:
    case CLASS_EXTENSION_CRASH:
    case CLASS_EXTENSION_BUSY:
        return true;
    default:
        return false;
    }
}

/* The same, or it asks to be left alone. */
static bool is_trouble(const struct outcome *outcome)
{
    return outcome->pauses || outcome->stops || is_failure(outcome->class);
}

/* From now on here, and soon for all. */
static void shut(struct gates *g, struct gate_line *line, int64_t now_us,
                 struct gate_change *c)
{
    c->line = line;
    c->gate = line->gate->name;
    c->fresh = !gate_is_shut(line->kind);
    line->until_us = now_us + c->wait_ms * 1000;
    line->step = c->step;
    memcpy(line->mark, c->mark, sizeof line->mark);
    memcpy(line->why, c->why, sizeof line->why);
    line->changing = true;
    line_become(g, line, c->kind);
    line_place(g, line, now_us);
}

void gate_open_change(struct gates *g, struct gate_line *line, const char *why,
                      struct gate_change *c)
{
    *c = (struct gate_change){.line = line,
                              .gate = line->gate->name,
                              .kind = line->kind,
                              .opens = true};
    (void)snprintf(c->why, sizeof c->why, "%s", why);
    line->changing = true;
    line_detach(g, line);
}

/* As the line is, for so long; probe_ms: of the probe that this ends. */
static struct gate_change again(const struct gate_line *line, int64_t probe_ms,
                                uint32_t step, int64_t wait_ms)
{
    struct gate_change c = {
        .kind = line->kind,
        .wait_ms = wait_ms,
        .probe_ms = probe_ms,
        .step = step,
    };

    memcpy(c.mark, line->mark, sizeof c.mark);
    memcpy(c.why, line->why, sizeof c.why);
    return c;
}

/* The line that the job is the probe of, if that still matters. */
static struct gate_line *end_probe(struct gates *g, struct gate_pass *pass,
                                   int64_t now_us)
{
    struct gate_line *line = pass->probe;

    pass->probe = NULL;
    line->probing--;
    if (gate_is_shut(line->kind) && !line->changing)
        return line;
    line_place(g, line, now_us);
    return NULL;
}

bool gate_probe_over(struct gates *g, struct gate_pass *pass, int64_t now_us,
                     struct gate_change *ret)
{
    struct gate_line *line = end_probe(g, pass, now_us);

    if (!line)
        return false;
    *ret = again(line, pass->probe_ms, line->step, 0);
    shut(g, line, now_us, ret);
    return true;
}

static void say(struct gate_change *c, const char *why)
{
    (void)snprintf(c->why, sizeof c->why, "%s", why);
}

/* What follows from the call for a gate that was open. False: nothing. */
static bool shut_first(struct gate *gate, const struct gate_verdict *v,
                       int64_t now_us, struct gate_change *c)
{
    const struct outcome *o = v->outcome;
    const struct circuit *circuit = &gate->policy->circuit;
    const struct gate_window *w = &gate->window;
    bool breaks =
        !o->stops && gate_window_add(&gate->window, circuit,
                                     is_failure(o->class), now_us / 1000);

    if (!o->stops && !o->pauses && !breaks)
        return false;
    *c = (struct gate_change){.kind = GATE_CIRCUIT};
    say(c, o->reason);
    if (o->stops) {
        c->kind = GATE_GONE;
        c->wait_ms = gate_wait_ms(circuit, 0, v->dice);
        if (v->mark)
            (void)snprintf(c->mark, sizeof c->mark, "%s", v->mark);
        return true;
    }
    if (breaks) {
        c->wait_ms = gate_wait_ms(circuit, 0, v->dice);
        (void)snprintf(c->why, sizeof c->why,
                       "%u of %u calls failed; the last: %s",
                       w->failures[0] + w->failures[1],
                       w->calls[0] + w->calls[1], o->reason);
        if (!o->pauses || o->hold_ms < c->wait_ms)
            return true;
    }
    c->kind = GATE_WAIT;
    c->wait_ms = o->hold_ms;
    return true;
}

/* The same for a probe that was called: the gate opens, or waits longer. */
static void after_probe(struct gates *g, struct gate_line *line,
                        int64_t probe_ms, const struct gate_verdict *v,
                        struct gate_change *c)
{
    const struct outcome *o = v->outcome;
    uint32_t step = line->step + (line->step < UINT32_MAX);

    if (!is_trouble(o) && o->class != CLASS_DISCOVERY_FAILED) {
        gate_open_change(g, line, o->reason, c);
        return;
    }
    *c = again(line, probe_ms, step,
               gate_wait_ms(&line->gate->policy->circuit, step, v->dice));
    say(c, o->reason);
    if (o->stops) {
        c->kind = GATE_GONE;
        if (v->mark)
            (void)snprintf(c->mark, sizeof c->mark, "%s", v->mark);
    } else if (o->pauses) {
        c->wait_ms = o->hold_ms; /* its own word */
    }
}

/* One more at a time after each call that went well. */
static void grow(struct gates *g, struct gate *gate, unsigned queue)
{
    gate->allowance =
        gate_start_grow(gate->allowance, gate_limit(g, gate, queue));
    gate_wake(g, gate);
}

static bool probe_ended(struct gates *g, struct gate_pass *pass,
                        const struct gate_verdict *v, int64_t now_us,
                        struct gate_change *ret)
{
    struct gate_line *line = end_probe(g, pass, now_us);

    if (!line)
        return false;
    after_probe(g, line, pass->probe_ms, v, ret);
    if (!ret->opens)
        shut(g, line, now_us, ret);
    return true;
}

static bool judge_extension(struct gates *g, struct gate_pass *pass,
                            const struct gate_verdict *v, int64_t now_us,
                            struct gate_change *ret)
{
    struct gate *gate = pass->extension;
    struct gate_line *line;

    /* What was called before it was shut says nothing new. */
    if (gate_is_closed(gate, NULL))
        return false;
    if (!is_trouble(v->outcome)) {
        grow(g, gate, pass->queue);
        grow(g, gate->container, pass->queue);
    }
    if (!shut_first(gate, v, now_us, ret))
        return false;
    line = line_make(g, gate, pass->queue);
    if (!line || line->changing)
        return false; /* the next failure asks again */
    shut(g, line, now_us, ret);
    return true;
}

/* The platform leaves the whole container alone; many calls say so at once. */
static bool quarantine(struct gates *g, struct gate_pass *pass,
                       const struct gate_verdict *v, int64_t now_us,
                       struct gate_change *ret)
{
    bool probe = pass->probe && !pass->probe->gate->container;
    struct gate_line *line = probe ? end_probe(g, pass, now_us)
                                   : line_make(g, pass->container, pass->queue);
    int64_t hold_us = v->outcome->hold_ms * 1000;

    if (!line || line->changing ||
        (!probe && (line->kind == GATE_PAUSED ||
                    (gate_is_shut(line->kind) &&
                     line->until_us >= now_us + hold_us / 2))))
        return false;
    *ret = again(line, probe ? pass->probe_ms : 0, line->step + probe,
                 v->outcome->hold_ms);
    ret->kind = GATE_WAIT;
    say(ret, v->outcome->reason);
    shut(g, line, now_us, ret);
    return true;
}

static unsigned judge(struct gates *g, struct gate_pass *pass,
                      const struct gate_verdict *v, int64_t now_us,
                      struct gate_change ret[GATE_CHANGES_MAX])
{
    bool called = v->outcome->class != CLASS_NO_EXTENSION &&
                  v->outcome->class != CLASS_DISCOVERY_FAILED;
    unsigned count = 0;

    /* Without a call only an extension's own probe has an end. */
    if (!called && !(pass->probe && pass->probe->gate == pass->extension))
        return 0;
    if (v->outcome->quarantine)
        return quarantine(g, pass, v, now_us, &ret[0]);
    if (pass->probe && pass->probe->gate == pass->extension)
        return probe_ended(g, pass, v, now_us, &ret[0]);
    if (pass->probe) {
        struct gate_line *line = end_probe(g, pass, now_us);

        if (line)
            gate_open_change(g, line, v->outcome->reason, &ret[count++]);
    }
    return count + judge_extension(g, pass, v, now_us, &ret[count]);
}

unsigned gates_judge(struct gates *g, struct gate_pass *pass,
                     const struct gate_verdict *verdict, int64_t now_us,
                     struct gate_change ret[GATE_CHANGES_MAX])
{
    unsigned count;

    uv_mutex_lock(&g->lock);
    count = pass->extension ? judge(g, pass, verdict, now_us, ret) : 0;
    uv_mutex_unlock(&g->lock);
    return count;
}

/* There was no answer: as before, or a little later. */
static void take_back(struct gate_line *line, const struct gate_change *change,
                      int64_t now_us)
{
    enum { AGAIN_US = 1000000 };

    if (change->fresh) {
        /* Not open for good: those let in meanwhile would all see it fail. */
        line->until_us = INT64_MAX;
        line->kind = line->waiting ? GATE_FULL : GATE_NONE;
    } else if (change->opens || line->until_us < now_us + AGAIN_US) {
        line->until_us = now_us + AGAIN_US;
    }
}

/* By one service alone, the one whose word Redis took. */
static void note_turn(struct gate_turns *turns,
                      const struct gate_change *change,
                      const struct gate_told *told)
{
    if (told->changed && change->opens)
        turns->opened[change->kind]++;
    else if (told->changed && change->fresh)
        turns->shut[change->kind]++;
}

static void changed(struct gates *g, struct gate_change *change,
                    const struct gate_told *told, int64_t now_us)
{
    struct gate_line *line = change->line;
    struct gate_report report = {.now_us = now_us};

    line->changing = false;
    if (told && told->end == GATE_TOLD && told->count == 1) {
        note_turn(&g->queues[line->queue].turns, change, told);
        report.server_ms = told->now_ms;
        report.version = told->version;
        gate_told_row(told, 0, &report.news);
        line_answered(g, line, &report);
    } else {
        take_back(line, change, now_us);
        gate_wake(g, line->gate);
        line_place(g, line, now_us);
    }
}

void gates_changed(struct gates *g, struct gate_change *change,
                   const struct gate_told *told, int64_t now_us)
{
    uv_mutex_lock(&g->lock);
    changed(g, change, told, now_us);
    uv_mutex_unlock(&g->lock);
}
