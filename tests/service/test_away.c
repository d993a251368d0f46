/* Redis goes, comes, forgets its functions, is full, hangs: the service waits
 * and goes on, and no job is lost. */
#include "base/clock.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

static bool has_said(struct process *s, const char *text)
{
    return strstr(process_err(s), text) != NULL;
}

static void wait_calls(struct world *w, size_t count)
{
    (void)ledger_wait(peer_ledger(w->peer), "/lead", count, WORLD_LIMIT_MS);
}

START_TEST(a_redis_that_is_killed_and_comes_back_costs_no_job)
{
    enum { COUNT = 1000 };
    struct world *w = world_open_durable();
    struct process *s;

    world_configure(w, "in_flight: 20\n");
    peer_on(w->peer, .path = "/lead", .delay_ms = 5);
    world_push_many(w, "job", 0, COUNT);
    s = world_start(w);
    for (size_t round = 1; round <= 3; round++) {
        wait_calls(w, round * 200);
        redis_server_kill(w->redis);
        redis_server_start_again(w->redis);
    }
    world_expect_delivered(w, "job", COUNT);
    ck_assert(!process_ended(s));
    world_stop(w, s);
    world_expect_delivered(w, "job", COUNT);
    world_close(&w);
}
END_TEST

START_TEST(a_redis_that_is_away_for_longer_than_the_lease_costs_no_job)
{
    enum { COUNT = 200 };
    struct world *w = world_open_durable();
    struct process *s;
    int64_t away_ms;

    world_configure(w, "lease: 1s\nin_flight: 20\n");
    peer_on(w->peer, .path = "/lead", .delay_ms = 100);
    world_push_many(w, "job", 0, COUNT);
    s = world_start(w);
    wait_calls(w, 40);
    redis_server_kill(w->redis);
    away_ms = clock_mono_ms();
    wait_until(has_said(s, "Redis is away"), WORLD_LIMIT_MS,
               "the service to notice");
    /* Past the lease's end by its own clock, it makes no call any more, and
     * hears that Redis is still away. */
    wait_until(clock_mono_ms() > away_ms + 1000, WORLD_LIMIT_MS,
               "the lease to end");
    redis_server_start_again(w->redis);
    world_expect_delivered(w, "job", COUNT);
    world_close(&w);
}
END_TEST

START_TEST(a_service_waits_for_a_redis_that_comes_later)
{
    struct world *w = world_open_durable();
    struct process *s;

    world_push_many(w, "job", 0, 10);
    redis_server_stop(w->redis);
    s = world_start(w);
    wait_until(has_said(s, "Redis is away"), WORLD_LIMIT_MS,
               "the service to say whom it waits for");
    redis_server_start_again(w->redis);
    world_expect_delivered(w, "job", 10);
    world_expect_calls(w, "job", 10, false);
    world_close(&w);
}
END_TEST

START_TEST(functions_that_were_flushed_are_loaded_again)
{
    enum { COUNT = 2000 };
    struct world *w = world_open();

    world_configure(w, "in_flight: 20\n");
    peer_on(w->peer, .path = "/lead", .delay_ms = 3);
    world_push_many(w, "job", 0, COUNT);
    world_start(w);
    world_start(w);
    for (size_t round = 1; round <= 3; round++) {
        wait_calls(w, round * 400);
        ck_assert_str_eq(redis_server_ask(w->redis, "FUNCTION", "FLUSH", NULL),
                         "OK");
    }
    world_expect_delivered(w, "job", COUNT);
    world_expect_calls(w, "job", COUNT, false);
    world_close(&w);
}
END_TEST

