/* What fails is tried again where that can help, at the right time, and ends
 * where it cannot. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILED "retry/platform_error/503"

/* A new world whose lead answers by the rule, with that configuration, and one
 * job in its queue. */
static struct world *failing(const struct peer_rule *rule, const char *config)
{
    struct world *w = world_open();

    peer_add(w->peer, rule);
    world_configure(w, "%s", config);
    world_start(w);
    world_push_many(w, "job", 0, 1);
    return w;
}

#define failing_by(config, ...)                                                \
    failing(&(struct peer_rule){.path = "/lead", __VA_ARGS__}, (config))

static int64_t number(const struct world *w, size_t i, const char *name)
{
    return strtoll(journal_field(w->journal, "job-0", i, name), NULL, 10);
}

START_TEST(what_fails_twice_is_delivered_by_the_third_call)
{
    struct world *w = failing_by("", .fail_first = 2);

    journal_expect(w->journal, "job-0", FAILED " " FAILED " delivered/ok/200");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(number(w, i, "attempt"), (int64_t)i + 1);
        /* Both clocks round. */
        ck_assert_int_gt(number(w, i, "next_at"),
                         number(w, i, "at") + (i == 0 ? 15 : 35));
        ck_assert_int_ge(number(w, i + 1, "at"), number(w, i, "next_at"));
    }
    ck_assert_int_eq(number(w, 2, "attempt"), 3);
    ck_assert_str_eq(journal_field(w->journal, "job-0", 2, "next_at"), "");
    ck_assert_str_eq(world_keys(w), "extq:ext:{acme}:on-new-lead\n"
                                    "extq:{default}:leases\n"
                                    "extq:{default}:meta\n"
                                    "extq:{default}:outcomes\n"
                                    "extq:{default}:services\n");
    world_close(&w);
}
END_TEST

START_TEST(a_job_without_attempts_left_is_dead_with_bytes_reason_and_history)
{
    struct world *w = failing_by("", .status = 500);
    const char *dead;

    journal_expect(w->journal, "job-0",
                   "retry/platform_error/500 retry/platform_error/500 "
                   "retry/platform_error/500 dead/platform_error/500");
    ck_assert_str_eq(journal_field(w->journal, "job-0", 3, "error"),
                     "no attempt is left");
    dead = redis_server_ask(w->redis, "XRANGE", "extq:{default}:dead", "-", "+",
                            NULL);
    ck_assert_ptr_nonnull(
        strstr(dead, "\nid\njob-0\ncontainer\nacme\npoint\non-new-lead\n"
                     "class\nplatform_error\nerror\nno attempt is left\n"));
    ck_assert_ptr_nonnull(
        strstr(dead, "\n{\"id\":\"job-0\",\"container\":\"acme\",\"point\":"
                     "\"on-new-lead\",\"payload\":{\"n\":0}}"));
    for (int i = 0; i < 4; i++) {
        dead = strstr(dead, ",platform_error,500");
        ck_assert_msg(dead != NULL, "history entry %d is missing", i);
        dead++;
    }
    ck_assert_int_eq(
        redis_server_count(w->redis, "XLEN", "extq:{default}:dead", NULL), 1);
    world_close(&w);
}
END_TEST

START_TEST(an_explicit_schedule_is_followed)
{
    struct world *w =
        failing_by("points:\n"
                   "  on-new-lead: {retry: {attempts: 4, jitter: 0,\n"
                   "                schedule: [10ms, 300ms, 20ms]}}\n",
                   .fail_first = 3);
    static const int64_t waits[] = {10, 300, 20};

    journal_expect(w->journal, "job-0",
                   FAILED " " FAILED " " FAILED " delivered/ok/200");
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_ge(number(w, i + 1, "at") - number(w, i, "at"), waits[i]);
    /* The third wait is not the second one doubled. */
    ck_assert_int_lt(number(w, 2, "next_at") - number(w, 2, "at"), 300);
    world_close(&w);
}
END_TEST

START_TEST(a_retry_after_is_honoured)
{
    struct world *w =
        failing_by("", .status = 503, .headers = "Retry-After: 1\r\n");

    (void)ledger_wait(peer_ledger(w->peer), "/lead", 2, WORLD_LIMIT_MS);
    wait_until((journal_read(w->journal), number(w, 1, "at")) > 0,
               WORLD_LIMIT_MS, "the second outcome");
    ck_assert_int_ge(number(w, 1, "at") - number(w, 0, "at"), 1000);
    world_close(&w);
}
END_TEST

