/* Circuits: an extension that fails is left alone, tried one job at a time by
 * all services together, and comes back by itself. */
#include "base/clock.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GATE   "acme:on-new-lead"
#define PARKED "extq:{default}:parked:" GATE
#define GATES  "extq:{default}:gates"

/* One slot for each service: call after call, so that nothing is under way
 * when the circuit opens. */
#define ONE_BY_ONE                                                             \
    "workers: 1\n"                                                             \
    "in_flight: 1\n"                                                           \
    "drain_timeout: 0\n"                                                       \
    "discovery: {timeout: 100ms}\n"                                            \
    "points:\n"                                                                \
    "  default:\n"                                                             \
    "    timeout: 500ms\n"                                                     \
    "    retry: {attempts: 4, base: 1h, cap: 1h, jitter: 0}\n"                 \
    "    circuit: {calls: 20, window: 1h, wait: 100ms, cap: 200ms}\n"

static const char *state(struct world *w)
{
    return redis_server_ask(w->redis, "HGET", GATES, GATE, NULL);
}

/* A service that has called 20 of 60 failing jobs, and then no more. */
static struct world *opened(const struct peer_rule *rule)
{
    struct world *w = world_open();

    peer_add(w->peer, rule);
    world_configure(w, ONE_BY_ONE);
    world_push_many(w, "job", 0, 60);
    world_start(w);
    wait_until((journal_read(w->journal),
                journal_count_with(w->journal, "class", "circuit_open") == 1),
               WORLD_LIMIT_MS, "the circuit to open");
    return w;
}

#define opened_by(...) opened(&(struct peer_rule){.path = "/lead", __VA_ARGS__})

static size_t calls(struct world *w)
{
    return ledger_count(peer_ledger(w->peer), "/lead");
}

/* Both changes, in order, and for whom. */
static void check_log(const struct world *w)
{
    const char *log = process_err(w->services[0]);
    const char *shut = strstr(log, "an extension is not called for a while"),
               *again = strstr(log, "an extension is called again");

    ck_assert_ptr_nonnull(shut);
    ck_assert_ptr_nonnull(again);
    ck_assert_ptr_nonnull(strstr(shut, "acme:on-new-lead"));
    ck_assert_ptr_nonnull(strstr(shut, "20 of 20 calls failed"));
    ck_assert_ptr_null(strstr(again, "is not called for a while"));
}

/* How many different jobs the first calls were for. Not which: what a service
 * claimed ahead, and was too slow to begin with, changes its place. */
static unsigned called_among(const struct world *w, size_t count)
{
    bool seen[60] = {false};
    unsigned jobs = 0;

    for (size_t n = 0; n < count; n++) {
        const struct peer_request *call =
            ledger_at(peer_ledger(w->peer), "/lead", n);
        long job = strtol(request_header(call, "webhook-id") + strlen("job-"),
                          NULL, 10);

        jobs += !seen[job];
        seen[job] = true;
    }
    return jobs;
}

START_TEST(twenty_failures_open_it_and_later_jobs_spend_nothing)
{
    struct world *w = opened_by(.status = 500);
    unsigned first = 0, all = 0;

    ck_assert_str_eq(journal_field(w->journal, "", 0, "container"), "acme");
    ck_assert_str_eq(journal_field(w->journal, "", 0, "point"), "on-new-lead");
    ck_assert_str_eq(journal_field(w->journal, "", 0, "verdict"), "paused");
    ck_assert_ptr_nonnull(
        strstr(journal_field(w->journal, "", 0, "error"), "20 of 20 calls"));
    ck_assert_uint_eq(called_among(w, 20), 20);
    wait_until(redis_server_count(w->redis, "LLEN", PARKED, NULL) >= 30,
               WORLD_LIMIT_MS, "the rest to be parked");
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 24, WORLD_LIMIT_MS);
    peer_on(w->peer, .path = "/lead");
    wait_until((journal_read(w->journal),
                journal_count_with(w->journal, "class", "circuit_closed") == 1),
               WORLD_LIMIT_MS, "the circuit to close");
    wait_until((journal_read(w->journal),
                journal_count_with(w->journal, "verdict", "delivered") +
                        journal_count_with(w->journal, "verdict", "retry") ==
                    60),
               WORLD_LIMIT_MS, "the parked ones to be delivered");
    wait_until(strcmp(state(w), "(nil)") == 0, WORLD_LIMIT_MS,
               "the gate to be forgotten");
    for (unsigned n = 20; n < 60; n++) {
        char id[32];

        (void)snprintf(id, sizeof id, "job-%u", n);
        /* A probe that failed waits an hour; all others were called once. */
        first += strcmp(journal_field(w->journal, id, 0, "attempt"), "1") == 0;
        all += journal_count(w->journal, id) == 1;
    }
    ck_assert_uint_eq(first, 40);
    ck_assert_uint_eq(all, 40);
    ck_assert_uint_eq(journal_count_with(w->journal, "class", "circuit_open"),
                      1);
    check_log(w);
    world_close(&w);
}
END_TEST

