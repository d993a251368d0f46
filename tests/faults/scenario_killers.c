/* Jobs that make the process crash that works on them. Each is given up on
 * after the configured claims; all others are delivered, and none of them is
 * blamed. */
#include "faults/binaries.h"
#include "faults/launch.h"
#include "faults/outage.h"
#include "faults/scenario.h"
#include "faults/suspects.h"

#include "support/wait.h"

#include <stdio.h>
#include <string.h>

enum {
    SERVICES = 2,
    /* Neighbours come before them, and their ids begin otherwise. */
    FIRST = 700000,
    NEIGHBOURS = 60,
    NEIGHBOURS_MAX = 6000,
    LIMIT_MS = 60000,
    MAX_CLAIMS = 5,
};

static const char *const places[] = {"judging", "calling"};

/* Starts what died again. Each death is a fault, and what it held exposed. */
static void look_after(struct rig *r, const char *const *env)
{
    const struct launch service = {.binary = FAILPOINTS_BINARY, .env = env};

    watch_poll(r->watch);
    for (unsigned n = 0; n < RIG_SERVICES; n++)
        if (r->services[n] && process_ended(r->services[n])) {
            rig_bury(r, n);
            (void)launch(r, &service);
        }
}

/* Outcomes whose class is worker_killer: of killers, or of others. */
static int64_t count_buried(struct rig *r, bool killers)
{
    static const char script[] =
        "local n = 0 "
        "for _, e in ipairs(redis.call('XRANGE', 'extq:{default}:outcomes', "
        "ARGV[1], '+')) do local f = {} "
        "for i = 1, #e[2], 2 do f[e[2][i]] = e[2][i + 1] end "
        "local killer = string.sub(f.id, 1, 6) == 'j-7000' "
        "if f.class == 'worker_killer' and killer == (ARGV[2] == '1') "
        "then n = n + 1 end end return n";

    return redis_server_count(r->redis, "EVAL", script, "0", "-",
                              killers ? "1" : "0", NULL);
}

static void run_killers(struct rig *r, const char *const *env, unsigned first,
                        unsigned count)
{
    struct waiter w = waiter_start(LIMIT_MS);

    rig_push(r, "o", FIRST + first, count);
    while (watch_open_jobs(r->watch) != 0 ||
           watch_number(r->watch, "LLEN", "extq:{default}:suspects", NULL) >
               0) {
        look_after(r, env);
        if (!waiter_pause(&w))
            ck_abort_msg("killers are not given up on; ledgers in %s",
                         r->folder.text);
    }
}

/* Each died of it max_claims times, and perhaps once more for each process
 * that held it without having come to it. */
static void judge(struct rig *r, unsigned killers)
{
    int64_t buried = count_buried(r, true), blamed = count_buried(r, false);
    size_t deaths = r->faults;

    printf("killers      %lld of %u buried, %lld neighbours blamed, "
           "%zu deaths\n",
           (long long)buried, killers, (long long)blamed, deaths);
    if (buried != killers || blamed != 0 || deaths > killers * MAX_CLAIMS)
        r->figures.contradictory++;
    r->missed += killers - (size_t)buried + (size_t)blamed;
    if (r->missed > 0)
        r->unproven++;
}

START_TEST(a_job_that_kills_its_worker_is_given_up_on_alone)
{
    struct rig *r = rig_open("killers", rig_seed(), "always");
    unsigned killers = rig_pick(1, 3, 100);
    char rules[80];
    const char *const env[] = {rules, NULL};
    const struct launch service = {.binary = FAILPOINTS_BINARY, .env = env};

    (void)snprintf(rules, sizeof rules, "EXTQ_FAILPOINT=%s@j-7000=die",
                   places[rig_roll(r, 2)]);
    for (unsigned n = 0; n < SERVICES; n++)
        (void)launch(r, &service);
    rig_wait_leases(r, SERVICES);
    for (unsigned n = 0; n < killers; n++) {
        rig_push(r, "ssosrssood", n * NEIGHBOURS, NEIGHBOURS / 2);
        run_killers(r, env, n, 1);
        rig_push(r, "ssosrssood", n * NEIGHBOURS + NEIGHBOURS / 2,
                 NEIGHBOURS / 2);
    }
    while (rig_drain(r, 100) == false && r->drain_ms < RIG_BOUND_MS)
        look_after(r, env);
    judge(r, killers);
    suspects_await_turn(r);
    rig_finish(&r);
}
END_TEST

const TTest *scenario_killers(void)
{
    return a_job_that_kills_its_worker_is_given_up_on_alone;
}
