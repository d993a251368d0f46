/* Limits: what is above them waits in Redis, in order, and holds nobody up. */
#include "base/clock.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define PARKED "extq:{default}:parked:acme:on-new-lead"
#define GATES  "extq:{default}:gates"

static int64_t parked(struct world *w)
{
    return redis_server_count(w->redis, "LLEN", PARKED, NULL);
}

/* The most requests that were open at once, if each was answered that long
 * after it came: the service saw each for longer. */
static unsigned most_at_once(struct world *w, int64_t each_us)
{
    struct ledger *l = peer_ledger(w->peer);
    size_t count = ledger_count(l, "/lead");
    unsigned most = 0;

    for (size_t i = 0; i < count; i++) {
        int64_t at_us = ledger_at(l, "/lead", i)->at_us;
        unsigned open = 0;

        for (size_t n = 0; n < count; n++) {
            int64_t other_us = ledger_at(l, "/lead", n)->at_us;

            open += other_us <= at_us && at_us < other_us + each_us;
        }
        most = open > most ? open : most;
    }
    return most;
}

START_TEST(a_limit_over_two_services_is_never_exceeded)
{
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead", .delay_ms = 30);
    world_configure(w, "points: {default: {in_flight: 4}}\n");
    world_start(w);
    world_start(w);
    world_wait_leases(w, 2);
    world_push_many(w, "job", 0, 400);
    world_expect_delivered(w, "job", 400);
    ck_assert_uint_eq(journal_count(w->journal, NULL), 400);
    ck_assert_uint_le(most_at_once(w, 20000), 4);
    wait_until(parked(w) == 0 &&
                   redis_server_count(w->redis, "HLEN", GATES, NULL) <= 2,
               WORLD_LIMIT_MS, "the gate to be forgotten");
    world_close(&w);
}
END_TEST

START_TEST(what_was_parked_is_called_in_order_of_arrival)
{
    struct world *w = world_open();
    struct ledger *l = peer_ledger(w->peer);

    world_configure(w, "workers: 1\npoints: {default: {in_flight: 1}}\n");
    world_start(w);
    world_push_many(w, "job", 0, 300);
    world_expect_delivered(w, "job", 300);
    for (unsigned n = 0; n < 300; n++) {
        char id[32];

        (void)snprintf(id, sizeof id, "job-%u", n);
        ck_assert_str_eq(request_header(ledger_at(l, "/lead", n), "webhook-id"),
                         id);
    }
    world_close(&w);
}
END_TEST

START_TEST(a_tenant_that_hangs_holds_a_quarter_and_good_ones_pass)
{
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    peer_on(w->peer, .path = "/good");
    world_configure(w,
                    "workers: 1\nin_flight: 16\ncontainer_in_flight: 0\n"
                    "drain_timeout: 0\n"
                    "extensions:\n"
                    "  - {container: acme, point: on-new-lead, url: \"%s\"}\n"
                    "  - {container: good, point: on-new-lead, url: \"%s\"}\n",
                    peer_url(w->peer, "/lead").text,
                    peer_url(w->peer, "/good").text);
    world_start(w);
    world_push_many(w, "bad", 0, 200);
    for (int n = 0; n < 50; n++)
        world_push(w,
                   "{\"id\":\"good-%d\",\"container\":\"good\","
                   "\"point\":\"on-new-lead\",\"payload\":1}",
                   n);
    world_expect_delivered(w, "good", 50);
    wait_until(parked(w) == 196, WORLD_LIMIT_MS, "the rest to be parked");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 4);
    world_close(&w);
}
END_TEST

START_TEST(a_rate_is_kept)
{
    struct world *w = world_open();
    int64_t from_us;

    world_configure(w, "points: {default: {rate: 20}}\n");
    world_start(w);
    world_wait_leases(w, 1);
    from_us = clock_mono_us();
    world_push_many(w, "job", 0, 40);
    world_expect_delivered(w, "job", 40);
    /* Two of them are the burst, and the first comes at once. */
    ck_assert_int_ge(clock_mono_us() - from_us, (40 - 3) * 50000);
    ck_assert_uint_eq(journal_count(w->journal, NULL), 40);
    world_close(&w);
}
END_TEST

