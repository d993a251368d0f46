/* What a point's rules make of each class: dead, retry, so many calls. */
#include "support/judged.h"
#include "support/main.h"

#define BODY(error) "{\"error\":\"" error "\"}"

/* One case of each class that a call can end in, and how often it is called by
 * the rules that hold where nothing is configured. */
static const struct ending {
    enum class class;
    enum attempt_end end;
    const char *source;
    int status;
    const char *body;
    uint32_t calls;
    uint32_t fewer;
    bool rediscovers;
} endings[] = {
    {CLASS_BLOCKED_ADDRESS, ATTEMPT_BLOCKED, "", 0, "", 1, 0, false},
    {CLASS_UNREACHABLE, ATTEMPT_UNREACHABLE, "", 0, "", 8, 0, false},
    {CLASS_TIMEOUT, ATTEMPT_TIMEOUT, "", 0, "", 8, 0, false},
    {CLASS_RESET, ATTEMPT_RESET, "", 0, "", 8, 0, false},
    {CLASS_INVALID_RESPONSE, ATTEMPT_GARBLED, "", 0, "", 1, 0, false},
    {CLASS_INVALID_RESPONSE, ATTEMPT_ANSWERED, "", 600, "", 1, 0, false},
    {CLASS_COMPILE_ERROR, ATTEMPT_ANSWERED, "compiler", 400, "", 1, 0, false},
    {CLASS_PLATFORM_ERROR, ATTEMPT_ANSWERED, "", 502, "", 8, 0, false},
    {CLASS_UNAUTHORIZED, ATTEMPT_ANSWERED, "", 401, "", 2, 0, true},
    {CLASS_NOT_FOUND, ATTEMPT_ANSWERED, "", 404, "", 2, 0, true},
    {CLASS_NOT_FOUND, ATTEMPT_ANSWERED, "proxy", 410, "", 2, 0, true},
    {CLASS_GONE, ATTEMPT_ANSWERED, "", 410, "", 2, 0, true},
    {CLASS_GONE, ATTEMPT_ANSWERED, "webtask", 410, "", 1, 1, false},
    {CLASS_REJECTED, ATTEMPT_ANSWERED, "", 400, "", 1, 0, false},
    {CLASS_REJECTED, ATTEMPT_ANSWERED, "webtask", 422, "", 1, 0, false},
    {CLASS_REDIRECT, ATTEMPT_ANSWERED, "", 302, "", 1, 0, false},
    {CLASS_EXTENSION_CRASH, ATTEMPT_ANSWERED, "webtask", 500, BODY(ASYNC), 3, 0,
     false},
    {CLASS_EXTENSION_CRASH, ATTEMPT_ANSWERED, "webtask", 500, BODY(SYNC), 2, 1,
     false},
    {CLASS_EXTENSION_BUSY, ATTEMPT_ANSWERED, "webtask", 503, "", 3, 0, false},
    {CLASS_EXTENSION_ERROR, ATTEMPT_ANSWERED, "webtask", 500, "", 3, 0, false},
};

/* How many calls a job has that ends so each time. */
static uint32_t calls_of(const struct ending *row, const struct policy *policy)
{
    struct decide_job job = {.first_ms = FIRST_MS, .now_ms = NOW_MS};
    struct attempt a = {
        .end = row->end, .status = row->status, .body = span_of(row->body)};
    struct outcome o;

    snprintf(a.source, sizeof a.source, "%s", row->source);
    do {
        job.attempts++;
        o = decide(&job, &a, policy, false);
        ck_assert_int_eq(o.class, row->class);
        ck_assert_int_eq(o.stops,
                         o.class == CLASS_GONE && o.verdict == VERDICT_DEAD);
        ck_assert_int_eq(o.rediscover,
                         row->rediscovers && o.verdict == VERDICT_RETRY);
        /* The first refusal is followed at once, the others by the plan. */
        ck_assert_int_eq(o.wait_ms == 0, o.verdict == VERDICT_DEAD ||
                                             (row->rediscovers && !job.flags));
        if (row->rediscovers)
            job.flags = RECORD_REDISCOVERED;
    } while (o.verdict == VERDICT_RETRY && job.attempts < 100);
    ck_assert_int_eq(o.verdict, VERDICT_DEAD);
    return job.attempts;
}

START_TEST(each_class_has_a_rule_of_its_own)
{
    const struct ending *row = &endings[_i];
    struct policy policy = plain_policy();

    ck_assert_uint_eq(calls_of(row, &policy), row->calls);
}
END_TEST

static const struct rule {
    uint32_t rule, calls;
} rules[] = {
    {RULE_DEAD, 1},       {2, 2},           {5, 5},
    {ATTEMPTS, ATTEMPTS}, {1000, ATTEMPTS}, {RULE_RETRY, ATTEMPTS},
};

START_TEST(a_point_may_change_each_rule)
{
    const struct ending *row = &endings[_i];

    for (int i = 0; i < ROWS(rules); i++) {
        struct policy policy = plain_policy();
        uint32_t want = rules[i].calls;

        policy.rules[row->class] = rules[i].rule;
        if (rules[i].rule < 1000 && want > row->fewer)
            want -= row->fewer;
        ck_assert_msg(calls_of(row, &policy) == want, "row %d, rule %d: %u", _i,
                      i, calls_of(row, &policy));
    }
}
END_TEST

