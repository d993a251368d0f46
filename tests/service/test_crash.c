/* Services that die by SIGKILL, and services that share a queue: each job is
 * delivered, and nothing stays behind. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char clean[] = "extq:ext:{acme}:on-new-lead\n"
                            "extq:{default}:leases\n"
                            "extq:{default}:meta\n"
                            "extq:{default}:outcomes\n"
                            "extq:{default}:services\n";

/* Leases of one second, so that a death is noticed soon. */
static struct world *short_leases(void)
{
    struct world *w = world_open();

    world_configure(w, "lease: 1s\n");
    return w;
}

static int64_t count_leases(struct world *w)
{
    return redis_server_count(w->redis, "ZCARD", "extq:{default}:leases", NULL);
}

/* How many services have delivered something, by the outcomes' `worker`:
 * name:pid:thread. */
static unsigned count_deliverers(struct world *w, const struct process *a,
                                 const struct process *b)
{
    const struct process *both[] = {a, b};
    unsigned found = 0;
    char worker[64];

    for (int p = 0; p < 2; p++) {
        size_t i = 0;

        (void)snprintf(worker, sizeof worker,
                       "tester:%d:", (int)process_pid(both[p]));
        while (i < journal_count(w->journal, NULL) &&
               strncmp(journal_field(w->journal, NULL, i, "worker"), worker,
                       strlen(worker)) != 0)
            i++;
        found += i < journal_count(w->journal, NULL);
    }
    return found;
}

START_TEST(what_a_killed_service_held_is_delivered_by_the_next)
{
    struct world *w = short_leases();

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_push_many(w, "job", 0, 100);
    world_start(w);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 50, WORLD_LIMIT_MS);
    world_kill(w, w->services[0]);
    ck_assert_ptr_nonnull(strstr(world_keys(w), ":held:"));
    peer_on(w->peer, .path = "/lead");
    world_start(w);
    world_expect_delivered(w, "job", 100);
    wait_until(strcmp(world_keys(w), clean) == 0, WORLD_LIMIT_MS,
               "the dead service's keys to go");
    ck_assert_int_eq(count_leases(w), 1);
    ck_assert_int_eq(
        redis_server_count(w->redis, "HLEN", "extq:{default}:services", NULL),
        1);
    w->killed = false;
    world_close(&w);
}
END_TEST

START_TEST(a_killed_services_attempts_are_not_taken_for_answers)
{
    struct world *w = short_leases();

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_push_many(w, "job", 0, 1);
    world_start(w);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    world_kill(w, w->services[0]);
    peer_on(w->peer, .path = "/lead");
    world_start(w);
    journal_expect(w->journal, "job-0", "delivered/ok/200");
    world_close(&w);
}
END_TEST

START_TEST(a_service_that_lives_takes_over_from_one_that_was_killed)
{
    struct world *w = short_leases();

    peer_on(w->peer, .path = "/lead", .delay_ms = 10);
    world_start(w);
    world_start(w);
    world_wait_leases(w, 2);
    world_push_many(w, "job", 0, 1000);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 100, WORLD_LIMIT_MS);
    world_kill(w, w->services[0]);
    world_expect_delivered(w, "job", 1000);
    wait_until(strcmp(world_keys(w), clean) == 0, WORLD_LIMIT_MS,
               "the dead service's keys to go");
    wait_until(redis_server_count(w->redis, "ZCARD", "extq:{default}:leases",
                                  NULL) == 1,
               WORLD_LIMIT_MS, "the dead service's lease to go");
    ck_assert_ptr_nonnull(
        strstr(process_err(w->services[1]), "a service's lease ran out"));
    w->killed = false;
    world_close(&w);
}
END_TEST

