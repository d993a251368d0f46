#include "service/worker_internal.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/rand.h"

#include <stdlib.h>
#include <string.h>

/* One change on its way to Redis. */
struct telling {
    LIST_ENTRY(telling) next;
    struct intake *intake;
    struct gate_call call;
    struct gate_change change;
    unsigned lease; /* the intake's at that time */
    struct patience_turn turn;
};

static struct gates *gates_of(const struct intake *i)
{
    return i->worker->shared->gates;
}

unsigned intake_queue(const struct intake *i)
{
    return (unsigned)(i - i->worker->intakes);
}

void intake_prepare(struct intake *i, struct gate_call *call)
{
    call->redis = i->redis;
    call->keys = &i->queue->keys;
    call->outcomes_max = i->worker->config->outcomes_max;
    call->by = i->worker->name;
}

/* Without an answer: what a probe said is told until it is heard, for everybody
 * waits for it; of anything else the next call tells again. */
static void untold(struct telling *t)
{
    struct intake *i = t->intake;

    if (t->change.fresh || t->lease != i->lease) {
        gates_changed(gates_of(i), &t->change, NULL, clock_mono_us());
        free(t);
        return;
    }
    intake_refused(i, &t->turn);
    LIST_INSERT_HEAD(&i->untold, t, next);
}

/* By one service alone, the one whose word Redis took. What each answer may ask
 * for is no news. */
static void say_change(const struct telling *t)
{
    const struct gate_change *c = &t->change;
    enum log_level level = c->kind == GATE_WAIT ? LOG_DEBUG : LOG_INFO;

    if (c->opens)
        log_at(level, "an extension is called again",
               LOG_TEXT("queue", t->intake->queue->config->name),
               LOG_TEXT("gate", c->gate), LOG_TEXT("why", c->why));
    else if (c->fresh)
        log_at(level, "an extension is not called for a while",
               LOG_TEXT("queue", t->intake->queue->config->name),
               LOG_TEXT("gate", c->gate), LOG_TEXT("why", c->why));
}

static void tell_over(void *arg, const struct gate_told *told)
{
    struct telling *t = arg;
    struct intake *i = t->intake;

    if (failpoint("told", NULL) || told->end != GATE_TOLD) {
        untold(t);
        return;
    }
    intake_answered(i, &t->turn);
    if (told->changed)
        say_change(t);
    gates_changed(gates_of(i), &t->change, told, clock_mono_us());
    gates_see(gates_of(i), intake_queue(i), told->version);
    worker_call_others(i->worker);
    free(t);
}

static enum err send_change(struct telling *t)
{
    const struct gate_change *c = &t->change;
    struct gate_shutting what = {
        .kind = c->kind,
        .wait_ms = c->wait_ms,
        .step = c->step,
        .mark = c->mark,
        .why = c->why,
        .probe_ms = c->probe_ms,
    };

    if (c->opens)
        return gate_open(&t->call, c->gate, c->kind, c->why);
    return gate_shut(&t->call, c->gate, &what);
}

void intake_tell(struct intake *i, const struct gate_change *change)
{
    struct telling *t = malloc(sizeof *t);
    struct gate_change copy = *change;

    if (!t) {
        gates_changed(gates_of(i), &copy, NULL, clock_mono_us());
        return;
    }
    *t = (struct telling){.intake = i, .change = *change, .lease = i->lease};
    intake_prepare(i, &t->call);
    t->call.arg = t;
    t->call.done = tell_over;
    if (failpoint("telling", NULL) || send_change(t))
        untold(t);
}

void intake_tell_again(struct intake *i)
{
    struct telling *t, *after;

    for (t = LIST_FIRST(&i->untold); t; t = after) {
        after = LIST_NEXT(t, next);
        if (!intake_may_ask(i, &t->turn))
            continue;
        LIST_REMOVE(t, next);
        if (send_change(t))
            untold(t);
    }
}

void intake_forget_untold(struct intake *i)
{
    struct telling *t;

    while ((t = LIST_FIRST(&i->untold))) {
        LIST_REMOVE(t, next);
        free(t);
    }
}

static void read_over(void *arg, const struct gate_told *told)
{
    struct intake *i = arg;

    if (told->end == GATE_TOLD)
        intake_answered(i, &i->reading);
    else
        intake_refused(i, &i->reading);
    gates_learn(gates_of(i), intake_queue(i), told, clock_mono_us());
    intake_note_pause(i);
    worker_call_others(i->worker);
}

void intake_read_gates(struct intake *i)
{
    unsigned queue = intake_queue(i);
    int64_t since;

    if (!redis_is_up(i->redis) || !intake_may_ask(i, &i->reading) ||
        !gates_ask(gates_of(i), queue, clock_mono_us(), &since))
        return;
    intake_prepare(i, &i->read_call);
    i->read_call.arg = i;
    i->read_call.done = read_over;
    if (gates_read(&i->read_call, since, GATES_READ_MAX))
        gates_learn(gates_of(i), queue, NULL, clock_mono_us());
}

/* Else some of ours would come after those that follow. Another connection may
 * be the quicker one. */
static bool are_in_front(const struct claimer *k)
{
    struct recorder *r = k->intake->recorder;

    return k->call.redis == k->intake->redis ? recorder_send_moves(r)
                                             : !recorder_has_moves(r);
}

enum err intake_claim_past(struct claimer *k, struct claim_share *share)
{
    char busy[GATES_BUSY_MAX][GATE_NAME_SIZE];
    const struct intake *i = k->intake;

    _Static_assert((int)GATES_BUSY_MAX <= (int)CLAIM_GATES_MAX,
                   "all have room");
    share->gate_count =
        gates_busy(gates_of(i), intake_queue(i), clock_mono_us(), busy);
    if (share->gate_count > 0 && !are_in_front(k))
        share->gate_count = 0;
    for (size_t n = 0; n < share->gate_count; n++)
        share->gates[n] = busy[n];
    return claim(&k->call, &k->holder, share);
}