START_TEST(no_rule_changes_another_class)
{
    const struct ending *row = &endings[_i];
    struct policy policy = plain_policy();

    for (unsigned c = 0; c < CLASSES; c++)
        if (c != row->class)
            policy.rules[c] = c % 2 ? RULE_DEAD : RULE_RETRY;
    ck_assert_uint_eq(calls_of(row, &policy), row->calls);
}
END_TEST

/* The same for what spends no attempt: tries in a row are counted. */
typedef struct outcome judge(const struct decide_job *job,
                             const struct policy *policy, uint32_t tries);

static struct outcome throttled(const struct decide_job *job,
                                const struct policy *policy, uint32_t tries)
{
    static const struct attempt a = {.end = ATTEMPT_ANSWERED, .status = 429};
    struct decide_job again = *job;

    again.flags = (tries - 1) * RECORD_UNDISCOVERED;
    return decide(&again, &a, policy, false);
}

static const struct waiting {
    enum class class;
    judge *judge;
} waits[] = {
    {CLASS_THROTTLED, throttled},
    {CLASS_DISCOVERY_FAILED, decide_undiscovered},
    {CLASS_NO_EXTENSION, decide_uninstalled},
};

static uint32_t tries_of(const struct waiting *row, const struct policy *policy)
{
    /* Calls that were made have no part in it. */
    struct decide_job job = {
        .attempts = 50, .first_ms = FIRST_MS, .now_ms = NOW_MS};
    uint32_t tries = 0;
    struct outcome o;

    do {
        o = row->judge(&job, policy, ++tries);
        ck_assert_int_eq(o.class, row->class);
        ck_assert(!o.spent && !o.rediscover && !o.stops);
    } while (o.verdict == VERDICT_RETRY && tries < 10000);
    ck_assert_int_eq(o.verdict, VERDICT_DEAD);
    return tries;
}

START_TEST(what_spends_no_attempt_counts_tries)
{
    const struct waiting *row = &waits[_i];
    struct policy policy = plain_policy();

    policy.rules[row->class] = RULE_DEAD;
    ck_assert_uint_eq(tries_of(row, &policy), 1);
    policy.rules[row->class] = 7;
    ck_assert_uint_eq(tries_of(row, &policy), 7);
    policy.rules[row->class] = 1000;
    ck_assert_uint_eq(tries_of(row, &policy), 1000);
    policy.rules[row->class] = RULE_RETRY;
    ck_assert_uint_eq(tries_of(row, &policy), 10 * ATTEMPTS);
}
END_TEST

START_TEST(without_an_extension_a_job_is_skipped_unless_a_rule_says_otherwise)
{
    struct policy policy = plain_policy();
    struct decide_job job = {.first_ms = FIRST_MS, .now_ms = NOW_MS};
    struct outcome o = decide_uninstalled(&job, &policy, 1);

    ck_assert_int_eq(o.verdict, VERDICT_SKIPPED);
    ck_assert_int_eq(o.class, CLASS_NO_EXTENSION);
    policy.rules[CLASS_NO_EXTENSION] = RULE_RETRY;
    o = decide_uninstalled(&job, &policy, 3);
    ck_assert_int_eq(o.verdict, VERDICT_RETRY);
    ck_assert_int_eq(o.wait_ms, 4000);
}
END_TEST

START_TEST(a_refusal_after_the_attempts_is_not_called_once_more_for_ever)
{
    static const struct attempt a = {.end = ATTEMPT_ANSWERED, .status = 401};
    struct policy policy = plain_policy();
    struct decide_job job = {
        .attempts = ATTEMPTS, .first_ms = FIRST_MS, .now_ms = NOW_MS};

    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_RETRY);
    job.attempts++;
    ck_assert_int_eq(decide(&job, &a, &policy, false).verdict, VERDICT_DEAD);
}
END_TEST

START_TEST(every_class_is_in_one_of_the_tables_or_has_no_rule)
{
    for (unsigned c = 0; c < CLASSES; c++) {
        bool found = false;

        for (int i = 0; i < ROWS(endings); i++)
            found = found || endings[i].class == c;
        for (int i = 0; i < ROWS(waits); i++)
            found = found || waits[i].class == c;
        ck_assert_msg(found == policy_has_rule((enum class)c), "%s",
                      class_text((enum class)c));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stages.decide_rules");
    TCase *tests = tcase_create("rules");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, each_class_has_a_rule_of_its_own, 0,
                        ROWS(endings));
    tcase_add_loop_test(tests, a_point_may_change_each_rule, 0, ROWS(endings));
    tcase_add_loop_test(tests, no_rule_changes_another_class, 0, ROWS(endings));
    tcase_add_loop_test(tests, what_spends_no_attempt_counts_tries, 0,
                        ROWS(waits));
    tcase_add_test(
        tests,
        without_an_extension_a_job_is_skipped_unless_a_rule_says_otherwise);
    tcase_add_test(
        tests, a_refusal_after_the_attempts_is_not_called_once_more_for_ever);
    tcase_add_test(tests, every_class_is_in_one_of_the_tables_or_has_no_rule);
    return run_suite(suite);
}
