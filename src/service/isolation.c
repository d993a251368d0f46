#include "service/worker_internal.h"

#include "base/failpoint.h"

/* A job whose workers died again and again is claimed once more only while
 * nothing else is in flight in this process, so that no neighbour is blamed
 * for it, nor dies with it. The keeper begins an isolation when the queue has
 * suspects and it is our turn; workers stop claiming and fall quiet; worker 0
 * then runs suspects one by one and ends it. */

enum { SUSPECTS_MAX = 16 };

static void wake_all(struct shared *s)
{
    for (unsigned n = 0; n < atomic_load(&s->worker_count); n++)
        if (s->workers[n]) /* not being closed */
            worker_wake(s->workers[n]);
}

void shared_isolate(struct shared *s, struct queue *q)
{
    unsigned id = atomic_load(&s->isolation);

    if (id % 2 == 1 || atomic_load(&s->phase) != PHASE_RUN)
        return;
    failpoint("isolating", NULL);
    atomic_store(&s->isolated, q);
    atomic_store(&s->isolation, id + 1);
    log_info("running suspects alone: claims pause meanwhile",
             LOG_TEXT("queue", q->config->name));
    wake_all(s);
}

void isolation_end(struct worker *w)
{
    struct shared *s = w->shared;

    w->isolated_count = 0;
    atomic_fetch_add(&s->isolation, 1);
    for (size_t n = 0; n < w->config->queue_count; n++)
        atomic_store(&s->queues[n].waiting, true);
    wake_all(s);
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

bool isolation_turn(struct worker *w)
{
    unsigned id = atomic_load(&w->shared->isolation);
    bool quiet = w->busy_count == 0 && w->promised == 0;

    if (id % 2 == 0)
        return false;
    atomic_store(&w->quiet, quiet ? id : 0);
    if (w->index != 0) {
        if (quiet)
            worker_wake(w->shared->workers[0]);
    } else if (all_quiet(w->shared, id)) {
        if (w->isolated_count++ < SUSPECTS_MAX)
            intake_isolate(isolated_intake(w));
        else
            isolation_end(w);
    }
    return true;
}
