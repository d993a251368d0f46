/* When decide has another call made: limits, waits, expiry, rediscovery. */
#include "support/judged.h"
#include "support/main.h"

/* How often the same answer is borne, of eight calls that the policy gives. */
static const struct limit {
    const char *source;
    int status;
    const char *body;
    uint32_t calls;
} limits[] = {
    {"", 500, "", 8},
    {"webtask", 500, "", 3},
    {"webtask", 503, "", 3},
    {"webtask", 500, "{\"error\":\"" ASYNC "\"}", 3},
    {"webtask", 500, "{\"error\":\"" SYNC "\"}", 2},
};

START_TEST(retries_end_with_the_class_they_began_with)
{
    const struct limit *row = &limits[_i];
    struct attempt a = answer(row->source, row->status, row->body);
    struct policy policy = plain_policy();

    for (uint32_t n = 1; n <= 9; n++) {
        struct decide_job job = job_after(n);
        struct outcome first, o = decide(&job, &a, &policy, false);

        job.attempts = 1;
        first = decide(&job, &a, &policy, false);
        ck_assert_int_eq(o.verdict,
                         n < row->calls ? VERDICT_RETRY : VERDICT_DEAD);
        ck_assert_int_eq(o.class, first.class);
        ck_assert(o.verdict == VERDICT_RETRY || o.wait_ms == 0);
    }
}
END_TEST

START_TEST(a_policy_may_allow_less_than_the_class)
{
    struct attempt a = answer("webtask", 500, "");
    struct policy policy = plain_policy();
    struct decide_job job = job_after(1);

    policy.retry.attempts = 1;
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_DEAD);
    policy.retry.attempts = 2;
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_RETRY);
}
END_TEST

static const struct wait {
    const char *source;
    int status;
    const char *body;
    int64_t retry_after_ms;
    uint32_t attempts;
    int64_t want_ms;
} waits[] = {
    {"", 500, "", 0, 1, 1000},
    {"", 500, "", 0, 3, 4000},
    {"", 500, "", 60000, 1, 1000},
    {"", 503, "", 60000, 1, 60000},
    {"", 503, "", 500, 1, 1000},
    {"", 429, "", 60000, 1, 60000},
    {"", 429, "", 2000, 1, 5000},
    {"", 429, "", 0, 1, 5000},
    {"", 429, "", 0, 4, 5000},
    {"proxy", 429, "", 0, 1, 5000},
    {"webtask", 429, "", 0, 1, 1000},
    {"webtask", 429, "", 60000, 1, 60000},
    {"webtask", 503, "", 60000, 1, 60000},
    {"webtask", 500, "", 60000, 1, 1000},
    {"webtask", 500, "{\"error\":\"" SYNC "\"}", 0, 1, 1000},
    {"webtask", 500, "{\"error\":\"" ASYNC "\"}", 0, 1, 6000},
};

START_TEST(a_retry_waits_as_planned_or_as_asked)
{
    const struct wait *row = &waits[_i];
    struct attempt a = answer(row->source, row->status, row->body);
    struct policy policy = plain_policy();
    struct decide_job job = job_after(row->attempts);
    struct outcome o;

    a.retry_after_ms = row->retry_after_ms;
    o = decide(&job, &a, &policy, false);
    ck_assert_int_eq(o.verdict, VERDICT_RETRY);
    ck_assert_int_eq(o.wait_ms, row->want_ms);
    ck_assert(!o.rediscover);
}
END_TEST

START_TEST(dice_spread_the_wait)
{
    struct attempt a = answer("", 500, "");
    struct policy policy = plain_policy();
    struct decide_job job = job_after(1);

    policy.retry.jitter = 50;
    job.dice = 1u << 31;
    ck_assert_int_eq(decide(&job, &a, &policy, false).wait_ms, 750);
    a.status = 429;
    ck_assert_int_eq(decide(&job, &a, &policy, false).wait_ms, 5250);
}
END_TEST

