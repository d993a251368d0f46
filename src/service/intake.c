#include "service/keeper.h"
#include "service/worker_internal.h"

#include "base/clock.h"
#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLAIM_GAP_US = 5000,
    BEHIND_MAX = 16, /* jobs that a bell brings; more are claimed after them */
    KEEP_PART = 8,   /* of all slots, at most one in so many is kept for them */
};

void intake_refused(struct intake *i, struct patience_turn *turn)
{
    patience_refused(&i->worker->patience, turn, clock_mono_ms());
}

void intake_answered(struct intake *i, struct patience_turn *turn)
{
    patience_answered(&i->worker->patience, turn);
}

bool intake_may_ask(const struct intake *i, const struct patience_turn *turn)
{
    return patience_wait_ms(&i->worker->patience, turn, clock_mono_ms()) == 0;
}

/* Forgets the epoch before the keeper has noticed; it joins anew. */
void intake_lease_lost(void *intake, const char *epoch)
{
    struct intake *i = intake;
    struct flight *f, *next;

    if (!i->owns || strcmp(epoch, i->now.holder.epoch) != 0)
        return;
    i->owns = i->now.must_recover = i->behind.must_recover = false;
    recorder_lost(i->recorder);
    for (f = LIST_FIRST(&i->worker->busy); f; f = next) {
        next = LIST_NEXT(f, next);
        if (f->intake == i && f->state != FLIGHT_FINISHING)
            flight_drop(f);
    }
    keeper_wake(i->worker->shared->keeper);
}

static void begin_epoch(struct claimer *k, const char *epoch)
{
    snprintf(k->holder.epoch, sizeof k->holder.epoch, "%s", epoch);
    k->holder.generation = 0;
}

void intake_follow_lease(struct intake *i)
{
    char epoch[EPOCH_MAX];

    if (atomic_load(&i->queue->leases) == i->lease)
        return;
    intake_lease_lost(i, i->now.holder.epoch);
    i->lease = queue_read_lease(i->queue, epoch);
    begin_epoch(&i->now, epoch);
    begin_epoch(&i->behind, epoch);
    i->owns = epoch[0] != '\0';
}

static void refused(void *arg, const char *why)
{
    struct intake *i = arg;

    if (!i->refusal_told)
        log_warn("Redis refuses to record outcomes",
                 LOG_TEXT("queue", i->queue->config->name),
                 LOG_TEXT("why", why));
    i->refusal_told = true;
}

static void settled(void *arg, void *flight, enum settled how)
{
    struct intake *i = arg;

    i->refusal_told = false;
    flight_settled(flight, how);
}

enum err intake_open(struct intake *i, struct worker *w, struct queue *q)
{
    struct recorder_options options = {
        .patience = &w->patience,
        .holder = &i->now.holder,
        .outcomes_max = w->config->outcomes_max,
        .dead_max = w->config->dead_max,
        .worker = w->name,
        .body_keep = w->config->body_keep,
        .owner = i,
        .settled = settled,
        .lease_lost = intake_lease_lost,
        .refused = refused,
    };
    enum err e = redis_links_pin(w->links, &q->redis, &i->redis);

    if (e)
        return e;
    i->worker = w;
    i->queue = q;
    options.redis = i->redis;
    claimer_open(&i->now, i, "");
    claimer_open(&i->behind, i, "b");
    return recorder_open(&options, &i->recorder);
}

void intake_close(struct intake *i)
{
    intake_forget_untold(i);
    recorder_close(&i->recorder);
}

void worker_call_others(const struct worker *w)
{
    if (2 * worker_slots(w) <= w->config->in_flight)
        shared_wake_worker(w->shared);
}

/* A claim that left nothing has seen the end of the queue, most likely:
 * listen for the bell, which worker 0 does, and which rings at once if not. One
 * behind a bell did not look for all that may wait. */
