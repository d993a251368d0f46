/* SIGHUP and the start: a good configuration takes effect without a job
 * dropped, a bad one is refused with its place. */
#include "support/main.h"
#include "support/texts.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool has_said(struct process *s, const char *text)
{
    return strstr(process_err(s), text) != NULL;
}

static void reload(struct process *s, unsigned times)
{
    process_signal(s, SIGHUP);
    wait_until(count_in(process_err(s), "msg=reloaded") == times,
               WORLD_LIMIT_MS, "the reload");
}

START_TEST(a_reload_changes_where_jobs_go)
{
    struct world *w = world_open();
    struct process *s = world_start(w);
    struct ledger *l = peer_ledger(w->peer);
    const struct peer_request *fresh;

    world_push_many(w, "a", 0, 1);
    journal_expect(w->journal, "a-0", "delivered/ok/200");
    peer_on(w->peer, .path = "/new");
    world_configure(w,
                    "points: {default: {method: PUT}}\n"
                    "cache: {fresh: 0}\n"
                    "extensions:\n"
                    "  - {container: acme, point: on-new-lead, url: \"%s\"}\n",
                    peer_url(w->peer, "/new").text);
    reload(s, 1);
    /* Workers that have not heard of it yet may claim some still, and keep for
     * the others where those go. */
    for (unsigned n = 0; !(fresh = ledger_at(l, "/new", 0)); n++) {
        redis_server_ask(w->redis, "DEL", "extq:ext:{acme}:on-new-lead", NULL);
        world_push_many(w, "b", n, 1);
        world_expect_delivered(w, "b", n + 1);
    }
    ck_assert_str_eq(fresh->method, "PUT");
    world_close(&w);
}
END_TEST

START_TEST(reloads_under_load_drop_nothing_and_repeat_nothing)
{
    enum { COUNT = 3000, ROUNDS = 5 };
    struct world *w = world_open();
    struct process *s = world_start(w);

    peer_on(w->peer, .path = "/lead", .delay_ms = 3);
    for (unsigned n = 0; n < ROUNDS; n++) {
        world_push_many(w, "job", n * COUNT / ROUNDS, COUNT / ROUNDS);
        world_configure(w, "workers: %u\nin_flight: %u\n", n % 2 + 1,
                        20 + 10 * n);
        reload(s, n + 1);
    }
    world_expect_delivered(w, "job", COUNT);
    world_expect_calls(w, "job", COUNT, false);
    world_stop(w, s);
    world_expect_delivered(w, "job", COUNT);
    world_expect_calls(w, "job", COUNT, false);
    world_close(&w);
}
END_TEST

START_TEST(a_call_under_way_ends_under_the_old_configuration)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    peer_on(w->peer, .path = "/lead", .delay_ms = 500);
    world_push_many(w, "job", 0, 1);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    world_configure(w, "points: {default: {timeout: 100ms}}\n");
    reload(s, 1);
    journal_expect(w->journal, "job-0", "delivered/ok/200");
    world_close(&w);
}
END_TEST

START_TEST(a_stop_lets_calls_from_before_a_reload_end_as_well)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    peer_on(w->peer, .path = "/lead", .delay_ms = 1000);
    world_push_many(w, "job", 0, 1);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    reload(s, 1);
    world_stop(w, s);
    world_expect_delivered(w, "job", 1);
    world_expect_calls(w, "job", 1, false);
    world_close(&w);
}
END_TEST

START_TEST(a_queue_that_a_reload_adds_is_served)
{
    static const char job[] = "{\"id\":\"x\",\"container\":\"acme\",\"point\":"
                              "\"on-new-lead\",\"payload\":1}";
    struct world *w = world_open();
    struct process *s = world_start(w);

    world_push_bytes(w, "more", (struct span){job, sizeof job - 1});
    world_configure(w, "queues: {default: {}, more: {}}\n");
    reload(s, 1);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    wait_until(
        redis_server_count(w->redis, "XLEN", "extq:{more}:outcomes", NULL) == 1,
        WORLD_LIMIT_MS, "the outcome in the new queue");
    world_close(&w);
}
END_TEST

