/* Services are stopped in order, one after the other, at random moments and
 * under load; each hands back what it cannot finish. */
#include "faults/rig.h"
#include "faults/scenario.h"

enum { SERVICES = 3, PER_SECOND = 600, SPAN_MS = 500 };

START_TEST(a_rolling_restart_loses_and_repeats_nothing)
{
    struct rig *r = rig_open("drain", rig_seed(), "always");
    unsigned stops = rig_pick(2, 10, 1000);

    for (unsigned n = 0; n < SERVICES; n++)
        (void)rig_start(r, NULL);
    rig_wait_leases(r, SERVICES);
    rig_load(r, "ssosssrsod", stops * PER_SECOND, PER_SECOND);
    while (rig_loading(r) || r->faults < stops) {
        rig_pass(r, SPAN_MS / 2 + rig_roll(r, SPAN_MS));
        if (r->faults >= stops)
            continue;
        rig_stop(r, (unsigned)r->faults % SERVICES);
        r->faults++;
        (void)rig_start(r, NULL);
    }
    rig_finish(&r);
}
END_TEST

const TTest *scenario_drain(void)
{
    return a_rolling_restart_loses_and_repeats_nothing;
}
