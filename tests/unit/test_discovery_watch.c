/* Whether discovery answers, as the log has it. */
#include "service/discovery_watch.h"
#include "support/main.h"

#include <stdio.h>
#include <string.h>

static const struct extension_key acme = {"acme", "on-lead"},
                                  globex = {"globex", "on-lead"};

static struct discovery_watch watch;

static void hear(const struct extension_key *key, enum finding_kind kind)
{
    struct finding finding = {.kind = kind, .source = "http"};

    if (kind == FINDING_FAILED)
        (void)snprintf(finding.why.text, sizeof finding.why.text, "no");
    discovery_watch_hear(&watch, key, &finding);
}

static void setup(void)
{
    discovery_watch_open(&watch);
}

static void teardown(void)
{
    discovery_watch_close(&watch);
}

START_TEST(what_answers_for_others_may_fail_for_one)
{
    hear(&acme, FINDING_EXTENSION);
    ck_assert(!watch.fails);
    hear(&acme, FINDING_FAILED);
    hear(&globex, FINDING_EXTENSION);
    hear(&acme, FINDING_FAILED);
    ck_assert(watch.fails);
    ck_assert_uint_eq(watch.failures, 2);
    hear(&acme, FINDING_NONE);
    ck_assert(!watch.fails);
}
END_TEST

START_TEST(who_was_failed_last_must_be_answered)
{
    hear(&acme, FINDING_FAILED);
    hear(&globex, FINDING_FAILED);
    hear(&acme, FINDING_EXTENSION);
    ck_assert(watch.fails);
    hear(&globex, FINDING_EXTENSION);
    ck_assert(!watch.fails);
}
END_TEST

/* The one it failed for may never ask again. */
START_TEST(after_a_long_time_anybody_s_answer_will_do)
{
    hear(&acme, FINDING_FAILED);
    watch.failed_ms -= 10 * 60000;
    hear(&globex, FINDING_EXTENSION);
    ck_assert(!watch.fails);
}
END_TEST

/* Another service asked meanwhile. */
START_TEST(what_was_found_since_says_that_it_answers)
{
    hear(&acme, FINDING_FAILED);
    watch.failed_ms -= 1000;
    discovery_watch_use(&watch, &acme, 60000);
    ck_assert(watch.fails);
    discovery_watch_use(&watch, &globex, 0);
    ck_assert(watch.fails);
    discovery_watch_use(&watch, &acme, 0);
    ck_assert(!watch.fails);
}
END_TEST

START_TEST(another_reason_is_told_once_a_minute)
{
    hear(&acme, FINDING_FAILED);
    (void)snprintf(watch.told.text, sizeof watch.told.text, "another");
    hear(&acme, FINDING_FAILED);
    ck_assert_str_eq(watch.told.text, "another");
    watch.told_ms -= 60000;
    hear(&acme, FINDING_FAILED);
    ck_assert_str_eq(watch.told.text, "no");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("unit.discovery_watch");
    TCase *t = tcase_create("discovery_watch");

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_answers_for_others_may_fail_for_one);
    tcase_add_test(t, who_was_failed_last_must_be_answered);
    tcase_add_test(t, after_a_long_time_anybody_s_answer_will_do);
    tcase_add_test(t, what_was_found_since_says_that_it_answers);
    tcase_add_test(t, another_reason_is_told_once_a_minute);
    return run_suite(s);
}
