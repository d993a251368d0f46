/* Whom an answer holds up besides its job: its extension, its container. */
#include "support/judged.h"
#include "support/main.h"

/* Who else is held up, or not; hold_ms 0 = nobody. The policy gives one call,
 * so that most of these are ends. */
static const struct held {
    const char *source;
    int status;
    int64_t retry_after_ms;
    uint32_t flags;
    enum verdict verdict;
    bool spent, stops, quarantine;
    int64_t hold_ms;
} holds[] = {
    {"", 200, 60000, 0, VERDICT_DELIVERED, true, false, false, 0},
    {"", 500, 60000, 0, VERDICT_DEAD, true, false, false, 0},
    {"", 503, 60000, 0, VERDICT_DEAD, true, false, false, 60000},
    {"", 503, 0, 0, VERDICT_DEAD, true, false, false, 0},
    {"proxy", 503, 1, 0, VERDICT_DEAD, true, false, false, 1},
    {"webtask", 429, 60000, 0, VERDICT_DEAD, true, false, false, 60000},
    {"webtask", 503, 60000, 0, VERDICT_DEAD, true, false, false, 60000},
    {"webtask", 429, 0, 0, VERDICT_DEAD, true, false, false, 0},
    {"", 429, 0, 0, VERDICT_RETRY, false, false, true, 5000},
    {"", 429, 1, 0, VERDICT_RETRY, false, false, true, 5000},
    {"proxy", 429, 60000, 0, VERDICT_RETRY, false, false, true, 60000},
    {"webtask", 410, 0, 0, VERDICT_DEAD, true, true, false, 0},
    {"", 410, 0, 0, VERDICT_RETRY, true, false, false, 0},
    {"", 410, 0, RECORD_REDISCOVERED, VERDICT_DEAD, true, true, false, 0},
    {"proxy", 410, 0, 0, VERDICT_RETRY, true, false, false, 0},
    {"proxy", 410, 0, RECORD_REDISCOVERED, VERDICT_DEAD, true, false, false, 0},
    {"", 404, 0, RECORD_REDISCOVERED, VERDICT_DEAD, true, false, false, 0},
};

START_TEST(an_outcome_says_who_else_is_held_up)
{
    const struct held *row = &holds[_i];
    struct attempt a = answer(row->source, row->status, "");
    struct policy policy = plain_policy();
    struct decide_job job = job_after(1);
    struct outcome o;

    policy.retry.attempts = 1;
    job.flags = row->flags;
    a.retry_after_ms = row->retry_after_ms;
    o = decide(&job, &a, &policy, false);
    ck_assert_int_eq(o.verdict, row->verdict);
    ck_assert_int_eq(o.spent, row->spent);
    ck_assert_int_eq(o.stops, row->stops);
    ck_assert_int_eq(o.quarantine, row->quarantine);
    ck_assert_int_eq(o.pauses, row->hold_ms > 0 && !row->quarantine);
    ck_assert_int_eq(o.hold_ms, row->hold_ms);
}
END_TEST

START_TEST(an_hour_asked_for_is_cut_to_what_the_policy_bears)
{
    static const int statuses[] = {429, 503};
    struct policy policy = plain_policy();
    struct decide_job job = job_after(1);

    policy.retry.hint_cap_ms = 20000;
    for (int i = 0; i < ROWS(statuses); i++) {
        struct attempt a = answer("", statuses[i], "");
        struct outcome o;

        a.retry_after_ms = 3600000;
        o = decide(&job, &a, &policy, false);
        ck_assert_int_eq(o.hold_ms, 20000);
        ck_assert_int_eq(o.wait_ms, 20000);
    }
}
END_TEST

START_TEST(a_quarantine_holds_even_when_the_job_ends)
{
    struct attempt a = answer("", 429, "");
    struct policy policy = plain_policy();
    struct decide_job job = job_after(1);
    struct outcome o;

    job.expires_at = NOW_MS + 1;
    o = decide(&job, &a, &policy, false);
    ck_assert_int_eq(o.verdict, VERDICT_EXPIRED);
    ck_assert(o.quarantine && o.hold_ms == 5000 && o.wait_ms == 0);
}
END_TEST

START_TEST(quarantines_end_by_count_only_where_no_age_does)
{
    struct attempt a = answer("", 429, "");
    struct policy policy = plain_policy();
    struct decide_job job = job_after(900);

    job.flags = 78 * RECORD_UNDISCOVERED;
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_RETRY);
    job.flags += RECORD_UNDISCOVERED;
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_DEAD);
    policy.retry.max_age_ms = INT64_MAX;
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_RETRY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stages.decide_hold");
    TCase *tests = tcase_create("hold");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, an_outcome_says_who_else_is_held_up, 0,
                        ROWS(holds));
    tcase_add_test(tests, an_hour_asked_for_is_cut_to_what_the_policy_bears);
    tcase_add_test(tests, a_quarantine_holds_even_when_the_job_ends);
    tcase_add_test(tests, quarantines_end_by_count_only_where_no_age_does);
    return run_suite(suite);
}