START_TEST(another_kind_of_redis_needs_a_restart)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    world_wait_leases(w, 1);
    world_configure(w, "redis: {url: \"embedded://%s/state\"}\n", w->dir.text);
    process_signal(s, SIGHUP);
    wait_until(has_said(s, "reload refused"), WORLD_LIMIT_MS, "the refusal");
    has(process_err(s), "needs a restart");
    world_push_many(w, "a", 0, 1);
    world_expect_delivered(w, "a", 1);
    world_close(&w);
}
END_TEST

START_TEST(the_same_redis_may_be_named_otherwise)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    world_wait_leases(w, 1);
    world_configure(w, "redis: {url: \"unix:///%s\"}\n",
                    redis_server_socket(w->redis));
    reload(s, 1);
    world_push_many(w, "a", 0, 1);
    world_expect_delivered(w, "a", 1);
    world_close(&w);
}
END_TEST

START_TEST(a_bad_file_keeps_the_old_configuration_and_names_the_place)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    world_push_many(w, "a", 0, 1);
    journal_expect(w->journal, "a-0", "delivered/ok/200");
    (void)temp_write(&w->dir, "extq.yaml", "workers: 1\n\nin_fligth: 5\n");
    process_signal(s, SIGHUP);
    wait_until(has_said(s, "reload refused"), WORLD_LIMIT_MS, "the refusal");
    ck_assert(has_said(s, "extq.yaml:3:1: in_fligth: "));
    ck_assert(has_said(s, "did you mean in_flight?"));
    world_push_many(w, "b", 0, 1);
    journal_expect(w->journal, "b-0", "delivered/ok/200");
    /* And a good one is taken afterwards. */
    world_configure(w, "%s", "");
    reload(s, 1);
    world_push_many(w, "c", 0, 1);
    journal_expect(w->journal, "c-0", "delivered/ok/200");
    world_close(&w);
}
END_TEST

START_TEST(a_start_with_a_bad_file_ends_with_78_and_the_place)
{
    struct world *w = world_open();
    struct process *s;

    (void)temp_write(&w->dir, "extq.yaml",
                     "workers: 1\npoints:\n  default: {timeout: soon}\n");
    s = world_start(w);
    process_expect(s, 78, WORLD_LIMIT_MS);
    ck_assert_msg(has_said(s, "extq.yaml:3:22: points.default.timeout: "), "%s",
                  process_err(s));
    world_close(&w);
}
END_TEST

START_TEST(a_start_without_its_file_ends_with_78)
{
    struct world *w = world_open();
    struct process *s;

    w->config = temp_join(&w->dir, "nowhere.yaml");
    s = world_start(w);
    process_expect(s, 78, WORLD_LIMIT_MS);
    ck_assert_msg(has_said(s, "nowhere.yaml"), "%s", process_err(s));
    world_close(&w);
}
END_TEST

START_TEST(signals_change_the_level_of_the_log)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    process_signal(s, SIGUSR1);
    wait_until(has_said(s, "msg=\"log level changed\" to=debug\n"),
               WORLD_LIMIT_MS, "the level of everything");
    process_signal(s, SIGUSR2);
    wait_until(has_said(s, " to=configured\n"), WORLD_LIMIT_MS,
               "the configured level");
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.reload", 60, a_reload_changes_where_jobs_go,
                     reloads_under_load_drop_nothing_and_repeat_nothing,
                     a_call_under_way_ends_under_the_old_configuration,
                     a_stop_lets_calls_from_before_a_reload_end_as_well,
                     a_queue_that_a_reload_adds_is_served,
                     another_kind_of_redis_needs_a_restart,
                     the_same_redis_may_be_named_otherwise,
                     a_bad_file_keeps_the_old_configuration_and_names_the_place,
                     a_start_with_a_bad_file_ends_with_78_and_the_place,
                     a_start_without_its_file_ends_with_78,
                     signals_change_the_level_of_the_log);
}
