#include "service/worker_internal.h"

#include <stdlib.h>

/* After a claim whose reply was lost Redis may hold jobs for us that we do not
 * know of: it is told those that we do, gives back the others, and refuses the
 * claim should it come to it only now. */

void intake_doubt(struct intake *i)
{
    i->now.must_recover = true;
    i->behind.must_recover = i->worker->bells != NULL;
}

static void recovered(struct claimer *k, const struct claimed *c)
{
    struct intake *i = k->intake;

    if (c->end == CLAIM_LEASE) {
        intake_lease_lost(i, k->holder.epoch);
    } else if (c->end == CLAIM_DONE) {
        k->must_recover = c->more;
        k->holder.generation = c->count;
        atomic_store(&i->queue->waiting, true);
    } else {
        intake_refused(i, &k->turn);
    }
}

static void recover_over(void *arg, const struct claimed *c)
{
    struct claimer *k = arg;

    k->recovering = false;
    intake_note_refusal(k->intake, c);
    if (k->lease == k->intake->lease)
        recovered(k, c);
}

/* Of the known ones those of another tag do no harm. */
static void send_recover(struct claimer *k)
{
    struct intake *i = k->intake;
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
    claimer_call(k, i->redis, recover_over);
    k->lease = i->lease;
    k->recovering = claim_recover(&k->call, &k->holder, known, count) == ERR_OK;
    free(known);
}

static void recover(struct claimer *k)
{
    if (k->must_recover && !k->recovering && !k->asked &&
        intake_is_in_touch(k->intake) && intake_may_ask(k->intake, &k->turn))
        send_recover(k);
}

void intake_recover(struct intake *i)
{
    /* Parked jobs are taken up under its tag. */
    if (i->take_count == 0)
        recover(&i->now);
    recover(&i->behind);
}

/* One of a lease that was lost still has the claimer's call. */
static bool doubts(const struct claimer *k)
{
    return k->must_recover || k->recovering;
}

bool intake_doubts(const struct intake *i)
{
    return doubts(&i->now) || doubts(&i->behind);
}

bool intake_recovers(const struct intake *i)
{
    return (!i->now.must_recover || i->now.recovering) &&
           (!i->behind.must_recover || i->behind.recovering);
}
