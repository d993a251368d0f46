#include "service/worker_internal.h"

#include "base/clock.h"
#include "base/failpoint.h"

/* A job whose workers died again and again is claimed once more only while
 * nothing else is in flight in this process, so that no neighbour is blamed
 * for it, nor dies with it. The keeper begins an isolation when the queue has
 * suspects and it is our turn; workers stop claiming and fall quiet; worker 0
 * then runs suspects one by one, as many as begin within SPAN_MS, and ends it.
 * All queues of the process wait meanwhile, so the next one begins only when
 * they were served for as long as they had waited. */

enum { SPAN_MS = 2000 };

static void wake_all(struct shared *s)
{
    for (unsigned n = 0; n < atomic_load(&s->worker_count); n++)
        if (s->workers[n]) /* not being closed */
            worker_wake(s->workers[n]);
}

bool shared_may_isolate(const struct shared *s)
{
    return atomic_load(&s->isolation) % 2 == 0 &&
           atomic_load(&s->phase) == PHASE_RUN &&
           clock_mono_ms() >= atomic_load(&s->isolate_ms);
}

void shared_isolate(struct shared *s, struct queue *q)
{
    if (!shared_may_isolate(s))
        return;
    failpoint("isolating", NULL);
    atomic_store(&s->isolated, q);
    atomic_store(&s->isolated_ms, clock_mono_ms());
    atomic_fetch_add(&s->isolation, 1);
    wake_all(s);
}

bool isolation_is_on(const struct worker *w)
{
    return atomic_load(&w->shared->isolation) % 2 != 0;
}

/* Once for each isolation. */
static void tell(struct intake *i)
{
    if (!i->worker->isolation_told)
        log_info("running suspects alone: claims pause meanwhile",
                 LOG_TEXT("queue", i->queue->config->name));
    i->worker->isolation_told = true;
}

/* No suspect is left, or enough were run for this time. */
static void end(struct worker *w)
{
    struct shared *s = w->shared;
    int64_t now = clock_mono_ms();

    w->isolate_until_ms = 0;
    w->isolation_told = false;
    atomic_store(&s->isolate_ms, 2 * now - atomic_load(&s->isolated_ms));
    atomic_fetch_add(&s->isolation, 1);
    for (size_t n = 0; n < w->config->queue_count; n++)
        atomic_store(&s->queues[n].waiting, true);
    wake_all(s);
}

/* The suspect, if there is one, is now the only job in flight. */
static void isolate_over(void *arg, const struct claimed *c)
{
    struct claimer *k = arg;
    struct intake *i = k->intake;
    struct span field, record;
    bool ours = claimer_answered(k);

    if (c->end == CLAIM_UNKNOWN || c->end == CLAIM_OLD) {
        k->must_recover = true;
        intake_refused(i, &k->turn);
    }
    if (c->end != CLAIM_DONE || c->count == 0 || !ours) {
        end(i->worker);
        return;
    }
    tell(i);
    i->worker->clock_offset_ms = c->now_ms - clock_boot_ms();
    claimed_job(c, 0, &field, &record);
    flight_begin(i, field, record, NULL);
}

static void isolate(struct intake *i)
{
    struct claimer *k = &i->now;

    if (!i->owns || intake_is_paused(i) ||
        !gates_known(i->worker->shared->gates, intake_queue(i))) {
        end(i->worker);
        return;
    }
    claimer_call(k, i->redis, isolate_over);
    if (claim_isolated(&k->call, &k->holder))
        end(i->worker);
    else
        claimer_asked(k, 1);
}

static bool all_quiet(const struct shared *s, unsigned id)
{
    unsigned count = atomic_load(&s->worker_count);

    for (unsigned n = 0; n < count; n++)
        if (worker_quiet(s->workers[n]) != id)
            return false;
    return count == s->config->workers;
}

static struct intake *isolated_intake(struct worker *w)
{
    const struct queue *q = atomic_load(&w->shared->isolated);

    return &w->intakes[q - w->shared->queues];
}

/* For the first suspect there always is. */
static bool is_time_for_one(struct worker *w)
{
    int64_t now = clock_mono_ms();

    if (w->isolate_until_ms == 0)
        w->isolate_until_ms = now + SPAN_MS;
    return now < w->isolate_until_ms;
}

/* Claims that were recalled may have been carried out: what they took must not
 * be blamed for what a suspect does. Where that cannot be seen to, the
 * isolation ends. True once all is well. */
static bool all_known(struct worker *w)
{
    bool known = true;

    for (size_t n = 0; n < w->config->queue_count; n++) {
        intake_recover(&w->intakes[n]);
        known = known && !intake_doubts(&w->intakes[n]);
        if (!intake_recovers(&w->intakes[n])) {
            end(w);
            return false;
        }
    }
    return known;
}

/* All is quiet. */
static void run_alone(struct worker *w)
{
    if (!all_known(w))
        return;
    if (is_time_for_one(w))
        isolate(isolated_intake(w));
    else
        end(w);
}

bool isolation_turn(struct worker *w)
{
    unsigned id = atomic_load(&w->shared->isolation);
    bool quiet;

    if (id % 2 == 0)
        return false;
    for (size_t n = 0; w->bells && n < w->config->queue_count; n++)
        bell_recall(w->bells[n]);
    quiet = w->busy_count == 0 && w->promised == 0;
    atomic_store(&w->quiet, quiet ? id : 0);
    if (w->index != 0) {
        if (quiet)
            worker_wake(w->shared->workers[0]);
    } else if (all_quiet(w->shared, id)) {
        run_alone(w);
    }
    return true;
}
