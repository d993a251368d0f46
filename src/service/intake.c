#include "service/keeper.h"
#include "service/worker_internal.h"

#include "base/clock.h"
#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLAIM_GAP_US = 5000 };

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

/* Redis says that the epoch is over: forget it before the keeper has noticed;
 * it joins anew. */
static void lease_lost(void *arg, const char *epoch)
{
    struct intake *i = arg;
    struct flight *f, *next;

    if (!i->owns || strcmp(epoch, i->holder.epoch) != 0)
        return;
    i->owns = false;
    i->must_recover = false;
    recorder_lost(i->recorder);
    for (f = LIST_FIRST(&i->worker->busy); f; f = next) {
        next = LIST_NEXT(f, next);
        if (f->intake == i && f->state != FLIGHT_FINISHING)
            flight_drop(f);
    }
    keeper_wake(i->worker->shared->keeper);
}

void intake_follow_lease(struct intake *i)
{
    char epoch[EPOCH_MAX];

    if (atomic_load(&i->queue->leases) == i->lease)
        return;
    lease_lost(i, i->holder.epoch);
    i->lease = queue_read_lease(i->queue, epoch);
    snprintf(i->holder.epoch, sizeof i->holder.epoch, "%s", epoch);
    i->holder.generation = 0;
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
    flight_settled(i, flight, how);
}

enum err intake_open(struct intake *i, struct worker *w, struct queue *q)
{
    struct recorder_options options = {
        .patience = &w->patience,
        .holder = &i->holder,
        .outcomes_max = w->config->outcomes_max,
        .dead_max = w->config->dead_max,
        .worker = w->name,
        .body_keep = w->config->body_keep,
        .owner = i,
        .settled = settled,
        .lease_lost = lease_lost,
        .refused = refused,
    };
    enum err e = redis_links_pin(w->links, &q->redis, &i->redis);

