/* Parked jobs go as soon as something lets them, whoever parked them. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define PARKED "extq:{default}:parked:acme:on-new-lead"
#define GATES  "extq:{default}:gates"

/* A quarter of 16 slots is 4. */
#define SMALL                                                                  \
    "workers: 1\n"                                                             \
    "in_flight: 16\n"                                                          \
    "drain_timeout: 0\n"                                                       \
    "container_in_flight: 0\n"                                                 \
    "points: {default: {timeout: 5m}}\n"

static int64_t parked(struct world *w)
{
    return redis_server_count(w->redis, "LLEN", PARKED, NULL);
}

static struct ledger *calls(struct world *w)
{
    return peer_ledger(w->peer);
}

static void expect_ok(struct world *w, const char *command)
{
    struct process *p = extq_start(NULL, command, "-c", w->config.text,
                                   "--container", "acme", NULL);

    ck_assert_int_eq(process_wait(p, WORLD_LIMIT_MS), 0);
    process_close(&p);
}

START_TEST(another_service_takes_up_what_one_has_parked)
{
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_configure(w, SMALL);
    world_start(w);
    world_push_many(w, "job", 0, 10);
    wait_until(parked(w) == 6, WORLD_LIMIT_MS, "the rest to be parked");
    world_start(w);
    (void)ledger_wait(calls(w), "/lead", 8, WORLD_LIMIT_MS);
    wait_until(parked(w) == 2, WORLD_LIMIT_MS, "the others to stay");
    world_close(&w);
}
END_TEST

START_TEST(a_limit_that_a_reload_raises_lets_parked_jobs_go)
{
    struct world *w = world_open();
    struct process *s;

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_configure(w, SMALL);
    s = world_start(w);
    world_push_many(w, "job", 0, 30);
    wait_until(parked(w) == 26, WORLD_LIMIT_MS, "the rest to be parked");
    world_configure(w, "workers: 1\nin_flight: 64\ndrain_timeout: 0\n"
                       "container_in_flight: 0\n"
                       "points: {default: {timeout: 5m}}\n");
    process_signal(s, SIGHUP);
    (void)ledger_wait(calls(w), "/lead", 4 + 16, WORLD_LIMIT_MS);
    /* Those of the old configuration may have been handed back. */
    wait_until(parked(w) <= 14, WORLD_LIMIT_MS, "sixteen to be taken up");
    world_close(&w);
}
END_TEST

START_TEST(what_is_resumed_while_no_service_runs_goes_when_one_starts)
{
    struct world *w = world_open();
    struct process *s;

    world_configure(w, SMALL);
    expect_ok(w, "pause");
    s = world_start(w);
    world_push_many(w, "job", 0, 20);
    wait_until(redis_server_count(w->redis, "LLEN",
                                  "extq:{default}:parked:acme:", NULL) == 20,
               WORLD_LIMIT_MS, "the jobs to be parked");
    world_stop(w, s);
    expect_ok(w, "resume");
    world_start(w);
    world_expect_delivered(w, "job", 20);
    world_close(&w);
}
END_TEST

START_TEST(jobs_whose_gate_somebody_deleted_go_when_a_service_starts)
{
    struct world *w = world_open();
    struct process *s;

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_configure(w, SMALL);
    s = world_start(w);
    world_push_many(w, "job", 0, 20);
    wait_until(parked(w) == 16, WORLD_LIMIT_MS, "the jobs to be parked");
    world_stop(w, s);
    redis_server_ask(w->redis, "DEL", GATES, NULL);
    peer_on(w->peer, .path = "/lead");
    world_start(w);
    world_expect_delivered(w, "job", 20);
    wait_until(redis_server_count(w->redis, "HLEN", GATES, NULL) <= 2,
               WORLD_LIMIT_MS, "the gate to be forgotten");
    world_close(&w);
}
END_TEST

/* Redis's own count of how often the function was called. */
static int64_t called(struct world *w, const char *command)
{
    const char *text = redis_server_ask(w->redis, "INFO", "commandstats", NULL);
    const char *at = strstr(text, command);

    return at ? strtol(at + strlen(command), NULL, 10) : 0;
}

START_TEST(a_burst_of_a_tenant_that_waits_is_parked_in_few_steps_and_in_order)
{
    enum { MANY = 3000 };
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_configure(w, SMALL);
    world_push_many(w, "job", 0, MANY);
    world_start(w);
    wait_until(parked(w) == MANY - 4, WORLD_LIMIT_MS, "the rest to be parked");
    /* Through its slots they would take 12 at a time, and two calls each. */
    ck_assert_int_lt(called(w, "cmdstat_fcall:calls="), MANY / 12);
    for (unsigned n = 4; n < MANY; n += 499) {
        char at[16], id[32];

        (void)snprintf(at, sizeof at, "%u", n - 4);
        (void)snprintf(id, sizeof id, "\"job-%u\"", n);
        ck_assert_ptr_nonnull(
            strstr(redis_server_ask(w->redis, "LINDEX", PARKED, at, NULL), id));
    }
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.gates_wake", 60, another_service_takes_up_what_one_has_parked,
        a_limit_that_a_reload_raises_lets_parked_jobs_go,
        what_is_resumed_while_no_service_runs_goes_when_one_starts,
        jobs_whose_gate_somebody_deleted_go_when_a_service_starts,
        a_burst_of_a_tenant_that_waits_is_parked_in_few_steps_and_in_order);
}