START_TEST(two_services_try_one_job_at_a_time)
{
    enum { EACH_MS = 60 };
    struct world *w = opened_by(.status = 500);
    struct ledger *l = peer_ledger(w->peer);
    size_t from;

    peer_on(w->peer, .path = "/lead", .status = 500, .delay_ms = EACH_MS);
    from = calls(w);
    world_start(w);
    world_wait_leases(w, 2);
    (void)ledger_wait(l, "/lead", from + 12, WORLD_LIMIT_MS);
    for (size_t n = from + 1; n < from + 12; n++)
        ck_assert_int_ge(ledger_at(l, "/lead", n)->at_us -
                             ledger_at(l, "/lead", n - 1)->at_us,
                         (EACH_MS - 10) * 1000);
    ck_assert_ptr_nonnull(strstr(state(w), "circuit "));
    world_close(&w);
}
END_TEST

/* The service that made the request; NULL = none of them. */
static struct process *maker(struct world *w, const struct peer_request *r)
{
    const char *about =
        redis_server_ask(w->redis, "HGET", "extq:{default}:services",
                         request_header(r, "extq-epoch"), NULL);
    const char *pid = strstr(about, "\"pid\":");

    for (size_t n = 0; pid && n < WORLD_SERVICES; n++)
        if (w->services[n] &&
            process_pid(w->services[n]) == strtol(pid + 6, NULL, 10))
            return w->services[n];
    return NULL;
}

START_TEST(a_service_that_dies_with_the_probe_is_followed_by_another)
{
    struct world *w = opened_by(.status = 500);
    struct ledger *l = peer_ledger(w->peer);
    struct process *s;
    size_t from;

    world_start(w);
    world_wait_leases(w, 2);
    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    from = calls(w);
    s = maker(w, ledger_wait(l, "/lead", from + 1, WORLD_LIMIT_MS));
    ck_assert_ptr_nonnull(s);
    peer_on(w->peer, .path = "/lead");
    world_kill(w, s);
    wait_until((journal_read(w->journal),
                journal_count_with(w->journal, "class", "circuit_closed") == 1),
               WORLD_LIMIT_MS, "the circuit to close");
    wait_until(strcmp(state(w), "(nil)") == 0, WORLD_LIMIT_MS,
               "all parked jobs to go");
    world_close(&w);
}
END_TEST

START_TEST(a_circuit_that_is_off_stays_closed)
{
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead", .status = 500);
    world_configure(w, "points: {default: {retry: {attempts: 1},\n"
                       "                   circuit: {failures: 0}}}\n");
    world_start(w);
    world_push_many(w, "job", 0, 100);
    journal_wait_ends(w->journal, 100);
    ck_assert_uint_eq(calls(w), 100);
    ck_assert_ptr_null(strstr(world_keys(w), "gates"));
    world_close(&w);
}
END_TEST

/* How often threads of the service were woken so far. */
static int64_t wakes(const struct process *s)
{
    char path[300];
    DIR *tasks;
    const struct dirent *task;
    int64_t count = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)process_pid(s));
    tasks = opendir(path);
    ck_assert_ptr_nonnull(tasks);
    while ((task = readdir(tasks))) {
        char line[200];
        FILE *f;

        (void)snprintf(path, sizeof path, "/proc/%d/task/%.20s/status",
                       (int)process_pid(s), task->d_name);
        f = fopen(path, "re");
        while (f && fgets(line, sizeof line, f))
            if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
                count += strtoll(line + 24, NULL, 10);
        if (f)
            (void)fclose(f);
    }
    (void)closedir(tasks);
    return count;
}

START_TEST(a_probe_that_is_due_while_redis_is_away_keeps_nobody_awake)
{
    struct world *w = world_open_durable();
    struct process *s;
    int64_t first, from_ms;

    peer_on(w->peer, .path = "/lead", .status = 500);
    world_configure(w, ONE_BY_ONE);
    world_push_many(w, "job", 0, 60);
    s = world_start(w);
    wait_until((journal_read(w->journal),
                journal_count_with(w->journal, "class", "circuit_open") == 1),
               WORLD_LIMIT_MS, "the circuit to open");
    redis_server_kill(w->redis);
    wait_until(strstr(process_err(s), "Redis is away"), WORLD_LIMIT_MS,
               "the service to notice");
    first = wakes(s);
    from_ms = clock_mono_ms();
    wait_until(clock_mono_ms() > from_ms + 1500, WORLD_LIMIT_MS, "a while");
    ck_assert_int_lt(wakes(s) - first, (clock_mono_ms() - from_ms) / 5);
    redis_server_start_again(w->redis);
    journal_wait_ends(w->journal, 1);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.gates_circuit", 60,
        twenty_failures_open_it_and_later_jobs_spend_nothing,
        two_services_try_one_job_at_a_time,
        a_service_that_dies_with_the_probe_is_followed_by_another,
        a_circuit_that_is_off_stays_closed,
        a_probe_that_is_due_while_redis_is_away_keeps_nobody_awake);
}
