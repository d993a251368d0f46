/* How a service ends: it finishes what it has begun, hands the rest back at
 * once, and leaves nothing behind. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static int64_t count_waiting(struct world *w)
{
    return redis_server_count(w->redis, "LLEN", "extq:{default}:jobs", NULL);
}

static int64_t count_later(struct world *w)
{
    return redis_server_count(w->redis, "ZCARD", "extq:{default}:later", NULL);
}

static bool has_said(struct process *s, const char *text)
{
    return strstr(process_err(s), text) != NULL;
}

/* A world with so many jobs hanging in calls of the first service. */
static struct world *hanging(const char *config, unsigned count)
{
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_configure(w, "%s", config);
    world_start(w);
    world_push_many(w, "job", 0, count);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", count, WORLD_LIMIT_MS);
    return w;
}

/* Another service, whose calls are answered, has nothing to wait for. */
static void expect_claimable(struct world *w, unsigned count)
{
    const char *keys = world_keys(w);

    ck_assert_int_eq(count_later(w), (int64_t)count);
    ck_assert_msg(!strstr(keys, ":held:") && !strstr(keys, ":leases"), "%s",
                  keys);
    peer_on(w->peer, .path = "/lead");
    world_start(w);
    world_expect_delivered(w, "job", count);
}

START_TEST(sigterm_lets_calls_end_and_claims_nothing_more)
{
    struct world *w = world_open();
    struct process *s;

    peer_on(w->peer, .path = "/lead", .delay_ms = 500);
    world_configure(w, "workers: 1\nin_flight: 10\n");
    s = world_start(w);
    world_push_many(w, "job", 0, 10);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 10, WORLD_LIMIT_MS);
    process_signal(s, SIGTERM);
    wait_until(has_said(s, "stopping"), WORLD_LIMIT_MS, "the stop to begin");
    world_push_many(w, "late", 0, 5);
    process_expect(s, 0, WORLD_LIMIT_MS);
    world_expect_delivered(w, "job", 10);
    ck_assert_int_eq(count_waiting(w), 5);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 10);
    world_close(&w);
}
END_TEST

START_TEST(ctrl_c_stops_as_sigterm_does)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    world_wait_leases(w, 1);
    process_signal(s, SIGINT);
    process_expect(s, 0, WORLD_LIMIT_MS);
    ck_assert(has_said(s, "msg=stopped\n"));
    world_close(&w);
}
END_TEST

START_TEST(what_hangs_is_handed_back_when_the_drain_time_is_over)
{
    struct world *w = hanging("drain_timeout: 100ms\n", 20);

    world_stop(w, w->services[0]);
    expect_claimable(w, 20);
    world_close(&w);
}
END_TEST

START_TEST(a_second_signal_hands_back_now)
{
    struct world *w = hanging("drain_timeout: 1h\n", 20);
    struct process *s = w->services[0];

    process_signal(s, SIGTERM);
    wait_until(has_said(s, "stopping"), WORLD_LIMIT_MS, "the stop to begin");
    process_signal(s, SIGTERM);
    process_expect(s, 0, WORLD_LIMIT_MS);
    ck_assert(has_said(s, "second signal"));
    expect_claimable(w, 20);
    world_close(&w);
}
END_TEST

START_TEST(what_was_handed_back_has_spent_no_attempt)
{
    struct world *w = hanging("drain_timeout: 0\n", 1);
    const struct peer_request *r;

    world_stop(w, w->services[0]);
    expect_claimable(w, 1);
    r = ledger_at(peer_ledger(w->peer), "/lead", 1);
    ck_assert_str_eq(request_header(r, "extq-attempt"), "1");
    ck_assert_uint_eq(journal_count(w->journal, "job-0"), 1);
    world_close(&w);
}
END_TEST

START_TEST(a_stop_under_load_loses_nothing_and_repeats_nothing)
{
    enum { COUNT = 3000 };
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead", .delay_ms = 2);
    world_push_many(w, "job", 0, COUNT);
    for (size_t round = 1; round <= 3; round++) {
        world_start(w);
        (void)ledger_wait(peer_ledger(w->peer), "/lead", round * 500,
                          WORLD_LIMIT_MS);
        world_stop(w, w->services[0]);
    }
    world_start(w);
    world_expect_delivered(w, "job", COUNT);
    world_expect_calls(w, "job", COUNT, false);
    world_close(&w);
}
END_TEST

START_TEST(a_stop_while_redis_is_away_ends_all_the_same)
{
    struct world *w = hanging("drain_timeout: 100ms\n", 3);
    struct process *s = w->services[0];

    redis_server_kill(w->redis);
    wait_until(has_said(s, "Redis is away"), WORLD_LIMIT_MS,
               "the service to notice");
    process_signal(s, SIGTERM);
    process_expect(s, 0, WORLD_LIMIT_MS);
    redis_server_start_again(w->redis);
    world_close(&w);
}
END_TEST

START_TEST(a_stop_at_once_after_the_start_ends_in_order)
{
    struct world *w = world_open();

    world_push_many(w, "job", 0, 200);
    for (int round = 0; round < 5; round++)
        world_stop(w, world_start(w));
    world_start(w);
    world_expect_delivered(w, "job", 200);
    world_expect_calls(w, "job", 200, false);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.stop", 60,
                     sigterm_lets_calls_end_and_claims_nothing_more,
                     ctrl_c_stops_as_sigterm_does,
                     what_hangs_is_handed_back_when_the_drain_time_is_over,
                     a_second_signal_hands_back_now,
                     what_was_handed_back_has_spent_no_attempt,
                     a_stop_under_load_loses_nothing_and_repeats_nothing,
                     a_stop_while_redis_is_away_ends_all_the_same,
                     a_stop_at_once_after_the_start_ends_in_order);
}
