/* The power of Redis's machine fails under load: what was not synced is gone,
 * and the file ends somewhere in it, at times within a transaction that moves
 * jobs out of a backlog, for the next start but one to stumble over. With
 * appendfsync always nothing that was acknowledged is lost. What everysec
 * loses: see scenario_durability.c. */
#include "faults/outage.h"
#include "faults/powercut.h"
#include "faults/scenario.h"

#include <inttypes.h>
#include <stdio.h>

enum { SERVICES = 2, PER_SECOND = 500, SPAN_MS = 1500 };

static struct rig *open_rig(struct powercut *p)
{
    struct rig *r;

    powercut_prepare(p);
    r = rig_open("power_cut", rig_seed(), "always");
    powercut_begin(p, r);
    for (unsigned n = 0; n < SERVICES; n++)
        (void)rig_start(r, NULL);
    rig_wait_leases(r, SERVICES);
    return r;
}

START_TEST(a_power_cut_loses_nothing_that_was_acknowledged)
{
    struct powercut power;
    struct rig *r = open_rig(&power);
    unsigned cuts = rig_pick(1, 5, 100);

    rig_load(r, "bbobbbrbod", cuts * PER_SECOND * 2, PER_SECOND);
    while (rig_loading(r) || r->faults < cuts) {
        rig_pass(r, SPAN_MS / 2 + rig_roll(r, SPAN_MS));
        if (r->faults >= cuts)
            continue;
        powercut_strike(&power, r);
        (void)outage_resume(r);
    }
    printf("power_cut    %" PRId64 " bytes were not synced, of which %" PRId64
           " are gone\n",
           power.unsynced, power.forgotten);
    rig_finish(&r);
}
END_TEST

const TTest *scenario_power_cut(void)
{
    return a_power_cut_loses_nothing_that_was_acknowledged;
}
