/* One call of a server-side function moves no more than some MiB: Redis serves
 * nobody else meanwhile. */
#include "support/functions_case.h"
#include "support/main.h"

#include <stdio.h>
#include <stdlib.h>

enum { JOBS = 40, LEFT_AT_LEAST = 28 };

/* Jobs of 1 MiB, held by the worker "w". */
static void hold_large(void)
{
    static const char script[] =
        "for n = 1, ARGV[1] do redis.call('HSET', KEYS[1], 'w:' .. n .. '-1', "
        "n .. '-1 1 0 0 1000 -\\n' .. string.rep('x', 1048576)) end";
    char held[KEY_MAX], count[16];

    keys_held(held, &f.keys, mine.text);
    (void)snprintf(count, sizeof count, "%d", JOBS);
    (void)redis_server_ask(f.server, "EVAL", script, "1", held, count, NULL);
    ck_assert_int_eq(functions_held(&f, mine.text), JOBS);
}

static int64_t count_later(void)
{
    return redis_server_count(f.server, "ZCARD", f.keys.later, NULL);
}

START_TEST(large_jobs_are_released_in_several_calls)
{
    int64_t left;

    hold_large();
    left = strtoll(functions_release(&f, mine.text, "500", "1"), NULL, 10);
    ck_assert_int_ge(left, LEFT_AT_LEAST);
    ck_assert_int_eq(functions_held(&f, mine.text), left);
    ck_assert_int_eq(count_later(), JOBS - left);
    for (int call = 0; left > 0 && call < JOBS; call++)
        left = strtoll(functions_release(&f, mine.text, "500", "1"), NULL, 10);
    ck_assert_int_eq(count_later(), JOBS);
}
END_TEST

START_TEST(large_jobs_are_recovered_in_several_calls)
{
    const char *reply;
    int call = 1;

    hold_large();
    ck_assert_str_eq(functions_recover(&f, mine.text, "w", NULL), "1\n1");
    ck_assert_int_ge(functions_held(&f, mine.text), LEFT_AT_LEAST);
    do {
        reply = functions_recover(&f, mine.text, "w", NULL);
        ck_assert_int_eq(strtol(reply, NULL, 10), ++call);
    } while (reply[strlen(reply) - 1] == '1' && call < JOBS);
    ck_assert_int_eq(functions_held(&f, mine.text), 0);
    ck_assert_int_eq(count_later(), JOBS);
}
END_TEST

/* Each claim says whether there is more: nobody would ask for it at once. */
START_TEST(large_jobs_that_are_due_are_claimed_in_several_calls)
{
    const char *reply;
    int calls = 0;

    hold_large();
    while (functions_held(&f, mine.text) > 0)
        functions_release(&f, mine.text, "500", "1");
    mine = functions_join(&f, "60000");
    do
        reply = functions_claim(&f, mine.text, "40", "40");
    while (reply[strlen(reply) - 1] == '1' && ++calls < JOBS);
    ck_assert_int_gt(calls, 1);
    ck_assert_int_eq(functions_held(&f, mine.text), JOBS);
}
END_TEST

static void push(const char *jobs, const char *bytes)
{
    static const char script[] =
        "for _ = 1, ARGV[1] do redis.call('LPUSH', KEYS[1], "
        "string.rep('x', ARGV[2])) end";

    (void)redis_server_ask(f.server, "EVAL", script, "1", f.keys.jobs, jobs,
                           bytes, NULL);
}

/* Claims that many small jobs with 16 of 1 MiB behind them, and returns how
 * many of those one call took; the others are gone. */
static int64_t take_large_behind(const char *small)
{
    int64_t held = functions_held(&f, mine.text);

    push(small, "9");
    push("16", "1048576");
    functions_claim(&f, mine.text, "120", "0");
    (void)redis_server_ask(f.server, "DEL", f.keys.jobs, NULL);
    held = functions_held(&f, mine.text) - held;
    return held - strtoll(small, NULL, 10);
}

START_TEST(large_jobs_behind_a_few_small_ones_are_claimed_few_at_once)
{
    int64_t large = take_large_behind("12");

    ck_assert_int_ge(large, 1);
    ck_assert_int_le(large, 4);
}
END_TEST

/* Many are claimed at once when many were small, but not twice. */
START_TEST(claims_remember_that_a_job_was_large)
{
    push("1200", "9");
    for (int call = 0; call < 10; call++)
        functions_claim(&f, mine.text, "120", "0");
    ck_assert_int_eq(functions_held(&f, mine.text), 1200);
    ck_assert_int_le(take_large_behind("0"), 12);
    ck_assert_int_le(take_large_behind("60"), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.bytes");
    TCase *t = tcase_create("lua.bytes");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, large_jobs_are_released_in_several_calls);
    tcase_add_test(t, large_jobs_are_recovered_in_several_calls);
    tcase_add_test(t, large_jobs_that_are_due_are_claimed_in_several_calls);
    tcase_add_test(t,
                   large_jobs_behind_a_few_small_ones_are_claimed_few_at_once);
    tcase_add_test(t, claims_remember_that_a_job_was_large);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
