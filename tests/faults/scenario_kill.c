/* Services die at random under load, and are started again at once. */
#include "faults/rig.h"
#include "faults/scenario.h"

#include "base/clock.h"

enum { SERVICES = 3, PER_SECOND = 1000 };

/* Spread over the load: waits of half to one and a half of the mean. */
static int64_t next_kill(struct rig *r, unsigned mean_ms)
{
    return clock_mono_ms() + mean_ms / 2 + rig_roll(r, mean_ms);
}

START_TEST(killed_services_lose_nothing)
{
    struct rig *r = rig_open("kill", rig_seed(), "always");
    unsigned jobs = rig_pick(2000, 20000, 1000000);
    unsigned kills = rig_pick(4, 40, 1000);
    unsigned mean_ms = jobs * 1000 / PER_SECOND / (kills + 1);
    int64_t kill_ms;

    for (unsigned n = 0; n < SERVICES; n++)
        (void)rig_start(r, NULL);
    rig_wait_leases(r, SERVICES);
    rig_load(r, "ssosssrsod", jobs, PER_SECOND);
    kill_ms = next_kill(r, mean_ms);
    while (rig_loading(r) || r->faults < kills) {
        rig_pass(r, 10);
        if (r->faults >= kills || clock_mono_ms() < kill_ms)
            continue;
        rig_kill(r, rig_roll(r, SERVICES));
        (void)rig_start(r, NULL);
        kill_ms = next_kill(r, mean_ms);
    }
    rig_finish(&r);
}
END_TEST

const TTest *scenario_kill(void)
{
    return killed_services_lose_nothing;
}
