/* Redis dies without warning under load and comes back on the same data. */
#include "faults/rig.h"
#include "faults/scenario.h"

enum { SERVICES = 2, PER_SECOND = 500, SPAN_MS = 1500 };

START_TEST(a_killed_redis_loses_nothing_that_it_acknowledged)
{
    struct rig *r = rig_open("redis_kill", rig_seed(), "always");
    unsigned kills = rig_pick(1, 5, 200);

    for (unsigned n = 0; n < SERVICES; n++)
        (void)rig_start(r, NULL);
    rig_wait_leases(r, SERVICES);
    rig_load(r, "ssosssrsod", kills * PER_SECOND * 2, PER_SECOND);
    while (rig_loading(r) || r->faults < kills) {
        rig_pass(r, SPAN_MS / 2 + rig_roll(r, SPAN_MS));
        if (r->faults < kills)
            rig_kill_redis(r);
    }
    rig_finish(&r);
}
END_TEST

const TTest *scenario_redis_kill(void)
{
    return a_killed_redis_loses_nothing_that_it_acknowledged;
}
