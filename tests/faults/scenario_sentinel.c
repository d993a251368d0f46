/* Behind Sentinels the primary is killed under load, again and again, half of
 * the time after its replicas heard no more of it for a while. Services follow
 * by themselves. What Redis lost, `extq reconcile` names; where producers wait
 * for a replica and a primary without one takes no writes, it is nothing. */
#include "faults/outage.h"
#include "faults/reconcile.h"
#include "faults/scenario.h"

#include "base/clock.h"
#include "support/sentinels.h"
#include "support/wait.h"

#include <stdio.h>

enum {
    SERVICES = 2,
    PER_SECOND = 200,
    LOAD_S = 6, /* for each kill */
    BATCH = 64, /* of the producer */
    BEHIND_MS = 150,
    PAUSE_MS = 500,
    LIMIT_MS = 60000,
};

struct following {
    struct rig *rig;
    struct sentinels *sentinels;
    int64_t worst_ms; /* from a primary that takes writes to jobs that end */
    int64_t away_ms;  /* the longest without such a primary */
};

/* What was seen by now is on a replica as well: it will have happened. */
static void catch_up(struct rig *r)
{
    (void)watch_number(r->watch, "INCR", "mark", NULL);
    (void)watch_number(r->watch, "DEL", "mark", NULL);
    if (watch_number(r->watch, "WAIT", "1", "10000") < 1)
        ck_abort_msg("no replica catches up");
}

/* Nothing is looked at from here on: what happens now may not have happened.
 * What is open, or comes meanwhile, may run twice. */
static void lose_primary(struct following *f)
{
    struct rig *r = f->rig;
    struct waiter w;
    int64_t from_ms, took_ms;

    rig_look(r);
    catch_up(r);
    from_ms = clock_mono_ms();
    r->exposed += (size_t)watch_open_jobs(r->watch);
    if (rig_roll(r, 2))
        sentinels_cut(f->sentinels);
    w = (struct waiter){.deadline_ms = clock_mono_ms() + BEHIND_MS};
    while (waiter_pause(&w))
        ;
    r->exposed += (size_t)(clock_mono_ms() - from_ms) * PER_SECOND / 1000;
    r->exposed += BATCH;
    took_ms = sentinels_kill_primary(f->sentinels);
    r->faults++;
    if (took_ms > f->away_ms)
        f->away_ms = took_ms;
    took_ms = outage_resume(r);
    if (took_ms > f->worst_ms)
        f->worst_ms = took_ms;
    sentinels_mend(f->sentinels);
}

static bool drained(struct rig *r)
{
    bool empty = watch_open_jobs(r->watch) == 0;

    /* Afterwards: this sees the end of the last job, too. */
    rig_look(r);
    return empty;
}

static void follow(struct following *f, unsigned kills)
{
    struct rig *r = f->rig;

    for (unsigned n = 0; n < SERVICES; n++)
        (void)rig_start(r, NULL);
    rig_wait_leases(r, SERVICES);
    /* None that is called twice by plan: F counts jobs, not calls. */
    rig_load(r, "ssod", kills * LOAD_S * PER_SECOND, PER_SECOND);
    while (r->faults < kills) {
        rig_pass(r, PAUSE_MS + rig_roll(r, 2 * PAUSE_MS));
        lose_primary(f);
    }
    outage_sit_out(r);
    wait_until(drained(r), LIMIT_MS, "the queue to be empty");
    /* With it was tried whether a primary takes writes. */
    (void)watch_number(r->watch, "DEL", "probe", NULL);
}

/* Returns how many acknowledged jobs Redis lost. */
static size_t run(const char *name, const char *settings, unsigned replicas)
{
    struct following f = {.sentinels = sentinels_open(settings)};
    size_t gone;

    f.rig = rig_open_at(name, rig_seed(), sentinels_url(f.sentinels));
    f.rig->replicas = replicas;
    follow(&f, rig_pick(1, 2, 20));
    gone = reconcile_lost(f.rig);
    /* They can have been called before they were forgotten. */
    f.rig->exposed += gone;
    printf("%-12s %zu kills, a primary again within %lld ms, jobs end within "
           "%lld ms of that; %zu acknowledged jobs were gone, and reconcile "
           "named exactly those\n",
           name, f.rig->faults, (long long)f.away_ms, (long long)f.worst_ms,
           gone);
    rig_finish(&f.rig);
    sentinels_close(&f.sentinels);
    return gone;
}

START_TEST(services_follow_and_what_a_failover_lost_is_named)
{
    (void)run("sentinel", "appendonly yes\n", 0);
}
END_TEST

START_TEST(with_waiting_producers_a_failover_loses_nothing)
{
    ck_assert_uint_eq(run("sentinel_wait",
                          "appendonly yes\nmin-replicas-to-write 1\n"
                          "min-replicas-max-lag 10\n",
                          1),
                      0);
}
END_TEST

const TTest *scenario_sentinel(void)
{
    return services_follow_and_what_a_failover_lost_is_named;
}

const TTest *scenario_sentinel_wait(void)
{
    return with_waiting_producers_a_failover_loses_nothing;
}