static void note_depth(const struct claimer *k, bool more)
{
    const struct intake *i = k->intake;
    const struct worker *w = i->worker;

    if (more || k == &i->now)
        atomic_store(&i->queue->waiting, more);
    if (!more && w->index != 0)
        worker_wake(w->shared->workers[0]);
    if (more)
        worker_call_others(w);
}

static void take_in(struct claimer *k, const struct claimed *c, unsigned asked)
{
    struct intake *i = k->intake;
    struct span field, record;

    i->worker->clock_offset_ms = c->now_ms - clock_boot_ms();
    /* More than were asked for: what there is no room for is given back. */
    k->must_recover = k->must_recover || c->count > asked;
    for (size_t n = 0; n < c->count && n < asked; n++) {
        claimed_job(c, n, &field, &record);
        flight_begin(i, field, record, NULL);
    }
    note_depth(k, c->more || c->count >= asked);
}

/* Another Redis may answer now, or the same one with less than it had told: a
 * job that we finished can be held for us again, and nobody else would ever
 * give it back. Its gates may differ as well. */
void intake_reconnected(struct intake *i)
{
    /* Nor is it certain any more that our lease was taken. */
    i->owns = i->now.holder.epoch[0] != '\0';
    if (i->owns)
        intake_doubt(i);
    gates_reset(i->worker->shared->gates, intake_queue(i));
}

/* The reply may have been too long for the line, or for the time that it has:
 * the next one is shorter. */
static void adapt(struct claimer *k, enum claim_end end)
{
    if (end == CLAIM_UNKNOWN)
        k->most = k->asked > 4 ? k->asked / 4 : 1;
    else if (end == CLAIM_DONE && k->most < CLAIM_MAX)
        k->most += 1 + k->most / 8;
}

/* Once, until a claim works again: a recovery in between may have worked. */
void intake_note_refusal(struct intake *i, const struct claimed *c)
{
    char why[512];

    /* Of a Redis that cannot just now the keeper tells. */
    if (!c->refusal || i->claim_told || reply_fault(c->refusal) == FAULT_AWAY)
        return;
    reply_explain(c->refusal, why, sizeof why);
    log_warn("Redis refuses to hand out jobs",
             LOG_TEXT("queue", i->queue->config->name), LOG_TEXT("why", why));
    i->claim_told = true;
}

void intake_claim_failed(struct claimer *k, enum claim_end end, unsigned lease,
                         struct patience_turn *turn)
{
    struct intake *i = k->intake;

    switch (end) {
    case CLAIM_DONE:
        break;
    case CLAIM_LEASE:
        if (lease == i->lease)
            intake_lease_lost(i, k->holder.epoch);
        break;
    case CLAIM_UNKNOWN:
    case CLAIM_OLD: /* Redis has forgotten: a recovery makes both sides agree */
        k->must_recover = true;
        intake_refused(i, turn);
        break;
    case CLAIM_AGAIN:
        intake_refused(i, turn);
        break;
    }
}

/* True when what it brought was taken in. */
static bool end_claim(struct claimer *k, const struct claimed *c)
{
    struct intake *i = k->intake;
    unsigned asked = k->asked;
    bool taken;

    adapt(k, c->end);
    intake_note_refusal(i, c);
    taken = claimer_answered(k) && c->end == CLAIM_DONE;
    if (c->end == CLAIM_DONE) {
        i->claim_told = false;
        intake_answered(i, &k->turn);
    }
    gates_see(i->worker->shared->gates, intake_queue(i), c->version);
    if (taken)
        take_in(k, c, asked);
    intake_claim_failed(k, c->end, k->lease, &k->turn);
    return taken;
}

static void claim_over(void *arg, const struct claimed *c)
{
    (void)end_claim(arg, c);
}

static void recalled(struct claimer *k)
{
    (void)claimer_answered(k);
    k->recalled = false;
    k->must_recover = k->intake->owns;
}