START_TEST(a_retry_that_would_come_too_late_expires)
{
    struct attempt a = answer("", 500, "");
    struct policy policy = plain_policy();
    struct decide_job job = job_after(1);
    struct outcome o;

    job.expires_at = NOW_MS + BASE_MS + 1;
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_RETRY);
    job.expires_at = NOW_MS + BASE_MS;
    o = decide(&job, &a, &policy, false);
    ck_assert_int_eq(o.verdict, VERDICT_EXPIRED);
    ck_assert_int_eq(o.class, CLASS_EXPIRED);
    ck_assert_int_eq(o.wait_ms, 0);
}
END_TEST

START_TEST(what_is_delivered_or_dead_does_not_expire)
{
    struct attempt good = answer("", 200, ""), bad = answer("", 400, "");
    struct attempt last = answer("", 500, "");
    struct policy policy = plain_policy();
    struct decide_job job = job_after(8);

    job.expires_at = 1;
    ck_assert_int_eq(decide(&job, &good, &policy, false).verdict,
                     VERDICT_DELIVERED);
    ck_assert_int_eq(decide(&job, &bad, &policy, false).verdict, VERDICT_DEAD);
    ck_assert_int_eq(decide(&job, &last, &policy, false).verdict, VERDICT_DEAD);
}
END_TEST

START_TEST(a_job_has_an_age_at_which_it_dies)
{
    struct attempt a = answer("", 500, "");
    struct policy policy = plain_policy();
    struct decide_job job = job_after(1);
    struct outcome o;

    policy.retry.max_age_ms = NOW_MS + BASE_MS - FIRST_MS;
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_RETRY);
    policy.retry.max_age_ms--;
    o = decide(&job, &a, &policy, false);
    ck_assert_int_eq(o.verdict, VERDICT_DEAD);
    ck_assert_int_eq(o.class, CLASS_PLATFORM_ERROR);
}
END_TEST

START_TEST(times_at_their_ends_do_not_overflow)
{
    struct attempt a = answer("", 429, "");
    struct policy policy = plain_policy();
    struct decide_job job = {.attempts = 1,
                             .first_ms = INT64_MAX,
                             .now_ms = INT64_MAX,
                             .dice = UINT32_MAX};

    policy.retry = (struct retry){.attempts = UINT32_MAX,
                                  .base_ms = INT64_MAX,
                                  .cap_ms = INT64_MAX,
                                  .max_age_ms = INT64_MAX};
    a.retry_after_ms = INT64_MAX;
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_RETRY);
    ck_assert_int_eq(decide_undiscovered(&job, &policy, UINT32_MAX).verdict,
                     VERDICT_RETRY);
}
END_TEST

START_TEST(a_stale_entry_is_forgotten_once_and_asked_for_anew)
{
    static const int statuses[] = {401, 403, 404};
    struct policy policy = plain_policy();

    for (int i = 0; i < ROWS(statuses); i++) {
        struct attempt a = answer("", statuses[i], "");
        struct decide_job job = job_after(1);
        struct outcome o = decide(&job, &a, &policy, false), again;

        a.retry_after_ms = 5000;
        ck_assert_int_eq(o.verdict, VERDICT_RETRY);
        ck_assert_int_eq(o.wait_ms, 0);
        ck_assert(o.rediscover);
        job.attempts = 2;
        job.flags = RECORD_REDISCOVERED;
        again = decide(&job, &a, &policy, false);
        ck_assert_int_eq(again.verdict, VERDICT_DEAD);
        ck_assert_int_eq(again.class, o.class);
        ck_assert(!again.rediscover);
    }
}
END_TEST

START_TEST(the_call_after_a_rediscovery_is_not_counted_against_the_policy)
{
    struct attempt a = answer("", 401, "");
    struct policy policy = plain_policy();
    struct decide_job job = job_after(1);

    policy.retry.attempts = 1;
    ck_assert(decide(&job, &a, &policy, false).rediscover);
    job.expires_at = NOW_MS;
    ck_assert(!decide(&job, &a, &policy, false).rediscover);
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_EXPIRED);
}
END_TEST

START_TEST(after_a_rediscovery_other_failures_are_retried)
{
    struct attempt a = answer("", 500, "");
    struct policy policy = plain_policy();
    struct decide_job job = job_after(2);

    job.flags = RECORD_REDISCOVERED;
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_RETRY);
}
END_TEST

