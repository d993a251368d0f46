/* The rules that a point has for its classes, in a service. */
#include "support/main.h"
#include "support/table.h"
#include "support/world.h"

#include <stdio.h>

static struct world *with_rules(const char *rules)
{
    struct world *w = world_open();

    world_configure(w,
                    "cache: {none: 0}\n"
                    "points: {on-new-lead: {rules: %s,\n"
                    "  retry: {base: 20ms, cap: 20ms}}}\n",
                    rules);
    return w;
}

START_TEST(a_rejection_may_be_tried_again_and_a_failure_may_be_the_end)
{
    struct world *w = with_rules("{rejected: 3, platform_error: dead}");

    peer_on(w->peer, .path = "/lead", .status = 400);
    world_start(w);
    world_push_many(w, "a", 0, 1);
    journal_expect(w->journal, "a-0",
                   "retry/rejected/400 retry/rejected/400 dead/rejected/400");
    peer_on(w->peer, .path = "/lead", .status = 500);
    world_push_many(w, "b", 0, 1);
    journal_expect(w->journal, "b-0", "dead/platform_error/500");
    world_close(&w);
}
END_TEST

START_TEST(a_job_may_wait_for_its_extension_to_be_installed)
{
    struct world *w = with_rules("{no_extension: 3}");

    world_start(w);
    world_push(w, "{\"id\":\"a\",\"container\":\"nobody\",\"point\":"
                  "\"on-new-lead\",\"payload\":1}");
    journal_expect(w->journal, "a",
                   "retry/no_extension/0 retry/no_extension/0 "
                   "dead/no_extension/0");
    world_close(&w);
}
END_TEST

START_TEST(a_refusal_may_end_at_once_or_go_on)
{
    struct world *w = with_rules("{unauthorized: dead, not_found: 4}");

    peer_on(w->peer, .path = "/lead", .status = 401);
    world_start(w);
    world_push_many(w, "a", 0, 1);
    journal_expect(w->journal, "a-0", "dead/unauthorized/401");
    peer_on(w->peer, .path = "/lead", .status = 404);
    world_push_many(w, "b", 0, 1);
    journal_expect(w->journal, "b-0",
                   "retry/not_found/404 retry/not_found/404 "
                   "retry/not_found/404 dead/not_found/404");
    world_close(&w);
}
END_TEST

/* Longer than what an outcome quotes. */
static const struct {
    const char *id, *begin, *end, *expected;
} long_answers[] = {
    {"a", "{\"a\":\"", "\"}", "delivered/ok/200"},
    {"b", "{\"a\":\"", "\"", "dead/invalid_response/200"},
    {"c", "{\"status\":\"error\",\"data\":{\"stack\":\"",
     "\",\"statusCode\":500}}", "dead/extension_error/200"},
    {"d", "{\"status\":\"success\",\"data\":{\"a\":\"", "\"}}",
     "delivered/ok/200"},
};

START_TEST(a_long_answer_is_judged_by_all_of_it)
{
    static char bodies[ROWS(long_answers)][20 << 10];
    struct world *w = world_open();
    char id[8];

    world_configure(w, "points: {on-new-lead: {json_answer: true,\n"
                       "  envelope: true, rules: {extension_error: dead}}}\n");
    world_start(w);
    for (int i = 0; i < ROWS(long_answers); i++) {
        (void)snprintf(bodies[i], sizeof bodies[i], "%s%016000d%s",
                       long_answers[i].begin, 0, long_answers[i].end);
        peer_on(w->peer, .path = "/lead", .body = bodies[i]);
        world_push_many(w, long_answers[i].id, 0, 1);
        (void)snprintf(id, sizeof id, "%s-0", long_answers[i].id);
        journal_expect(w->journal, id, long_answers[i].expected);
    }
    world_close(&w);
}
END_TEST

START_TEST(a_crash_with_a_long_trace_is_a_crash)
{
    static char body[12 << 10];
    struct world *w = world_open();

    (void)snprintf(body, sizeof body,
                   "{\"code\":500,\"error\":\"Script generated an unhandled "
                   "synchronous exception.\",\"stack\":\"%010000d\"}",
                   0);
    peer_on(w->peer, .path = "/lead", .status = 500, .body = body,
            .headers = "x-wt-response-source: webtask\r\n");
    world_configure(w, "points: {on-new-lead: {rules: "
                       "{extension_crash: dead}}}\n");
    world_start(w);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0", "dead/extension_crash/500");
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.rules", 60,
        a_rejection_may_be_tried_again_and_a_failure_may_be_the_end,
        a_job_may_wait_for_its_extension_to_be_installed,
        a_refusal_may_end_at_once_or_go_on,
        a_long_answer_is_judged_by_all_of_it,
        a_crash_with_a_long_trace_is_a_crash);
}
