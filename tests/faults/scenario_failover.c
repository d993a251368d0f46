/* The primary dies, and a replica takes its place that has not got the last
 * writes. What was acknowledged and is gone, `extq reconcile` names, and
 * enqueues again; then nothing is missing. */
#include "faults/cases.h"
#include "faults/failover.h"
#include "faults/outage.h"
#include "faults/reconcile.h"
#include "faults/scenario.h"

#include "base/clock.h"
#include "support/wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOBS_MAX = 900,
    BEHIND_MS = 150,
    LIMIT_MS = 20000,
    SETTLE_MS = 300,
};

static bool drained(struct rig *r)
{
    bool empty = watch_open_jobs(r->watch) == 0;

    /* Afterwards: this sees the end of the last job, too. */
    rig_look(r);
    return empty;
}

/* What the replica has not got: writes of these milliseconds. The watch does
 * not look meanwhile: what happens now will not have happened. */
static void lose_writes(struct failover *f, struct rig *r)
{
    struct waiter w = {.deadline_ms = clock_mono_ms() + BEHIND_MS};

    rig_look(r);
    failover_catch_up(f, r);
    r->exposed += failover_part(f);
    while (waiter_pause(&w))
        ;
    rig_note_rejected(r);
    failover_move(f, r);
    r->faults++;
}

static void one_failover(const void *arg, size_t i, struct rig *ret)
{
    struct failover f;
    struct outage o;
    size_t gone;

    (void)arg;
    (void)snprintf(ret->note, sizeof ret->note, "failover %zu", i);
    outage_prepare(&o, "failover", "always");
    /* None that is called twice by plan: F counts jobs, not calls. */
    o.kinds = "ssod";
    failover_open(&f, o.rig);
    outage_start(&o, JOBS_MAX / OUTAGE_PER_SECOND);
    rig_pass(o.rig, SETTLE_MS + rig_roll(o.rig, 5 * SETTLE_MS));
    lose_writes(&f, o.rig);
    (void)outage_resume(o.rig);
    outage_sit_out(o.rig);
    wait_until(drained(o.rig), LIMIT_MS, "the queue to be empty");
    gone = reconcile_lost(o.rig);
    o.rig->missed = gone;
    /* They can have been called before they were forgotten. */
    o.rig->exposed += gone;
    outage_settle(&o, ret);
    failover_close(&f);
}

START_TEST(what_a_failover_loses_is_named_and_enqueued_again)
{
    struct rig sum;
    size_t count = rig_pick(2, 2, 20);

    rig_sum_open(&sum, "failover");
    cases_run(&sum, one_failover, NULL, count);
    rig_print(&sum);
    printf("failover     %zu failovers, %d ms behind: %zu acknowledged jobs "
           "were gone; reconcile named each, and enqueued it\n",
           count, BEHIND_MS, sum.missed);
    if (!rig_is_sound(&sum))
        ck_abort_msg("figures that must be zero are not");
}
END_TEST

const TTest *scenario_failover(void)
{
    return what_a_failover_loses_is_named_and_enqueued_again;
}
