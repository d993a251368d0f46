/* Queues that operators pause as a whole, as services live with it. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char gates[] = "extq:{default}:gates";
static const char jobs[] = "extq:{default}:jobs";

static void order(struct world *w, const char *verb, const char *option,
                  const char *value)
{
    struct process *p = extq_start(NULL, verb, "default", "-c", w->config.text,
                                   "--redis", w->url, option, value);

    process_expect(p, 0, WORLD_LIMIT_MS);
    process_close(&p);
}

static void wait_log(struct process *s, const char *message)
{
    wait_until(strstr(process_err(s), message), WORLD_LIMIT_MS, message);
}

static int64_t length(struct world *w)
{
    return redis_server_count(w->redis, "LLEN", jobs, NULL);
}

/* So often the keeper has renewed the lease: once a second or more. */
static void wait_ticks(struct world *w, int count)
{
    char before[64];

    while (count-- > 0) {
        (void)snprintf(before, sizeof before, "%s",
                       redis_server_ask(w->redis, "HGET", "extq:{default}:meta",
                                        "clock", NULL));
        wait_until(strcmp(before, redis_server_ask(w->redis, "HGET",
                                                   "extq:{default}:meta",
                                                   "clock", NULL)) != 0,
                   WORLD_LIMIT_MS, "a tick");
    }
}

/* Calls of a command since the server started. */
static long calls(struct world *w, const char *command)
{
    char name[64];
    const char *at;

    (void)snprintf(name, sizeof name, "cmdstat_%s:calls=", command);
    at = strstr(redis_server_ask(w->redis, "INFO", "commandstats", NULL), name);
    return at ? strtol(at + strlen(name), NULL, 10) : 0;
}

START_TEST(a_paused_queue_waits_quietly_and_goes_on_when_resumed)
{
    struct world *w = world_open();
    struct process *s = world_start(w);
    long blocked, called;

    world_push_many(w, "before", 0, 5);
    world_expect_delivered(w, "before", 5);
    order(w, "pause", "--why", "they migrate");
    wait_log(s, "queue paused: nothing of it is claimed until it is resumed");
    ck_assert_ptr_nonnull(strstr(process_err(s), "they migrate"));
    world_push_many(w, "while", 0, 50);
    wait_ticks(w, 1);
    blocked = calls(w, "blmove");
    called = calls(w, "fcall");
    wait_ticks(w, 3);
    ck_assert_int_eq(length(w), 50);
    ck_assert_int_le(calls(w, "blmove") - blocked, 2);
    ck_assert_int_le(calls(w, "fcall") - called, 3 * 4);
    order(w, "resume", NULL, NULL);
    wait_log(s, "queue resumed");
    world_expect_delivered(w, "while", 50);
    ck_assert_uint_eq(journal_count_with(w->journal, "class", "paused"), 1);
    ck_assert_uint_eq(journal_count_with(w->journal, "class", "resumed"), 1);
    world_close(&w);
}
END_TEST

START_TEST(what_is_in_flight_ends_and_its_retry_waits)
{
    struct world *w = world_open();
    struct process *s;

    peer_on(w->peer, .path = "/lead", .delay_ms = 500, .fail_first = 1);
    world_configure(w, "points: {default: {retry: {base: 100ms}}}\n");
    s = world_start(w);
    world_push_many(w, "job", 0, 1);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    order(w, "pause", NULL, NULL);
    wait_log(s, "queue paused");
    wait_until(journal_read(w->journal) >= 2, WORLD_LIMIT_MS, "its end");
    wait_ticks(w, 2);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 1);
    order(w, "resume", NULL, NULL);
    journal_expect(w->journal, "job-0",
                   "retry/platform_error/503 delivered/ok/200");
    world_close(&w);
}
END_TEST

START_TEST(a_pause_outlives_services)
{
    struct world *w = world_open();
    struct process *s;

    order(w, "pause", NULL, NULL);
    world_push_many(w, "job", 0, 10);
    s = world_start(w);
    wait_log(s, "queue paused");
    world_stop(w, s);
    s = world_start(w);
    wait_log(s, "queue paused");
    wait_ticks(w, 2);
    ck_assert_int_eq(length(w), 10);
    order(w, "resume", NULL, NULL);
    world_expect_delivered(w, "job", 10);
    world_close(&w);
}
END_TEST

START_TEST(a_pause_for_a_while_ends_by_itself)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    order(w, "pause", "--for", "3s");
    world_push_many(w, "job", 0, 10);
    wait_log(s, "queue paused: nothing of it is claimed for a while");
    world_expect_delivered(w, "job", 10);
    wait_log(s, "queue resumed");
    wait_until(redis_server_count(w->redis, "HEXISTS", gates, ":", NULL) == 0,
               WORLD_LIMIT_MS, "the pause to be forgotten");
    ck_assert_uint_eq(
        journal_count_with(w->journal, "error", "its time is over"), 1);
    world_close(&w);
}
END_TEST

START_TEST(the_other_queues_go_on)
{
    struct world *w = world_open();
    struct process *s;
    const char job[] = "{\"id\":\"x\",\"container\":\"acme\","
                       "\"point\":\"on-new-lead\",\"payload\":1}";

    world_configure(w, "queues: {default: {weight: 9}, other: {weight: 1}}\n");
    s = world_start(w);
    order(w, "pause", NULL, NULL);
    wait_log(s, "queue paused");
    world_push_many(w, "job", 0, 100);
    for (int n = 0; n < 20; n++)
        world_push_bytes(w, "other", span_of(job));
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 20, WORLD_LIMIT_MS);
    ck_assert_int_eq(length(w), 100);
    order(w, "resume", NULL, NULL);
    world_expect_delivered(w, "job", 100);
    world_close(&w);
}
END_TEST

static int64_t server_s(struct world *w)
{
    return strtoll(redis_server_ask(w->redis, "TIME", NULL), NULL, 10);
}

/* Few a second, for each of two workers and the keeper. */
static void expect_few_commands(struct world *w)
{
    enum { MOST_PER_S = 3 * 20 };
    int64_t begun_s = server_s(w);
    long before = calls(w, "fcall") + calls(w, "blmove"), sent;

    wait_ticks(w, 3);
    sent = calls(w, "fcall") + calls(w, "blmove") - before;
    ck_assert_int_le(sent, (server_s(w) - begun_s + 1) * MOST_PER_S);
}

START_TEST(a_pause_that_services_were_not_told_of_keeps_none_of_them_busy)
{
    struct world *w = world_open();

    world_start(w);
    world_push_many(w, "before", 0, 5);
    world_expect_delivered(w, "before", 5);
    /* Who has just come reads all gates, and would know of this one. */
    wait_ticks(w, 1);
    (void)redis_server_ask(w->redis, "HSET", gates, ":", "by hand", NULL);
    world_push_many(w, "while", 0, 50);
    expect_few_commands(w);
    ck_assert_int_eq(length(w), 50);
    order(w, "resume", NULL, NULL);
    world_expect_delivered(w, "while", 50);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.gates_queue", 60,
        a_paused_queue_waits_quietly_and_goes_on_when_resumed,
        what_is_in_flight_ends_and_its_retry_waits, a_pause_outlives_services,
        a_pause_for_a_while_ends_by_itself, the_other_queues_go_on,
        a_pause_that_services_were_not_told_of_keeps_none_of_them_busy);
}