    if (e)
        return e;
    i->worker = w;
    i->queue = q;
    i->holder.keys = &q->keys;
    snprintf(i->holder.tag, sizeof i->holder.tag, "%u", w->index);
    i->call.redis = options.redis = i->redis;
    i->call.arg = i;
    i->most = CLAIM_MAX;
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

/* A claim that came back short has seen the end of the queue, most likely:
 * listen for the bell, which worker 0 does, and which rings at once if not. */
static void note_depth(struct intake *i, size_t count)
{
    struct worker *w = i->worker;
    bool more = count >= i->asked;

    atomic_store(&i->queue->waiting, more);
    if (!more && w->index != 0)
        worker_wake(w->shared->workers[0]);
    if (more)
        worker_call_others(w);
}

static void take_in(struct intake *i, const struct claimed *c)
{
    struct worker *w = i->worker;
    struct span field, record;

    w->clock_offset_ms = c->now_ms - clock_boot_ms();
    /* More than were asked for: what there is no room for is given back. */
    i->must_recover = i->must_recover || c->count > i->asked;
    for (size_t n = 0; n < c->count && n < i->asked; n++) {
        claimed_job(c, n, &field, &record);
        flight_begin(i, field, record, NULL);
    }
    note_depth(i, c->count + c->aside);
}

/* Another Redis may answer now, or the same one with less than it had told: a
 * job that we finished can be held for us again, and nobody else would ever
 * give it back. Its gates may differ as well. */
void intake_reconnected(struct intake *i)
{
    /* Nor is it certain any more that our lease was taken. */
    i->owns = i->holder.epoch[0] != '\0';
    i->must_recover = i->must_recover || i->owns;
    gates_reset(i->worker->shared->gates, intake_queue(i));
}

/* The reply may have been too long for the line, or for the time that it has:
 * the next one is shorter. */
static void adapt(struct intake *i, enum claim_end end)
{
    if (end == CLAIM_UNKNOWN)
        i->most = i->asked > 4 ? i->asked / 4 : 1;
    else if (end == CLAIM_DONE && i->most < CLAIM_MAX)
        i->most += 1 + i->most / 8;
}

/* Once, until a claim works again: a recovery in between may have worked. */
static void note_refusal(struct intake *i, const struct claimed *c)
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

void intake_claim_failed(struct intake *i, enum claim_end end, unsigned lease,
                         struct patience_turn *turn)
{
    switch (end) {
    case CLAIM_DONE:
        break;
    case CLAIM_LEASE:
        if (lease == i->lease)
            lease_lost(i, i->holder.epoch);
        break;
    case CLAIM_UNKNOWN:
    case CLAIM_OLD: /* Redis has forgotten: a recovery makes both sides agree */
        i->must_recover = true;
        intake_refused(i, turn);
        break;
    case CLAIM_AGAIN:
        intake_refused(i, turn);
        break;
    }
}

static void claim_over(void *arg, const struct claimed *c)
{
    struct intake *i = arg;

    i->worker->promised -= i->asked;
    adapt(i, c->end);
    note_refusal(i, c);
    if (c->end == CLAIM_DONE) {
        i->claim_told = false;
        intake_answered(i, &i->claiming);
        gates_see(i->worker->shared->gates, intake_queue(i), c->version);
        if (i->owns && i->claimed_lease == i->lease)
            take_in(i, c);
    }
    intake_claim_failed(i, c->end, i->claimed_lease, &i->claiming);
    i->asked = 0;
}

/* The suspect, if there is one, is now the only job in flight. */
static void isolate_over(void *arg, const struct claimed *c)
{
    struct intake *i = arg;
    struct span field, record;
    bool ours = i->owns && i->claimed_lease == i->lease;

    i->worker->promised -= i->asked;
    i->asked = 0;
    if (c->end == CLAIM_UNKNOWN || c->end == CLAIM_OLD) {
        i->must_recover = true;
        intake_refused(i, &i->claiming);
    }
    if (c->end != CLAIM_DONE || c->count == 0 || !ours) {
        isolation_end(i->worker);
        return;
    }
    isolation_begun(i);
    i->worker->clock_offset_ms = c->now_ms - clock_boot_ms();
    claimed_job(c, 0, &field, &record);
    flight_begin(i, field, record, NULL);
}

void intake_isolate(struct intake *i)
{
    if (i->asked)
        return;
    if (i->recovering || i->must_recover || !i->owns || intake_is_paused(i) ||
        !gates_known(i->worker->shared->gates, intake_queue(i))) {
        isolation_end(i->worker);
        return;
    }
    i->call.done = isolate_over;
    i->claimed_lease = i->lease;
    if (claim_isolated(&i->call, &i->holder)) {
        isolation_end(i->worker);
        return;
    }
    i->asked = 1;
    i->worker->promised += 1;
}

static void recovered(struct intake *i, const struct claimed *c)
{
    if (c->end == CLAIM_LEASE) {
        lease_lost(i, i->holder.epoch);
    } else if (c->end == CLAIM_DONE) {
        i->must_recover = c->more;
        i->holder.generation = c->count;
        atomic_store(&i->queue->waiting, true);
    } else {
        intake_refused(i, &i->claiming);
    }
}

static void recover_over(void *arg, const struct claimed *c)
{
    struct intake *i = arg;

    i->recovering = false;
    note_refusal(i, c);
    if (i->claimed_lease == i->lease)
        recovered(i, c);
}

static void recover(struct intake *i)
{
    const struct worker *w = i->worker;
    const struct flight *f;
    struct span *known;
    size_t count = 0;

    known = malloc((w->busy_count + 1) * sizeof *known);
    if (!known)
        return;
    LIST_FOREACH(f, &w->busy, next)
    if (f->intake == i)
        known[count++] = span_of(f->field);
    i->call.done = recover_over;
    i->claimed_lease = i->lease;
    i->recovering = claim_recover(&i->call, &i->holder, known, count) == ERR_OK;
    free(known);
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

static bool is_in_touch(const struct intake *i)
{
    return !i->recovering && i->owns && clock_mono_ms() >= i->not_before_ms &&
           intake_may_ask(i, &i->claiming) && redis_is_up(i->redis) &&
           queue_lease_runs(i->queue, clock_boot_ms());
}

bool intake_may_take(const struct intake *i)
{
    return !i->must_recover && is_in_touch(i);
}

void intake_recover(struct intake *i)
{
    if (i->must_recover && !i->asked && i->take_count == 0 && is_in_touch(i))
        recover(i);
}

void intake_claim(struct intake *i, unsigned share)
{
    struct worker *w = i->worker;
    unsigned room = worker_claimable(w);
    unsigned count = w->config->claim_batch;
    struct claim_share what;

    if (i->must_recover) {
        intake_recover(i);
        return;
    }
    if (i->asked || !intake_may_take(i) || !intake_has_work(i) ||
        !gates_known(w->shared->gates, intake_queue(i)) ||
        !intake_is_worth_it(w, room))
        return;
    if (count > room)
        count = room;
    if (count > share)
        count = share;
    if (count > i->most)
        count = i->most;
    if (count > CLAIM_MAX)
        count = CLAIM_MAX;
    i->call.done = claim_over;
    i->claimed_lease = i->lease;
    what = share_of(w, room, count);
    if (intake_claim_past(i, &what))
        return;
    i->asked = count;
    w->promised += count;
    w->claimed_us = clock_mono_us();
}