START_TEST(a_service_killed_again_and_again_loses_no_job)
{
    enum { COUNT = 500 };
    struct world *w = short_leases();
    size_t called = 0;

    peer_on(w->peer, .path = "/lead", .delay_ms = 5);
    world_push_many(w, "job", 0, COUNT);
    for (int round = 0; round < 3; round++) {
        world_start(w);
        called = ledger_count(peer_ledger(w->peer), "/lead") + 80;
        /* It may be done before it is killed. */
        wait_until(ledger_count(peer_ledger(w->peer), "/lead") >= called ||
                       journal_read(w->journal) == COUNT,
                   WORLD_LIMIT_MS, "some calls");
        world_kill(w, w->services[0]);
    }
    world_start(w);
    world_expect_delivered(w, "job", COUNT);
    wait_until(strcmp(world_keys(w), clean) == 0, WORLD_LIMIT_MS,
               "the dead services' keys to go");
    wait_until(redis_server_count(w->redis, "ZCARD", "extq:{default}:leases",
                                  NULL) == 1,
               WORLD_LIMIT_MS, "the dead services' leases to go");
    w->killed = false;
    world_close(&w);
}
END_TEST

START_TEST(a_job_that_kills_its_services_is_dead_in_the_end)
{
    struct world *w = world_open();

    world_configure(w, "lease: 1s\nmax_claims: 2\n");
    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_push_many(w, "job", 0, 1);
    for (size_t round = 1; round <= 2; round++) {
        world_start(w);
        (void)ledger_wait(peer_ledger(w->peer), "/lead", round, WORLD_LIMIT_MS);
        world_kill(w, w->services[0]);
    }
    world_start(w);
    journal_expect(w->journal, "job-0", "dead/worker_killer/0");
    world_close(&w);
}
END_TEST

START_TEST(two_services_share_a_queue_and_deliver_nothing_twice)
{
    enum { COUNT = 4000 };
    struct world *w = world_open();
    struct process *a = world_start(w), *b = world_start(w);

    peer_on(w->peer, .path = "/lead", .delay_ms = 2);
    /* One that is still starting would find nothing left to do. */
    wait_until(strstr(redis_server_ask(w->redis, "INFO", "clients", NULL),
                      "blocked_clients:2\r"),
               WORLD_LIMIT_MS, "both to listen for jobs");
    world_push_many(w, "job", 0, COUNT);
    world_expect_calls(w, "job", COUNT, false);
    world_expect_delivered(w, "job", COUNT);
    ck_assert_uint_eq(count_deliverers(w, a, b), 2);
    world_stop(w, a);
    world_stop(w, b);
    world_expect_calls(w, "job", COUNT, false);
    world_expect_delivered(w, "job", COUNT);
    ck_assert_uint_eq(journal_count(w->journal, NULL), COUNT);
    world_close(&w);
}
END_TEST

START_TEST(a_service_stopped_for_longer_than_its_lease_changes_nothing)
{
    struct world *w = short_leases();
    struct process *frozen;

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    frozen = world_start(w);
    world_push_many(w, "job", 0, 10);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 10, WORLD_LIMIT_MS);
    process_signal(frozen, SIGSTOP);
    peer_on(w->peer, .path = "/lead");
    world_start(w);
    world_expect_delivered(w, "job", 10);
    process_signal(frozen, SIGCONT);
    wait_until(strstr(process_err(frozen), "lease lost") != NULL,
               WORLD_LIMIT_MS, "the service to see that it lost its lease");
    world_push_many(w, "more", 0, 100);
    world_expect_delivered(w, "more", 100);
    world_expect_delivered(w, "job", 10);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.crash", 90,
        what_a_killed_service_held_is_delivered_by_the_next,
        a_killed_services_attempts_are_not_taken_for_answers,
        a_service_that_lives_takes_over_from_one_that_was_killed,
        a_service_killed_again_and_again_loses_no_job,
        a_job_that_kills_its_services_is_dead_in_the_end,
        two_services_share_a_queue_and_deliver_nothing_twice,
        a_service_stopped_for_longer_than_its_lease_changes_nothing);
}