static unsigned count_in(const char *text, const char *word)
{
    unsigned count = 0;

    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

START_TEST(tenants_that_are_well_cost_redis_nothing)
{
    struct world *w = world_open();
    struct process *monitor;
    const char *seen;

    world_configure(w, "container_in_flight: 0\n"
                       "points: {default: {in_flight: 100, rate: 100000}}\n");
    world_start(w);
    world_wait_leases(w, 1);
    world_push_many(w, "first", 0, 1);
    world_expect_delivered(w, "first", 1);
    monitor = process_start((const char *const[]){"redis-cli", "-s",
                                                  redis_server_socket(w->redis),
                                                  "MONITOR", NULL},
                            NULL);
    wait_until(strstr(process_out(monitor), "OK"), WORLD_LIMIT_MS,
               "the monitor");
    for (unsigned n = 0; n < 20; n++) {
        world_push_many(w, "job", n * 20, 20);
        wait_until(journal_read(w->journal) == n * 20 + 21, WORLD_LIMIT_MS,
                   "these jobs");
    }
    redis_server_ask(w->redis, "ECHO", "the-end", NULL);
    wait_until(strstr(process_out(monitor), "the-end"), WORLD_LIMIT_MS,
               "the monitor to be through");
    seen = process_out(monitor);
    ck_assert_uint_gt(count_in(seen, "extq_claim_"), 0);
    ck_assert_uint_gt(count_in(seen, "extq_finish_"), 0);
    ck_assert_uint_eq(count_in(seen, "extq_gate"), 0);
    ck_assert_uint_eq(count_in(seen, "extq_unpark"), 0);
    ck_assert_ptr_null(strstr(world_keys(w), "gates"));
    ck_assert_ptr_null(strstr(world_keys(w), "changes"));
    ck_assert_ptr_null(strstr(world_keys(w), "parked"));
    process_close(&monitor);
    world_close(&w);
}
END_TEST

/* As an operator's command does. */
static void set_gate(struct world *w, const char *state)
{
    /* In one step, as a function of ours would: who sees the version reads. */
    redis_server_ask(w->redis, "EVAL",
                     "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) "
                     "return redis.call('ZADD', KEYS[2], "
                     "redis.call('HINCRBY', KEYS[1], ':version', 1), ARGV[1])",
                     "2", GATES, "extq:{default}:changes", "acme:on-new-lead",
                     state, NULL);
}

START_TEST(parked_jobs_stay_so_over_a_reload_and_a_restart)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    world_wait_leases(w, 1);
    world_push_many(w, "first", 0, 1);
    world_expect_delivered(w, "first", 1);
    set_gate(w, "paused 1 0 0 - maintenance");
    /* Learned with the next claim, which is why one passes before. */
    wait_until((world_push_many(w, "any", 0, 1), parked(w) > 0), WORLD_LIMIT_MS,
               "the pause to be known");
    world_push_many(w, "job", 0, 10);
    wait_until(parked(w) >= 11, WORLD_LIMIT_MS, "the jobs to be parked");
    process_signal(s, SIGHUP);
    wait_until(strstr(process_err(s), "msg=reloaded"), WORLD_LIMIT_MS,
               "the reload");
    world_push_many(w, "job", 10, 10);
    wait_until(parked(w) >= 21, WORLD_LIMIT_MS, "the jobs to be parked");
    world_stop(w, s);
    ck_assert_int_ge(parked(w), 21);
    s = world_start(w);
    world_push_many(w, "job", 20, 10);
    wait_until(parked(w) >= 31, WORLD_LIMIT_MS, "the jobs to be parked");
    set_gate(w, "full 1 0 0 - -");
    world_expect_delivered(w, "job", 30);
    world_close(&w);
}
END_TEST

START_TEST(parked_jobs_that_hang_leave_slots_to_those_who_come)
{
    struct world *w = world_open();

    /* At first they are well, so that more and more of them are called. */
    peer_on(w->peer, .path = "/lead", .act = PEER_HANG, .fail_first = 40,
            .fail_status = 200);
    peer_on(w->peer, .path = "/good", .delay_ms = 20);
    world_configure(w,
                    "workers: 1\nin_flight: 16\ndrain_timeout: 0\n"
                    "points: {default: {timeout: 5m}}\n"
                    "extensions:\n"
                    "  - {container: acme, point: on-new-lead, url: \"%s\"}\n"
                    "  - {container: good, point: on-new-lead, url: \"%s\"}\n",
                    peer_url(w->peer, "/lead").text,
                    peer_url(w->peer, "/good").text);
    set_gate(w, "paused 1 0 0 - maintenance");
    world_start(w);
    world_push_many(w, "bad", 0, 200);
    wait_until(parked(w) == 200, WORLD_LIMIT_MS, "the jobs to be parked");
    for (int n = 0; n < 500; n++)
        world_push(w,
                   "{\"id\":\"good-%d\",\"container\":\"good\","
                   "\"point\":\"on-new-lead\",\"payload\":1}",
                   n);
    set_gate(w, "full 1 0 0 - -");
    world_expect_delivered(w, "good", 500);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.gates", 60,
                     a_limit_over_two_services_is_never_exceeded,
                     what_was_parked_is_called_in_order_of_arrival,
                     a_tenant_that_hangs_holds_a_quarter_and_good_ones_pass,
                     a_rate_is_kept, tenants_that_are_well_cost_redis_nothing,
                     parked_jobs_stay_so_over_a_reload_and_a_restart,
                     parked_jobs_that_hang_leave_slots_to_those_who_come);
}
