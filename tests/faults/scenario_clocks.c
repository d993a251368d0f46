/* Clocks jump, by up to a day, forth and back: those of the services, that of
 * Redis, or both. */
#include "faults/fake_clock.h"
#include "faults/outage.h"
#include "faults/scenario.h"

#include "support/wait.h"

enum { SERVICES = 2, PER_SECOND = 300, SPAN_MS = 1000, DAY_S = 86400 };

static unsigned start(struct rig *r, const struct fake_clock *c)
{
    unsigned slot;

    fake_clock_use(c, true);
    slot = rig_start(r, NULL);
    fake_clock_use(c, false);
    return slot;
}

static int64_t roll_jump(struct rig *r)
{
    return (int64_t)rig_roll(r, 2 * DAY_S + 1) - DAY_S;
}

/* Nobody has a lease but those that run: what the dead held is free again. */
static void expect_reclaimed(struct rig *r)
{
    struct waiter w = waiter_start(RIG_BOUND_MS);

    while (watch_number(r->watch, "ZCARD", "extq:{default}:leases", NULL) !=
           SERVICES) {
        rig_look(r);
        if (!waiter_pause(&w))
            ck_abort_msg("a dead service's lease does not end; ledgers in %s",
                         r->folder.text);
    }
}

/* With each one a service dies: its lease, and its jobs, are still of the time
 * before. */
static void jump(struct rig *r, struct fake_clock *redis,
                 struct fake_clock *host)
{
    int64_t to_s = roll_jump(r);
    unsigned whose = (unsigned)r->faults % 3;

    rig_look(r);
    r->exposed += watch_held(r->watch, 0);
    rig_kill(r, (unsigned)r->faults % SERVICES);
    if (whose != 0)
        *redis->ahead_s = to_s;
    if (whose != 1)
        *host->ahead_s = to_s;
    (void)start(r, host);
    (void)outage_resume(r);
    expect_reclaimed(r);
}

static bool finish(struct rig *r)
{
    bool sound;

    (void)rig_drain(r, RIG_BOUND_MS);
    rig_settle(r);
    /* It is judged by the times of the stream's entries, which do not go back
     * with the clock. */
    r->figures.stale_accepted = 0;
    rig_print(r);
    sound = rig_is_sound(r);
    rig_close(&r);
    return sound;
}

static void expect_faked(struct rig *r, struct fake_clock *redis)
{
    int64_t before, after;

    before = redis_server_count(r->redis, "TIME", NULL);
    *redis->ahead_s = DAY_S;
    after = redis_server_count(r->redis, "TIME", NULL);
    *redis->ahead_s = 0;
    if (after - before < DAY_S - 10 || after - before > DAY_S + 10)
        ck_abort_msg("the clock of Redis cannot be set");
}

START_TEST(clocks_that_jump_lose_nothing)
{
    struct fake_clock redis, host;
    struct rig *r;
    unsigned jumps = rig_pick(2, 4, 100);

    fake_clock_open(&redis);
    fake_clock_open(&host);
    fake_clock_use(&redis, true);
    r = rig_open("clocks", rig_seed(), "always");
    fake_clock_use(&redis, false);
    expect_faked(r, &redis);
    for (unsigned n = 0; n < SERVICES; n++)
        (void)start(r, &host);
    rig_wait_leases(r, SERVICES);
    rig_load(r, "ssosssrsod", jumps * PER_SECOND * 2, PER_SECOND);
    while (rig_loading(r) || r->faults < jumps) {
        rig_pass(r, SPAN_MS / 2 + rig_roll(r, SPAN_MS));
        if (r->faults < jumps)
            jump(r, &redis, &host);
    }
    if (!finish(r))
        ck_abort_msg("figures that must be zero are not");
}
END_TEST

const TTest *scenario_clocks(void)
{
    return clocks_that_jump_lose_nothing;
}