/* The answer of the n-th gate asked; c NULL = there was none. */
static void take_over(struct intake *i, unsigned n, const struct claimed *c)
{
    struct gate_report report = {.now_us = clock_mono_us()};
    struct gate_change change;

    if (c && n < c->gate_count) {
        report.server_ms = c->now_ms;
        report.version = c->version;
        claimed_gate(c, n, &report.news);
    } else {
        c = NULL;
    }
    if (gates_took(gates_of(i), &i->takes[n], c ? &report : NULL, report.now_us,
                   &change))
        intake_tell(i, &change);
}

static void takes_over(struct intake *i, const struct claimed *c)
{
    unsigned count = i->take_count;

    for (unsigned n = 0; n < count; n++)
        take_over(i, n, c);
    i->take_count = i->take_jobs = 0;
}

/* Which of the gates asked that is; take_count = none. */
static unsigned take_of(const struct intake *i, struct span gate)
{
    unsigned n = 0;

    while (n < i->take_count && !span_is(gate, i->takes[n].gate))
        n++;
    return n;
}

static void begin(struct intake *i, const struct claimed *c, size_t n)
{
    struct claimed_parked job;
    struct gate_pass pass;
    struct gate_news news = {.state = {.mark = span_of("-")}};
    unsigned at;

    claimed_parked_job(c, n, &job);
    at = take_of(i, job.gate);
    /* More than were asked for: what there is no room for is given back. */
    if (at == i->take_count || i->takes[at].passed == i->takes[at].count) {
        i->now.must_recover = true;
        return;
    }
    if (job.probe && at < c->gate_count)
        claimed_gate(c, at, &news);
    gates_pass(gates_of(i), &i->takes[at], job.probe ? &news : NULL, &pass);
    flight_begin(i, job.field, job.record, &pass);
}

static void parked_over(void *arg, const struct claimed *c)
{
    struct intake *i = arg;

    failpoint("taken", NULL);
    gates_see(gates_of(i), intake_queue(i), c->version);
    i->worker->promised -= i->take_jobs;
    if (c->end != CLAIM_DONE || !i->owns || i->taken_lease != i->lease) {
        takes_over(i, NULL);
        if (c->end != CLAIM_DONE)
            intake_claim_failed(&i->now, c->end, i->taken_lease, &i->taking);
        return;
    }
    intake_answered(i, &i->taking);
    i->worker->clock_offset_ms = c->now_ms - clock_boot_ms();
    for (size_t n = 0; n < c->count; n++)
        begin(i, c, n);
    takes_over(i, c);
    worker_call_others(i->worker);
}

/* How many more parked jobs may run while others wait for slots: half of all.
 * By what runs, not by what is taken up: else a few tenants that are slow hold
 * all slots in the end. Nor do those that are parked at once cost slots. */
static unsigned half_of_slots(struct worker *w)
{
    unsigned half = (w->config->in_flight + rand_u32(&w->dice) % 2) / 2;

    for (size_t n = 0; n < w->config->queue_count; n++)
        half -= half < w->intakes[n].take_jobs ? half : w->intakes[n].take_jobs;
    return half > w->parked_count ? half - w->parked_count : 0;
}

static unsigned room_for_parked(const struct intake *i, unsigned share)
{
    struct worker *w = i->worker;
    unsigned room = worker_slots(w), half;

    if (room > share)
        room = share;
    if (room > CLAIM_MAX)
        room = CLAIM_MAX;
    if (!intake_has_work(i))
        return room;
    if (!intake_is_worth_it(w, room))
        return 0;
    half = half_of_slots(w);
    return room < half ? room : half;
}

static enum err send_takes(struct intake *i)
{
    unsigned most = i->worker->config->max_claims;
    struct claim_gate gates[GATE_TAKES_MAX];
    struct claim_parking what = {
        .gates = gates,
        .gate_count = i->take_count,
        .hold_ms = i->worker->config->lease_ms,
        .alone_from = most > 2 ? most : 2,
    };

    for (unsigned n = 0; n < i->take_count; n++) {
        gates[n] = (struct claim_gate){i->takes[n].gate, i->takes[n].count};
        i->take_jobs += i->takes[n].count;
    }
    i->parked_call.redis = i->redis;
    i->parked_call.arg = i;
    i->parked_call.done = parked_over;
    i->taken_lease = i->lease;
    return claim_parked(&i->parked_call, &i->now.holder, &what);
}

void intake_take_parked(struct intake *i, unsigned share)
{
    unsigned room = room_for_parked(i, share);

    if (i->take_count > 0 || room == 0 || !intake_may_take(i) ||
        !intake_may_ask(i, &i->taking))
        return;
    i->take_count = gates_take(gates_of(i), intake_queue(i), room,
                               clock_mono_us(), i->takes);
    if (i->take_count == 0)
        return;
    if (failpoint("taking", NULL) || send_takes(i))
        takes_over(i, NULL);
    i->worker->promised += i->take_jobs;
}

int64_t worker_gates_next_us(const struct worker *w, int64_t looked_us)
{
    int64_t next_us = INT64_MAX;

    if (worker_slots(w) == 0)
        return next_us;
    for (size_t n = 0; n < w->config->queue_count; n++) {
        struct gates *g = w->shared->gates;
        int64_t at_us = gates_paused_until_us(g, (unsigned)n);

        if (at_us <= looked_us)
            at_us = gates_next_us(g, (unsigned)n);
        if (at_us > looked_us && at_us < next_us)
            next_us = at_us;
    }
    return next_us;
}