START_TEST(connections_that_are_cut_cost_no_job)
{
    enum { COUNT = 2000 };
    struct world *w = world_open();

    world_configure(w, "in_flight: 20\n");
    peer_on(w->peer, .path = "/lead", .delay_ms = 3);
    world_push_many(w, "job", 0, COUNT);
    world_start(w);
    for (size_t round = 1; round <= 5; round++) {
        wait_calls(w, round * 250);
        /* None may be there just now: they come back. */
        wait_until(redis_server_count(w->redis, "CLIENT", "KILL", "TYPE",
                                      "normal", "SKIPME", "yes", NULL) > 0,
                   WORLD_LIMIT_MS, "connections to be cut");
    }
    world_expect_delivered(w, "job", COUNT);
    world_close(&w);
}
END_TEST

START_TEST(an_idle_service_whose_connections_were_cut_hears_the_next_push)
{
    struct world *w = world_open();

    world_start(w);
    for (unsigned n = 0; n < 5; n++) {
        world_push_many(w, "job", n, 1);
        world_expect_delivered(w, "job", n + 1);
        redis_server_ask(w->redis, "CLIENT", "KILL", "TYPE", "normal", "SKIPME",
                         "yes", NULL);
    }
    world_expect_calls(w, "job", 5, false);
    world_close(&w);
}
END_TEST

START_TEST(a_redis_that_is_full_is_drained)
{
    enum { COUNT = 1000 };
    struct world *w = world_open();

    /* The functions cannot be loaded when it is full already. */
    world_push_many(w, "first", 0, 1);
    world_start(w);
    world_expect_delivered(w, "first", 1);
    world_stop(w, w->services[0]);
    world_push_many(w, "job", 0, COUNT);
    redis_server_ask(w->redis, "CONFIG", "SET", "maxmemory", "1", NULL);
    ck_assert_ptr_nonnull(strstr(
        redis_server_ask(w->redis, "LPUSH", "extq:{default}:jobs", "x", NULL),
        "OOM"));
    world_start(w);
    world_expect_delivered(w, "job", COUNT);
    world_expect_calls(w, "job", COUNT, false);
    world_close(&w);
}
END_TEST

START_TEST(a_redis_that_hangs_is_given_up_and_found_again)
{
    enum { COUNT = 300 };
    struct world *w = world_open();
    struct process *s;

    world_configure(w,
                    "redis: {url: \"%s\", reply_timeout: 200ms}\n"
                    "lease: 1s\nin_flight: 10\n",
                    redis_server_url(w->redis));
    peer_on(w->peer, .path = "/lead", .delay_ms = 10);
    world_push_many(w, "job", 0, COUNT);
    s = world_start(w);
    wait_calls(w, 50);
    redis_server_pause(w->redis);
    wait_until(has_said(s, "Redis is away"), WORLD_LIMIT_MS,
               "the service to give the connection up");
    redis_server_resume(w->redis);
    world_expect_delivered(w, "job", COUNT);
    world_close(&w);
}
END_TEST

START_TEST(everything_in_redis_may_be_flushed_and_the_service_goes_on)
{
    struct world *w = world_open();

    world_start(w);
    world_push_many(w, "a", 0, 10);
    world_expect_delivered(w, "a", 10);
    redis_server_ask(w->redis, "FLUSHALL", NULL);
    world_push_many(w, "b", 0, 10);
    world_expect_calls(w, "b", 10, false);
    wait_until(redis_server_count(w->redis, "XLEN", "extq:{default}:outcomes",
                                  NULL) == 10,
               WORLD_LIMIT_MS, "the outcomes");
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.away", 90, a_redis_that_is_killed_and_comes_back_costs_no_job,
        a_redis_that_is_away_for_longer_than_the_lease_costs_no_job,
        a_service_waits_for_a_redis_that_comes_later,
        functions_that_were_flushed_are_loaded_again,
        connections_that_are_cut_cost_no_job,
        an_idle_service_whose_connections_were_cut_hears_the_next_push,
        a_redis_that_is_full_is_drained,
        a_redis_that_hangs_is_given_up_and_found_again,
        everything_in_redis_may_be_flushed_and_the_service_goes_on);
}
