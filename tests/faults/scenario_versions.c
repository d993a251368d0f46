/* Two versions of the function library at work side by side: services are
 * replaced one by one, under load, each by one of the other version. */
#include "faults/binaries.h"
#include "faults/launch.h"
#include "faults/outage.h"
#include "faults/scenario.h"

#include <string.h>

enum { SERVICES = 3, PER_SECOND = 500, SPAN_MS = 500 };

static unsigned start(struct rig *r, size_t turn)
{
    const struct launch version = {.binary = turn % 2 ? OTHER_BINARY : NULL};

    return launch(r, &version);
}

/* Both are there, and nothing else. */
static void expect_both(struct rig *r)
{
    const char *list = redis_server_ask(r->redis, "FUNCTION", "LIST", NULL);
    size_t count = 0;

    for (const char *c = strstr(list, "library_name"); c;
         c = strstr(c + 1, "library_name"))
        count++;
    if (count != 2)
        ck_abort_msg("%zu libraries, not 2: %s", count, list);
}

START_TEST(two_versions_of_the_functions_share_a_queue)
{
    struct rig *r = rig_open("versions", rig_seed(), "always");
    unsigned swaps = rig_pick(2, 10, 1000);
    size_t turn = 0;

    for (; turn < SERVICES; turn++)
        (void)start(r, turn);
    rig_wait_leases(r, SERVICES);
    rig_load(r, "ssosssrsod", swaps * PER_SECOND, PER_SECOND);
    while (rig_loading(r) || r->faults < swaps) {
        rig_pass(r, SPAN_MS / 2 + rig_roll(r, SPAN_MS));
        if (r->faults >= swaps)
            continue;
        rig_stop(r, (unsigned)r->faults % SERVICES);
        r->faults++;
        (void)start(r, turn++);
    }
    expect_both(r);
    rig_finish(&r);
}
END_TEST

const TTest *scenario_versions(void)
{
    return two_versions_of_the_functions_share_a_queue;
}
