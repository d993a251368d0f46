/* At each failpoint the service dies, stands still, sleeps past its lease, or
 * is told that something failed; another one finishes what it leaves. A
 * failpoint that is not reached fails the run. */
#include "faults/binaries.h"
#include "faults/cases.h"
#include "faults/launch.h"
#include "faults/outage.h"
#include "faults/places.h"
#include "faults/scenario.h"
#include "faults/suspects.h"

#include "base/clock.h"
#include "support/wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACTIONS = 4, JOBS = 6, REACH_MS = 10000, LIMIT_MS = 20000 };

static const char *const actions[ACTIONS] = {"die", "error", "sleep:1500",
                                             "stop"};

struct failures {
    struct places places;
    struct temp_path dir; /* of the logs */
    unsigned actions;     /* of each place; fewer than all: by the seed */
    uint64_t seed;
};

struct victim {
    struct rig *rig;
    const char *place, *action;
    struct temp_path log;
    unsigned slot;
};

static bool is_place(const struct victim *v, const char *name)
{
    return strcmp(v->place, name) == 0;
}

/* Jobs that come by there: "h" stay in their call. */
static const char *kinds_of(const struct victim *v)
{
    static const char *const at_gates[] = {"entering", "parking", "taking",
                                           "taken",    "telling", "told"};

    if (is_place(v, "handing_back") || is_place(v, "leaving"))
        return "h";
    for (size_t i = 0; i < sizeof at_gates / sizeof *at_gates; i++)
        if (is_place(v, at_gates[i]))
            return "ctctct";
    return "osrood";
}

static void await_calls(struct rig *r)
{
    struct waiter w = waiter_start(REACH_MS);

    while (receiver_waiting(r->receiver) == 0 && waiter_pause(&w))
        watch_poll(r->watch);
}

/* Jobs in the hands of one that died. */
static void leave_behind(struct rig *r)
{
    unsigned other = rig_start(r, NULL);

    rig_wait_leases(r, 1);
    receiver_hold(r->receiver, true);
    rig_push(r, "h", 0, JOBS);
    await_calls(r);
    rig_kill(r, other);
    receiver_hold(r->receiver, false);
}

static void start(struct victim *v)
{
    char rule[80], log[560];
    const char *const env[] = {rule, log, NULL};
    const struct launch service = {.binary = FAILPOINTS_BINARY, .env = env};

    (void)snprintf(rule, sizeof rule, "EXTQ_FAILPOINT=%s=%s", v->place,
                   v->action);
    (void)snprintf(log, sizeof log, "EXTQ_FAILPOINT_LOG=%s", v->log.text);
    v->slot = launch(v->rig, &service);
}

/* What brings the service to the place. */
static void lead(struct victim *v)
{
    struct rig *r = v->rig;
    const char *kinds = kinds_of(v);
    bool ends = kinds[0] == 'h';

    if (is_place(v, "reclaiming")) {
        leave_behind(r);
        start(v);
        return;
    }
    receiver_hold(r->receiver, ends);
    rig_push(r, kinds, 0, JOBS);
    if (is_place(v, "isolating"))
        suspects_make(r);
    start(v);
    if (!ends)
        return;
    await_calls(r);
    process_signal(r->services[v->slot], SIGTERM);
    process_signal(r->services[v->slot], SIGINT);
}

static bool reached(const struct victim *v)
{
    char *text, *line;
    size_t len = strlen(v->place);
    bool found = false;

    if (access(v->log.text, R_OK) != 0)
        return false;
    text = temp_read(v->log.text);
    for (line = text; line && !found; line = strchr(line, '\n')) {
        line += *line == '\n';
        found = strncmp(line, v->place, len) == 0 && line[len] == '\n';
    }
    free(text);
    return found;
}

static void await(struct victim *v)
{
    struct waiter w = waiter_start(REACH_MS);

    while (!reached(v) && waiter_pause(&w))
        watch_poll(v->rig->watch);
    if (!reached(v)) {
        printf("failpoints   %s is not reached\n", v->place);
        v->rig->missed++;
        v->rig->unproven++;
    }
    if (strcmp(v->action, "die") == 0)
        while (!process_ended(v->rig->services[v->slot]) && waiter_pause(&w))
            ;
}

/* Another one does what is left; then what stood still may go on, and ends. */
static void relieve(struct victim *v)
{
    struct rig *r = v->rig;
    struct waiter w = waiter_start(LIMIT_MS);

    (void)rig_start(r, NULL);
    while (watch_open_jobs(r->watch) != 0 && waiter_pause(&w))
        watch_poll(r->watch);
    if (!process_ended(r->services[v->slot])) {
        process_signal(r->services[v->slot], SIGCONT);
        w = (struct waiter){.deadline_ms = clock_mono_ms() + 300};
        while (waiter_pause(&w))
            watch_poll(r->watch);
    }
    rig_kill(r, v->slot);
}

static void fail_once(const void *arg, size_t i, struct rig *ret)
{
    const struct failures *f = arg;
    size_t action = (i % f->actions + f->seed + i / f->actions) % ACTIONS;
    struct victim v = {.place = f->places.names[i / f->actions],
                       .action = actions[action]};
    char name[32];

    (void)snprintf(ret->note, sizeof ret->note, "%s=%s", v.place, v.action);
    (void)snprintf(name, sizeof name, "log-%zu", i);
    v.log = temp_join(&f->dir, name);
    v.rig = rig_open("failpoints", rig_seed() + i, "always");
    lead(&v);
    await(&v);
    receiver_hold(v.rig->receiver, false);
    /* Whatever it held can have been called, each time that it lost a lease. */
    v.rig->exposed += (size_t)JOBS * 2;
    relieve(&v);
    (void)rig_drain(v.rig, RIG_BOUND_MS);
    suspects_await_turn(v.rig);
    rig_settle(v.rig);
    memcpy(v.rig->note, ret->note, sizeof ret->note);
    *ret = *v.rig;
    rig_close(&v.rig);
}

START_TEST(a_failure_at_any_place_loses_nothing)
{
    static struct failures f;
    struct rig sum;
    size_t count;

    rig_sum_open(&sum, "failpoints");
    places_read(&f.places);
    f.dir = temp_dir();
    f.seed = sum.seed;
    f.actions = rig_pick(1, ACTIONS, ACTIONS);
    count = f.places.count * f.actions;
    for (unsigned n = 0; n < rig_pick(1, 1, 20); n++)
        cases_run(&sum, fail_once, &f, count);
    rig_sum_finish(&sum, count);
}
END_TEST

const TTest *scenario_failpoints(void)
{
    return a_failure_at_any_place_loses_nothing;
}