START_TEST(failed_discovery_waits_by_claims_and_ends_by_count)
{
    struct policy policy = plain_policy();
    struct decide_job job = job_after(0);
    struct outcome o = decide_undiscovered(&job, &policy, 1);

    ck_assert_int_eq(o.verdict, VERDICT_RETRY);
    ck_assert_int_eq(o.class, CLASS_DISCOVERY_FAILED);
    ck_assert_int_eq(o.wait_ms, 1000);
    ck_assert(!o.rediscover);
    ck_assert_int_eq(decide_undiscovered(&job, &policy, 3).wait_ms, 4000);
    ck_assert_int_eq(decide_undiscovered(&job, &policy, 79).verdict,
                     VERDICT_RETRY);
    o = decide_undiscovered(&job, &policy, 80);
    ck_assert_int_eq(o.verdict, VERDICT_DEAD);
    ck_assert_int_eq(o.class, CLASS_DISCOVERY_FAILED);
}
END_TEST

START_TEST(failed_discovery_ends_by_age_where_the_policy_has_one)
{
    struct policy policy = plain_policy();
    struct decide_job job = job_after(0);

    policy.retry.max_age_ms = NOW_MS + BASE_MS - FIRST_MS;
    ck_assert_int_eq(decide_undiscovered(&job, &policy, 1).verdict,
                     VERDICT_RETRY);
    ck_assert_int_eq(decide_undiscovered(&job, &policy, 2).verdict,
                     VERDICT_DEAD);
    policy.retry.max_age_ms = INT64_MAX;
    ck_assert_int_eq(decide_undiscovered(&job, &policy, 9999).verdict,
                     VERDICT_RETRY);
    job.expires_at = NOW_MS + BASE_MS;
    ck_assert_int_eq(decide_undiscovered(&job, &policy, 1).verdict,
                     VERDICT_EXPIRED);
}
END_TEST

START_TEST(ends_without_a_call_say_why)
{
    struct outcome o = decide_malformed("byte 5: bad");

    ck_assert_int_eq(o.verdict, VERDICT_DEAD);
    ck_assert_int_eq(o.class, CLASS_MALFORMED);
    ck_assert_str_eq(o.reason, "byte 5: bad");
    o = decide_expired();
    ck_assert_int_eq(o.verdict, VERDICT_EXPIRED);
    ck_assert_int_eq(o.class, CLASS_EXPIRED);
    o = decide_worker_killer();
    ck_assert_int_eq(o.verdict, VERDICT_DEAD);
    ck_assert_int_eq(o.class, CLASS_WORKER_KILLER);
    ck_assert_ptr_nonnull(o.reason);
}
END_TEST

static TCase *single_tests(void)
{
    static const TTest *const *const all[] = {
        &dice_spread_the_wait,
        &a_policy_may_allow_less_than_the_class,
        &a_retry_that_would_come_too_late_expires,
        &what_is_delivered_or_dead_does_not_expire,
        &a_job_has_an_age_at_which_it_dies,
        &times_at_their_ends_do_not_overflow,
        &a_stale_entry_is_forgotten_once_and_asked_for_anew,
        &the_call_after_a_rediscovery_is_not_counted_against_the_policy,
        &after_a_rediscovery_other_failures_are_retried,
        &failed_discovery_waits_by_claims_and_ends_by_count,
        &failed_discovery_ends_by_age_where_the_policy_has_one,
        &ends_without_a_call_say_why,
    };
    TCase *tests = tcase_create("rules");

    for (int i = 0; i < ROWS(all); i++)
        tcase_add_test(tests, *all[i]);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("stages.decide");
    TCase *tables = tcase_create("tables");

    suite_add_tcase(suite, tables);
    suite_add_tcase(suite, single_tests());
    tcase_add_loop_test(tables, retries_end_with_the_class_they_began_with, 0,
                        ROWS(limits));
    tcase_add_loop_test(tables, a_retry_waits_as_planned_or_as_asked, 0,
                        ROWS(waits));
    return run_suite(suite);
}
