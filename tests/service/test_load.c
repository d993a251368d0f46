/* Many jobs, counted one by one: each is delivered, once, and nothing stays
 * behind. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

enum { MANY = 10000 };

static const char clean[] = "extq:ext:{acme}:on-new-lead\n"
                            "extq:{default}:leases\n"
                            "extq:{default}:meta\n"
                            "extq:{default}:outcomes\n"
                            "extq:{default}:services\n";

START_TEST(of_ten_thousand_jobs_each_is_delivered_exactly_once)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    world_push_many(w, "job", 0, MANY / 2);
    world_push_many(w, "job", MANY / 2, MANY / 2);
    world_expect_calls(w, "job", MANY, false);
    world_expect_delivered(w, "job", MANY);
    ck_assert_str_eq(world_keys(w), clean);
    world_stop(w, s);
    /* Nothing came on top while it stopped. */
    world_expect_calls(w, "job", MANY, false);
    world_expect_delivered(w, "job", MANY);
    ck_assert_uint_eq(journal_count(w->journal, NULL), MANY);
    ck_assert_int_eq(redis_server_count(w->redis, "HGET", "extq:{default}:meta",
                                        "delivered", NULL),
                     MANY);
    world_close(&w);
}
END_TEST

START_TEST(jobs_that_fail_at_first_are_all_delivered_in_the_end)
{
    enum { COUNT = 1000 };
    struct world *w = world_open();
    struct process *s = world_start(w);

    peer_on(w->peer, .path = "/lead", .fail_first = COUNT / 2);
    world_push_many(w, "job", 0, COUNT);
    world_expect_delivered(w, "job", COUNT);
    ck_assert_str_eq(world_keys(w), clean);
    world_stop(w, s);
    world_expect_delivered(w, "job", COUNT);
    ck_assert_uint_eq(journal_count(w->journal, NULL), COUNT + COUNT / 2);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"),
                      COUNT + COUNT / 2);
    world_close(&w);
}
END_TEST

START_TEST(connections_are_kept_open_and_used_again)
{
    struct world *w = world_open();

    world_configure(w, "workers: 1\nin_flight: 8\n");
    world_start(w);
    world_push_many(w, "job", 0, 500);
    world_expect_delivered(w, "job", 500);
    ck_assert_uint_le(peer_connections(w->peer), 16);
    world_close(&w);
}
END_TEST

START_TEST(no_more_than_in_flight_jobs_are_under_way_at_once)
{
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_configure(w, "workers: 1\nin_flight: 5\ndrain_timeout: 0\n");
    world_start(w);
    world_push_many(w, "job", 0, 20);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 5, WORLD_LIMIT_MS);
    ck_assert_int_eq(
        redis_server_count(w->redis, "LLEN", "extq:{default}:jobs", NULL), 15);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 5);
    world_close(&w);
}
END_TEST

/* Pushes to each queue in turn, with the queue's name as the jobs'. */
static void push_to_queues(struct world *w, const char *const *queues,
                           unsigned count)
{
    char job[256];

    for (unsigned n = 0; n < count; n++)
        for (size_t q = 0; queues[q]; q++) {
            int len = snprintf(job, sizeof job,
                               "{\"id\":\"%s-%u\",\"container\":\"acme\","
                               "\"point\":\"on-new-lead\",\"payload\":%u}",
                               queues[q], n, n);
            world_push_bytes(w, queues[q], (struct span){job, (size_t)len});
        }
}

START_TEST(several_queues_with_weights_all_drain)
{
    static const char *const queues[] = {"bulk", "default", "urgent", NULL};
    struct world *w = world_open();
    char key[64];

    world_configure(w, "workers: 2\nin_flight: 4\nclaim_batch: 4\n"
                       "queues: {urgent: {weight: 100}, default: {weight: 10}, "
                       "bulk: {weight: 1}}\n");
    push_to_queues(w, queues, 100);
    world_start(w);
    for (size_t q = 0; queues[q]; q++)
        world_expect_calls(w, queues[q], 100, false);
    for (size_t q = 0; queues[q]; q++) {
        (void)snprintf(key, sizeof key, "extq:{%s}:outcomes", queues[q]);
        wait_until(redis_server_count(w->redis, "XLEN", key, NULL) == 100,
                   WORLD_LIMIT_MS, "the outcomes of a queue");
    }
    world_close(&w);
}
END_TEST

START_TEST(a_queue_that_is_full_does_not_starve_the_others)
{
    static const char *const bulk[] = {"bulk", NULL};
    static const char *const others[] = {"default", NULL};
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead", .delay_ms = 5);
    world_configure(w, "workers: 1\nin_flight: 4\nclaim_batch: 4\n"
                       "queues: {bulk: {weight: 1}, default: {weight: 1}}\n");
    push_to_queues(w, bulk, 2000);
    world_start(w);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    push_to_queues(w, others, 10);
    world_expect_calls(w, "default", 10, false);
    ck_assert_int_gt(
        redis_server_count(w->redis, "LLEN", "extq:{bulk}:jobs", NULL), 0);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.load", 60,
                     of_ten_thousand_jobs_each_is_delivered_exactly_once,
                     jobs_that_fail_at_first_are_all_delivered_in_the_end,
                     connections_are_kept_open_and_used_again,
                     no_more_than_in_flight_jobs_are_under_way_at_once,
                     several_queues_with_weights_all_drain,
                     a_queue_that_is_full_does_not_starve_the_others);
}
