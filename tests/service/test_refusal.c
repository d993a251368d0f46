/* A Redis that answers with refusals: it is asked seldom, nothing is lost, and
 * the service goes on as soon as it agrees. */
#include "base/clock.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdlib.h>
#include <string.h>

/* Function calls since the server started, refused ones included. */
static int64_t calls(struct world *w)
{
    const char *stats =
        redis_server_ask(w->redis, "INFO", "commandstats", NULL);
    const char *fcall = strstr(stats, "cmdstat_fcall:calls=");
    const char *rejected = fcall ? strstr(fcall, "rejected_calls=") : NULL;

    return rejected ? strtoll(fcall + 20, NULL, 10) +
                          strtoll(rejected + 15, NULL, 10)
                    : 0;
}

/* Fails when so many calls more come faster than at that rate; a slow machine
 * only takes longer. */
static void expect_rate(struct world *w, int64_t count, int64_t per_second)
{
    int64_t first = calls(w), from_ms = clock_mono_ms(), took_ms;

    wait_until(calls(w) >= first + count, WORLD_LIMIT_MS, "more calls");
    took_ms = clock_mono_ms() - from_ms;
    ck_assert_msg(took_ms * per_second >= count * 1000, "%lld calls in %lld ms",
                  (long long)count, (long long)took_ms);
}

START_TEST(functions_that_may_not_be_loaded_are_asked_for_seldom)
{
    struct world *w = world_open();

    world_push_many(w, "job", 0, 1);
    redis_server_ask(w->redis, "ACL", "SETUSER", "default", "-function", NULL);
    world_start(w);
    expect_rate(w, 40, 40);
    redis_server_ask(w->redis, "ACL", "SETUSER", "default", "+function", NULL);
    world_expect_delivered(w, "job", 1);
    world_close(&w);
}
END_TEST

/* No primary there: what was a primary refuses all writes. */
static void demote(struct world *w)
{
    redis_server_ask(w->redis, "REPLICAOF", "127.0.0.1", "1", NULL);
}

static void one_by_one(void *arg, const struct peer_request *request,
                       struct peer_rule *answer)
{
    static int64_t delay_ms = 500;

    (void)arg;
    (void)request;
    answer->delay_ms = delay_ms += 10;
}

START_TEST(outcomes_that_are_refused_are_offered_seldom_and_arrive)
{
    enum { COUNT = 120 };
    struct world *w = world_open();
    struct process *s;

    world_configure(w, "workers: 1\nin_flight: 120\nclaim_batch: 120\n");
    peer_on(w->peer, .path = "/lead", .script = one_by_one);
    world_push_many(w, "job", 0, COUNT);
    s = world_start(w);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", COUNT, WORLD_LIMIT_MS);
    demote(w);
    wait_until(strstr(process_err(s), "refuses to record outcomes"),
               WORLD_LIMIT_MS, "a refusal");
    expect_rate(w, 20, 40);
    redis_server_ask(w->redis, "REPLICAOF", "NO", "ONE", NULL);
    world_expect_delivered(w, "job", COUNT);
    world_expect_calls(w, "job", COUNT, false);
    world_close(&w);
}
END_TEST

START_TEST(retries_are_no_suspects_where_one_claim_is_all)
{
    struct world *w = world_open();
    struct process *s;

    world_configure(w, "max_claims: 1\n");
    peer_on(w->peer, .path = "/lead", .fail_first = 3);
    world_push_many(w, "job", 0, 1);
    s = world_start(w);
    world_expect_delivered(w, "job", 1);
    ck_assert_ptr_null(strstr(process_err(s), "running suspects alone"));
    world_close(&w);
}
END_TEST

/* When the lease that was renewed last will end, unix ms. */
static int64_t lease_end(struct world *w)
{
    const char *text =
        redis_server_ask(w->redis, "ZRANGE", "extq:{default}:leases", "-1",
                         "-1", "WITHSCORES", NULL);
    const char *score = strchr(text, '\n');

    return score ? strtoll(score + 1, NULL, 10) : 0;
}

START_TEST(jobs_that_cannot_be_given_back_do_not_cost_the_lease)
{
    struct world *w = world_open();
    int64_t first;

    world_configure(w, "lease: 1s\n");
    world_start(w);
    world_wait_leases(w, 1);
    redis_server_ask(w->redis, "SET", "extq:{default}:held:0-0", "x", NULL);
    redis_server_ask(w->redis, "ZADD", "extq:{default}:leases", "0", "0-0",
                     NULL);
    first = lease_end(w);
    wait_until(lease_end(w) > first + 2000, WORLD_LIMIT_MS, "renewals");
    world_push_many(w, "job", 0, 1);
    world_expect_delivered(w, "job", 1);
    redis_server_ask(w->redis, "DEL", "extq:{default}:held:0-0", NULL);
    wait_until(redis_server_count(w->redis, "ZCARD", "extq:{default}:leases",
                                  NULL) == 1,
               WORLD_LIMIT_MS, "the other lease to go");
    world_close(&w);
}
END_TEST

START_TEST(many_queues_are_offered_no_more_often_than_one)
{
    struct world *w = world_open();

    world_configure(w, "workers: 1\n"
                       "queues: {default: {}, a: {}, b: {}, c: {}, d: {}, "
                       "e: {}, f: {}, g: {}, h: {}, i: {}, j: {}, k: {}}\n");
    demote(w);
    world_start(w);
    /* Each is refused once at first. */
    wait_until(calls(w) >= 40, WORLD_LIMIT_MS, "refusals");
    expect_rate(w, 60, 40);
    redis_server_ask(w->redis, "REPLICAOF", "NO", "ONE", NULL);
    world_push_many(w, "job", 0, 1);
    world_expect_delivered(w, "job", 1);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.refusal", 90,
                     functions_that_may_not_be_loaded_are_asked_for_seldom,
                     outcomes_that_are_refused_are_offered_seldom_and_arrive,
                     retries_are_no_suspects_where_one_claim_is_all,
                     jobs_that_cannot_be_given_back_do_not_cost_the_lease,
                     many_queues_are_offered_no_more_often_than_one);
}
