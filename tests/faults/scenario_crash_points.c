/* The service dies at each command that it sends to Redis on each path: before
 * it is passed on, before its reply, after its reply. Another one finishes. */
#include "faults/cases.h"
#include "faults/paths.h"
#include "faults/scenario.h"

#include "support/wait.h"

#include <check.h>
#include <stdio.h>

enum { PHASES = 3, STRIKE_MS = 7000 };

struct crashes {
    struct steps steps;
    unsigned stride, offset; /* every stride-th case */
};

static const char *const phases[PHASES] = {"before", "after", "after reply"};

/* True when the rule struck, and the service is dead. */
static bool await_death(struct passage *p)
{
    struct process *service = p->rig->services[p->slot];
    struct waiter w = waiter_start(STRIKE_MS);

    while (!process_ended(service) && waiter_pause(&w))
        watch_poll(p->rig->watch);
    return proxy_struck(p->proxy) > 0 && process_ended(service);
}

static void crash(const void *arg, size_t i, struct rig *ret)
{
    const struct crashes *c = arg;
    size_t at = i * c->stride + c->offset;
    const struct step *step = &c->steps.at[at / PHASES];
    const struct proxy_rule rule = {.command = step->command,
                                    .nth = step->nth,
                                    .when = (enum proxy_when)(at % PHASES),
                                    .act = PROXY_KILL};
    struct passage p;

    (void)snprintf(ret->note, sizeof ret->note, "%s: killed %s %s %u",
                   path_name(step->path), phases[at % PHASES], step->command,
                   step->nth);
    if (!case_is_wanted(ret))
        return;
    path_begin(&p, "crash_points", step->path, &rule);
    path_go(&p, step->path);
    if (await_death(&p)) {
        rig_bury(p.rig, p.slot);
    } else {
        printf("not struck: %s\n", ret->note);
        p.rig->missed++;
        proxy_rule(p.proxy, NULL);
        if (path_is_dead(&p))
            rig_stop(p.rig, p.slot);
    }
    (void)rig_start(p.rig, NULL);
    (void)rig_drain(p.rig, RIG_BOUND_MS);
    path_end(&p, ret);
}

START_TEST(a_crash_at_any_command_loses_nothing)
{
    static struct crashes c;
    struct rig sum;
    size_t count;

    rig_sum_open(&sum, "crash_points");
    paths_walk(&c.steps);
    c.stride = rig_pick(10, 1, 1);
    c.offset = c.stride > 1 ? (unsigned)(sum.seed % c.stride) : 0;
    count = c.steps.count * PHASES;
    count = count > c.offset ? (count - c.offset + c.stride - 1) / c.stride : 0;
    for (unsigned n = 0; n < rig_pick(1, 1, 20); n++)
        cases_run(&sum, crash, &c, count);
    rig_sum_finish(&sum, count);
}
END_TEST

const TTest *scenario_crash_points(void)
{
    return a_crash_at_any_command_loses_nothing;
}
