/* For how long fresh jobs wait, as ticks see them: src/lua/waiting.lua. */
#include "support/functions_case.h"
#include "support/main.h"

#include "link/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The count of the last look; 0 = there is none. */
static int64_t tick(void)
{
    long long of_look = 0, ms;
    const char *seen;
    int len = 0;

    functions_tick(&f, mine.text, "60000", "1", "");
    seen = ask("HGET", f.keys.meta, "seen");
    for (; sscanf(seen, "%lld %lld %n", &of_look, &ms, &len) == 2; seen += len)
        ;
    return of_look;
}

/* As if it had been looked at when so many were taken and waiting, n seconds
 * ago. */
static void seen_before(int64_t count_then, int64_t s)
{
    char look[64];

    (void)snprintf(look, sizeof look, "%lld %lld000 ", (long long)count_then,
                   (long long)(count("TIME") - s));
    ask("HSET", f.keys.meta, "seen", look);
}

/* What monitoring is told, in whole seconds. */
static int64_t waited_s(void)
{
    const char *reply =
        ask("FCALL", library_look, "9", f.keys.jobs, f.keys.later, f.keys.dead,
            f.keys.outcomes, f.keys.suspects, f.keys.meta, f.keys.held,
            f.keys.parked, f.keys.gates);

    for (int n = 0; n < 11; n++)
        reply = strchr(reply, '\n') + 1;
    return strtoll(reply, NULL, 10) / 1000;
}

START_TEST(a_look_counts_who_was_taken_and_who_waits)
{
    ck_assert_int_eq(tick(), 0);
    functions_push(&f, 1, 5);
    functions_claim(&f, mine.text, "2", "0");
    ck_assert_int_eq(count("HGET", f.keys.meta, "seq"), 2);
    ck_assert_int_eq(tick(), 5);
}
END_TEST

START_TEST(the_first_of_those_who_wait_was_there_at_a_look)
{
    functions_push(&f, 1, 5);
    seen_before(3, 500);
    ck_assert_int_ge(waited_s(), 500);
    /* The third was, the fourth came later. */
    functions_claim(&f, mine.text, "2", "0");
    ck_assert_int_ge(waited_s(), 500);
    functions_claim(&f, mine.text, "1", "0");
    ck_assert_int_eq(waited_s(), 0);
}
END_TEST

START_TEST(looks_that_tell_nothing_any_more_go)
{
    functions_push(&f, 1, 2);
    seen_before(2, 500);
    functions_claim(&f, mine.text, "2", "0");
    functions_push(&f, 3, 3);
    ck_assert_int_eq(tick(), 3);
    ck_assert_int_eq(waited_s(), 0);
    functions_claim(&f, mine.text, "1", "0");
    ck_assert_int_eq(tick(), 0);
    ck_assert_int_eq(count("HEXISTS", f.keys.meta, "seen"), 0);
}
END_TEST

/* An eighth of what they tell. */
START_TEST(looks_are_few)
{
    functions_push(&f, 1, 2);
    seen_before(1, 7000);
    ck_assert_int_eq(tick(), 2);
    functions_push(&f, 3, 3);
    ck_assert_int_eq(tick(), 2);
    seen_before(3, 60000);
    ck_assert_int_eq(tick(), 3);
}
END_TEST

START_TEST(jobs_that_somebody_removed_leave_nothing_wrong)
{
    functions_push(&f, 1, 5);
    seen_before(5, 500);
    ask("DEL", f.keys.jobs);
    functions_push(&f, 6, 6);
    ck_assert_int_eq(waited_s(), 0);
    ck_assert_int_eq(tick(), 1);
}
END_TEST

START_TEST(a_clock_that_went_back_starts_anew)
{
    functions_push(&f, 1, 2);
    seen_before(2, -500);
    ck_assert_int_eq(waited_s(), 0);
    ck_assert_int_eq(tick(), 2);
    ck_assert_int_le(
        strtoll(strchr(ask("HGET", f.keys.meta, "seen"), ' '), NULL, 10) / 1000,
        count("TIME"));
}
END_TEST

/* A claim sets out to take two, and parks one on its way. */
START_TEST(all_jobs_that_were_taken_are_counted)
{
    ask("HSET", f.keys.gates, "acme:on-lead", "paused 1 0 0 - -");
    ask("LPUSH", f.keys.jobs,
        "{\"container\":\"acme\",\"point\":\"on-lead\",\"payload\":1}");
    functions_push(&f, 1, 5);
    ask("FCALL", library_claim, "10", f.keys.jobs, f.keys.later, f.keys.held,
        f.keys.leases, f.keys.meta, f.keys.services, f.keys.suspects,
        f.keys.gates, f.keys.changes, f.keys.parked, mine.text, "2", "0", "w",
        "0", "9", "acme:on-lead");
    ck_assert_int_eq(count("LLEN", f.keys.jobs), 3);
    ck_assert_int_eq(count("HGET", f.keys.meta, "seq"), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.waiting");
    TCase *t = tcase_create("lua.waiting");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_look_counts_who_was_taken_and_who_waits);
    tcase_add_test(t, the_first_of_those_who_wait_was_there_at_a_look);
    tcase_add_test(t, looks_that_tell_nothing_any_more_go);
    tcase_add_test(t, looks_are_few);
    tcase_add_test(t, jobs_that_somebody_removed_leave_nothing_wrong);
    tcase_add_test(t, a_clock_that_went_back_starts_anew);
    tcase_add_test(t, all_jobs_that_were_taken_are_counted);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