START_TEST(a_refused_secret_is_discovered_again_once_and_then_dead)
{
    struct world *w = failing_by("", .status = 401);

    journal_expect(w->journal, "job-0",
                   "retry/unauthorized/401 dead/unauthorized/401");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 2);
    world_close(&w);
}
END_TEST

START_TEST(a_missing_extension_is_discovered_again_once_and_then_dead)
{
    struct world *w = failing_by("", .status = 404);

    journal_expect(w->journal, "job-0",
                   "retry/not_found/404 dead/not_found/404");
    world_close(&w);
}
END_TEST

START_TEST(what_the_extension_rejects_is_dead_at_once)
{
    struct world *w = failing_by("", .status = 400, .body = "no lead");

    journal_expect(w->journal, "job-0", "dead/rejected/400");
    ck_assert_str_eq(journal_field(w->journal, "job-0", 0, "body"), "no lead");
    world_close(&w);
}
END_TEST

START_TEST(a_redirect_is_not_followed)
{
    struct world *w =
        failing_by("", .status = 302, .headers = "Location: /other\r\n");

    journal_expect(w->journal, "job-0", "dead/redirect/302");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/other"), 0);
    world_close(&w);
}
END_TEST

START_TEST(a_refused_connection_is_tried_again)
{
    struct world *w = world_open();

    world_configure(w,
                    "extensions:\n"
                    "  - {container: acme, point: on-new-lead,\n"
                    "     url: \"http://127.0.0.1:%d/\"}\n"
                    "points: {default: {retry: {attempts: 2, base: 10ms}}}\n",
                    refused_port());
    world_start(w);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0",
                   "retry/unreachable/0 "
                   "dead/unreachable/0");
    world_close(&w);
}
END_TEST

START_TEST(an_extension_without_an_answer_times_out)
{
    struct world *w =
        failing_by("points: {default: {timeout: 100ms,\n"
                   "                   retry: {attempts: 2, base: 10ms}}}\n",
                   .act = PEER_HANG);

    journal_expect(w->journal, "job-0", "retry/timeout/0 dead/timeout/0");
    ck_assert_int_ge(number(w, 0, "ms"), 100);
    world_close(&w);
}
END_TEST

START_TEST(a_connection_that_breaks_off_is_tried_again)
{
    struct world *w =
        failing_by("points: {default: {retry: {attempts: 2, base: 10ms}}}\n",
                   .act = PEER_RESET);

    journal_expect(w->journal, "job-0", "retry/reset/0 dead/reset/0");
    world_close(&w);
}
END_TEST

START_TEST(a_blocked_address_is_dead_without_a_call)
{
    struct world *w = failing_by("network: {schemes: [http]}\n", .status = 200);

    journal_expect(w->journal, "job-0", "dead/blocked_address/0");
    ck_assert_uint_eq(peer_connections(w->peer), 0);
    world_close(&w);
}
END_TEST

START_TEST(a_retry_that_would_come_too_late_is_not_waited_for)
{
    struct world *w = failing_by(
        "points: {default: {retry: {base: 1h, cap: 1h, max_age: 1m}}}\n",
        .status = 503);

    journal_expect(w->journal, "job-0", "dead/platform_error/503");
    ck_assert_str_eq(journal_field(w->journal, "job-0", 0, "error"),
                     "too old for another call");
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.retry", 60, what_fails_twice_is_delivered_by_the_third_call,
        a_job_without_attempts_left_is_dead_with_bytes_reason_and_history,
        an_explicit_schedule_is_followed, a_retry_after_is_honoured,
        a_refused_secret_is_discovered_again_once_and_then_dead,
        a_missing_extension_is_discovered_again_once_and_then_dead,
        what_the_extension_rejects_is_dead_at_once, a_redirect_is_not_followed,
        a_refused_connection_is_tried_again,
        an_extension_without_an_answer_times_out,
        a_connection_that_breaks_off_is_tried_again,
        a_blocked_address_is_dead_without_a_call,
        a_retry_that_would_come_too_late_is_not_waited_for);
}
