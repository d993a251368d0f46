/* Which setting of Redis survives which failure: each cell of the table in
 * README.md, measured under load. All jobs that Redis acknowledged are at
 * stake: but for the service's own death, nothing takes them out before. */
#include "faults/cases.h"
#include "faults/failover.h"
#include "faults/missing.h"
#include "faults/powercut.h"
#include "faults/scenario.h"

#include "base/clock.h"
#include "support/wait.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PER_SECOND = 1000,
    BEFORE_MS = 1000,
    AFTER_MS = 500,
    LOOK_MS = 20,
    LATE_MS = 150
};

enum setting { ALWAYS, EVERYSEC, NO_AOF, SETTINGS };
enum failure { SERVICE, REDIS, POWER, FAILOVER, LATE, FAILURES };

static const char *const settings[SETTINGS] = {"always", "everysec", "no AOF"};
static const char *const failures[FAILURES] = {"service kill -9",
                                               "redis kill -9", "power cut",
                                               "failover", "failover, late"};

struct cell {
    enum setting setting;
    enum failure failure;
    struct rig *rig;
    struct powercut power;
    struct failover failover;
    int64_t struck_us;
    size_t acked, lost, worst;
    int64_t worst_ms; /* the age of the oldest job lost, at the failure */
};

static int remove_entry(const char *path, const struct stat *status, int kind,
                        struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    (void)remove(path);
    return 0;
}

static void begin(struct cell *c, uint64_t seed)
{
    struct rig *r;

    powercut_prepare(&c->power);
    r = c->rig = rig_open("durability", seed,
                          c->setting == EVERYSEC ? "everysec" : "always");
    powercut_begin(&c->power, r);
    if (c->setting == NO_AOF) {
        (void)redis_server_ask(r->redis, "CONFIG", "SET", "appendonly", "no",
                               NULL);
        (void)nftw(c->power.data.text, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
    if (c->failure >= FAILOVER)
        failover_open(&c->failover, r);
    if (c->failure != SERVICE)
        return;
    (void)rig_start(r, NULL);
    rig_wait_leases(r, 1);
}

/* Without a look at Redis, which would choose the moment. */
static void let_pass(int64_t ms)
{
    struct waiter w = {.deadline_ms = clock_mono_ms() + ms};

    while (waiter_pause(&w))
        ;
}

static void strike(struct cell *c)
{
    struct rig *r = c->rig;

    c->struck_us = clock_mono_us();
    switch (c->failure) {
    case SERVICE:
        rig_kill(r, 0);
        (void)rig_start(r, NULL);
        break;
    case REDIS:
        redis_server_kill(r->redis);
        redis_server_start_again(r->redis);
        break;
    case POWER:
        if (c->setting == NO_AOF)
            redis_server_kill(r->redis);
        else
            powercut_cut(&c->power, r);
        powercut_start_again(&c->power, r);
        break;
    case LATE:
        /* So long the replica has not got what was acknowledged. */
        (void)failover_part(&c->failover);
        let_pass(LATE_MS);
        c->struck_us = clock_mono_us();
        failover_move(&c->failover, r);
        break;
    case FAILOVER:
    default:
        failover_move(&c->failover, r);
        break;
    }
}

static void count(struct cell *c)
{
    struct rig *r = c->rig;
    struct missing missing;

    rig_settle(r);
    missing_read(&missing, r->folder.text);
    c->acked += r->figures.acked;
    c->lost += missing.count;
    if (missing.count > c->worst)
        c->worst = missing.count;
    if (missing.count > 0 &&
        (c->struck_us - missing.at_us[0]) / 1000 > c->worst_ms)
        c->worst_ms = (c->struck_us - missing.at_us[0]) / 1000;
    missing_clear(&missing);
    if (c->failure >= FAILOVER)
        failover_close(&c->failover);
    r->figures = (struct figures){0};
    rig_close(&c->rig);
}

/* Services' deaths and kills of Redis must lose nothing where it writes down
 * what it says; a power cut not where it waits for the disk as well. */
static bool must_keep(const struct cell *c)
{
    return c->failure == SERVICE || (c->failure == REDIS && !c->setting) ||
           (c->failure == POWER && c->setting == ALWAYS);
}

static bool measure(enum setting setting, enum failure failure)
{
    struct cell c = {.setting = setting, .failure = failure};
    unsigned times = rig_pick(1, 5, 20);
    unsigned jitter_ms = rig_pick(200, 2000, 2000);
    unsigned jobs = (BEFORE_MS + jitter_ms + AFTER_MS) * PER_SECOND / 1000;

    for (unsigned n = 0; n < times; n++) {
        begin(&c, rig_seed() + n);
        rig_load(c.rig, "o", jobs, PER_SECOND);
        let_pass(BEFORE_MS + rig_roll(c.rig, jitter_ms));
        strike(&c);
        while (rig_loading(c.rig))
            let_pass(LOOK_MS);
        if (failure == SERVICE)
            (void)rig_drain(c.rig, RIG_BOUND_MS);
        count(&c);
    }
    printf("durability   %-9s %-16s %3u times %7zu acked %6zu lost; the worst "
           "%6zu, back to %5lld ms %s\n",
           settings[setting], failures[failure], times, c.acked, c.lost,
           c.worst, (long long)c.worst_ms,
           must_keep(&c) && c.lost ? "WRONG" : "ok");
    (void)fflush(stdout);
    return !must_keep(&c) || c.lost == 0;
}

/* --case "everysec: power cut" is that cell alone. */
static void one_cell(const void *arg, size_t i, struct rig *ret)
{
    enum setting setting = (enum setting)(i / FAILURES);
    enum failure failure = (enum failure)(i % FAILURES);
    bool ok;

    (void)arg;
    (void)snprintf(ret->note, sizeof ret->note, "%s: %s", settings[setting],
                   failures[failure]);
    if (!case_is_wanted(ret))
        return;
    ok = measure(setting, failure);
    ret->note[0] = '\0';
    ret->crashed = 0;
    ret->unproven = !ok;
}

START_TEST(what_survives_what)
{
    struct rig sum;

    rig_sum_open(&sum, "durability");
    cases_run(&sum, one_cell, NULL, (size_t)SETTINGS * FAILURES);
    if (!rig_is_sound(&sum))
        ck_abort_msg("something was lost that must not be");
}
END_TEST

const TTest *scenario_durability(void)
{
    return what_survives_what;
}