/* Whatever became of the claim, the bell may have rung. */
static void claim_behind_over(void *arg, const struct claimed *c)
{
    struct claimer *k = arg;

    if (!k->recalled && end_claim(k, c))
        return;
    if (k->recalled)
        recalled(k);
    atomic_store(&k->intake->queue->waiting, true);
}

/* Small claims cost Redis as much as large ones: wait until some slots are
 * free, unless all are. */
bool intake_is_worth_it(struct worker *w, unsigned room)
{
    unsigned batch = w->config->claim_batch;
    int64_t due_us = w->claimed_us + CLAIM_GAP_US;

    if (batch > w->config->in_flight)
        batch = w->config->in_flight;
    if (room == 0)
        return false;
    if (w->busy_count == w->finishing || room >= (batch + 1) / 2 ||
        clock_mono_us() >= due_us)
        return true;
    if (due_us < w->claim_due_us)
        w->claim_due_us = due_us;
    return false;
}

/* Of retries and fresh jobs half each; while slots are short, one retry to
 * three fresh ones, so that old trouble does not hold up what is new. What does
 * not divide goes by luck. A job claimed for the first time since its last
 * orderly end is no suspect, however few claims a job may have. */
static struct claim_share share_of(struct worker *w, unsigned room,
                                   unsigned count)
{
    unsigned most = w->config->max_claims;
    unsigned part = room < w->config->claim_batch ? 4 : 2;

    return (struct claim_share){
        .count = count,
        .due_count = (count + rand_u32(&w->dice) % part) / part,
        .alone_from = most > 2 ? most : 2,
    };
}

bool intake_is_in_touch(const struct intake *i)
{
    return i->owns && clock_mono_ms() >= i->not_before_ms &&
           redis_is_up(i->redis) && queue_lease_runs(i->queue, clock_boot_ms());
}

static bool may_take(const struct claimer *k)
{
    return !k->must_recover && !k->recovering &&
           intake_is_in_touch(k->intake) && intake_may_ask(k->intake, &k->turn);
}

bool intake_may_take(const struct intake *i)
{
    return may_take(&i->now);
}

static bool is_let_in(const struct intake *i)
{
    return gates_known(i->worker->shared->gates, intake_queue(i));
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

void intake_claim(struct intake *i, unsigned share)
{
    struct worker *w = i->worker;
    struct claimer *k = &i->now;
    unsigned room = worker_claimable(w), count;
    struct claim_share what;

    intake_recover(i);
    if (k->asked || !may_take(k) || !intake_has_work(i) || !is_let_in(i) ||
        !intake_is_worth_it(w, room))
        return;
    count = least(least(room, share), least(w->config->claim_batch, k->most));
    what = share_of(w, room, least(count, CLAIM_MAX));
    claimer_call(k, i->redis, claim_over);
    if (intake_claim_past(k, &what))
        return;
    claimer_asked(k, what.count);
    w->claimed_us = clock_mono_us();
}

/* Slots are kept for them until the bell rings: few of all. */
static unsigned count_behind(const struct intake *i)
{
    const struct config *c = i->worker->config;
    size_t part = c->in_flight / (KEEP_PART * c->queue_count);
    unsigned count = part < BEHIND_MAX ? (unsigned)part : BEHIND_MAX;

    return least(count, i->behind.most);
}

void intake_claim_behind(struct intake *i, struct redis *bell)
{
    struct worker *w = i->worker;
    struct claimer *k = &i->behind;
    unsigned count = count_behind(i), room = worker_claimable(w);
    struct claim_share what = share_of(w, room, count);

    if (count == 0 || count > room || k->asked || !may_take(k) ||
        intake_is_paused(i) || !is_let_in(i) || isolation_is_on(w))
        return;
    what.behind_bell = true;
    claimer_call(k, bell, claim_behind_over);
    if (intake_claim_past(k, &what) == ERR_OK)
        claimer_asked(k, count);
}
