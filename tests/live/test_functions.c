/* The server-side functions that move jobs: claim and finish. */
#include "support/functions_case.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t due_in(const char *reply)
{
    return strtoll(strchr(reply, '\n') + 1, NULL, 10);
}

/* Puts claimed jobs into `later`, due that long ago. */
static void postpone(int n, const char *delay_ms)
{
    struct field field = functions_field(&f, mine.text, n);

    functions_finish(&f, mine.text, field.text, "later", delay_ms);
}

START_TEST(the_first_pushed_is_the_first_claimed)
{
    functions_push(&f, 1, 5);
    ck_assert_str_eq(gated_numbers(functions_claim(&f, mine.text, "2", "1")),
                     "1 2");
    functions_census(&f, 1, 5);
    ck_assert_str_eq(gated_numbers(functions_claim(&f, mine.text, "9", "1")),
                     "3 4 5");
    ck_assert_str_eq(gated_numbers(functions_claim(&f, mine.text, "9", "1")),
                     "");
    functions_census(&f, 1, 5);
    ck_assert_int_eq(functions_held(&f, mine.text), 5);
}
END_TEST

/* What looks like a record as well: nobody but extq writes one. */
static const char *const first_jobs[] = {"{\"n\":1}", "1-2 9 9 0 5 -\n{}", ""};

START_TEST(a_job_is_held_as_it_came_and_given_back_as_a_record)
{
    const char *job = first_jobs[_i];
    char now[32], field[64], want[256], held[KEY_MAX];
    const char *reply;

    ask("LPUSH", f.keys.jobs, job);
    /* Lua would write 1e+14. */
    ask("HSET", f.keys.meta, "seq", "100000000000000");
    reply = functions_claim(&f, mine.text, "1", "1");
    (void)snprintf(now, sizeof now, "%.*s", (int)strcspn(reply, "\n"), reply);
    (void)snprintf(field, sizeof field, "w:100000000000000-%s-1", now);
    keys_held(held, &f.keys, mine.text);
    ck_assert_str_eq(ask("HGET", held, field), job);
    functions_release(&f, mine.text, "10", "1");
    (void)snprintf(want, sizeof want, "%s 1 0 0 %s -\n%s", field + 2, now, job);
    ck_assert_str_eq(ask("ZRANGE", f.keys.later, "0", "-1"), want);
}
END_TEST

START_TEST(a_job_that_is_put_off_at_its_first_claim_keeps_its_bytes)
{
    const char *job = first_jobs[_i];
    char field[64], want[256];
    const char *reply;

    ask("LPUSH", f.keys.jobs, job);
    reply = functions_claim(&f, mine.text, "1", "1");
    (void)snprintf(field, sizeof field, "w:0-%.*s-1", (int)strcspn(reply, "\n"),
                   reply);
    functions_finish_bare(&f, mine.text, field, "later");
    (void)snprintf(want, sizeof want, "1 1 1 0 5 -\n%s", job);
    ck_assert_str_eq(ask("ZRANGE", f.keys.later, "0", "-1"), want);
}
END_TEST

START_TEST(no_two_claims_of_a_job_share_a_field)
{
    struct field fields[3];
    const char *reply;

    functions_push(&f, 1, 1);
    functions_claim(&f, mine.text, "1", "1");
    for (int i = 0; i < 3; i++) {
        fields[i] = functions_field(&f, mine.text, 1);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(fields[i].text, fields[k].text);
        postpone(1, "-1");
        reply = functions_claim(&f, mine.text, "1", "1");
        ck_assert_int_eq(due_in(reply), 1);
        ck_assert_ptr_nonnull(strstr(reply, " 2 1 0 5 -\n{\"n\":1}"));
    }
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_nonnull(
            strstr(functions_finish(&f, mine.text, fields[i].text, "done", "0"),
                   fields[i].text));
    functions_census(&f, 1, 1);
}
END_TEST

START_TEST(the_longest_due_is_claimed_first_and_the_rest_waits)
{
    functions_push(&f, 1, 4);
    functions_claim(&f, mine.text, "4", "4");
    postpone(1, "-1000");
    postpone(2, "-3000");
    postpone(3, "-2000");
    postpone(4, "3600000");
    functions_census(&f, 1, 4);
    ck_assert_str_eq(gated_numbers(functions_claim(&f, mine.text, "2", "2")),
                     "2 3");
    ck_assert_str_eq(gated_numbers(functions_claim(&f, mine.text, "9", "9")),
                     "1");
    ck_assert_str_eq(functions_place(&f, 4), "later");
    functions_census(&f, 1, 4);
}
END_TEST

/* Of six due jobs and a number of fresh ones. */
static const struct {
    int fresh;
    const char *count, *due_count;
    int64_t due_taken;
    size_t taken;
} mixes[] = {
    {10, "6", "3", 3, 6}, /* half and half */
    {10, "6", "0", 0, 6}, /* none of those due */
    {10, "6", "9", 6, 6}, /* never more than asked */
    {0, "4", "2", 4, 4},  /* what fresh ones leave free */
    {1, "6", "2", 5, 6},  /* likewise */
    {0, "9", "1", 6, 6},  /* all there is */
    {2, "20", "1", 6, 8}, {1, "1", "1", 1, 1}, {1, "1", "0", 0, 1},
};

START_TEST(due_and_fresh_jobs_share_a_claim)
{
    const char *reply;
    size_t taken = 0;

    functions_push(&f, 1, 6);
    functions_claim(&f, mine.text, "6", "6");
    for (int n = 1; n <= 6; n++)
        postpone(n, "-1");
    functions_push(&f, 7, 6 + mixes[_i].fresh);
    reply =
        functions_claim(&f, mine.text, mixes[_i].count, mixes[_i].due_count);
    ck_assert_int_eq(due_in(reply), mixes[_i].due_taken);
    for (const char *at = reply; (at = strstr(at, "{\"n\":")); at++)
        taken++;
    ck_assert_uint_eq(taken, mixes[_i].taken);
    functions_census(&f, 1, 6 + mixes[_i].fresh);
}
END_TEST

static const struct {
    const char *move, *place, *verdict;
} moves[] = {
    {"done", "nowhere", "delivered"},
    {"later", "later", "retry"},
    {"dead", "dead", "dead"},
};

START_TEST(finishing_moves_the_job_and_writes_one_outcome)
{
    struct field field;

    functions_push(&f, 1, 2);
    functions_claim(&f, mine.text, "2", "2");
    field = functions_field(&f, mine.text, 1);
    ck_assert_ptr_null(strchr(
        functions_finish(&f, mine.text, field.text, moves[_i].move, "5000"),
        '\n'));
    ck_assert_str_eq(functions_place(&f, 1), moves[_i].place);
    ck_assert_str_eq(functions_place(&f, 2), "held");
    ck_assert_int_eq(functions_held(&f, mine.text), 1);
    ck_assert_int_eq(count("XLEN", f.keys.outcomes), 1);
    ck_assert_int_eq(count("HGET", f.keys.meta, moves[_i].verdict), 1);
    functions_census(&f, _i == 0 ? 2 : 1, 2);
}
END_TEST

START_TEST(finishing_twice_has_no_second_effect)
{
    struct digest before;
    struct field field;

    functions_push(&f, 1, 1);
    functions_claim(&f, mine.text, "1", "1");
    field = functions_field(&f, mine.text, 1);
    functions_finish(&f, mine.text, field.text, moves[_i].move, "5000");
    before = functions_digest(&f);
    for (int i = 0; i < ROWS(moves); i++) {
        const char *reply =
            functions_finish(&f, mine.text, field.text, moves[i].move, "1");
        ck_assert_str_eq(strchr(reply, '\n') + 1, field.text);
    }
    ck_assert_str_eq(functions_digest(&f).text, before.text);
}
END_TEST

START_TEST(a_postponed_job_has_its_due_time_in_score_and_outcome)
{
    struct field field;
    long long now, next_at;
    const char *entry;

    functions_push(&f, 1, 1);
    functions_claim(&f, mine.text, "1", "1");
    field = functions_field(&f, mine.text, 1);
    now = strtoll(functions_finish(&f, mine.text, field.text, "later", "70000"),
                  NULL, 10);
    ck_assert_int_eq(
        strtoll(strrchr(ask("ZRANGE", f.keys.later, "0", "-1", "WITHSCORES"),
                        '\n') +
                    1,
                NULL, 10),
        now + 70000);
    entry = ask("XRANGE", f.keys.outcomes, "-", "+");
    next_at =
        strtoll(strstr(entry, "next_at\n") + strlen("next_at\n"), NULL, 10);
    ck_assert_int_eq(next_at, now + 70000);
}
END_TEST

START_TEST(a_dead_job_is_kept_with_reason_and_bytes)
{
    struct field field;
    const char *entry;
    char record[128];

    functions_push(&f, 1, 1);
    functions_claim(&f, mine.text, "1", "1");
    field = functions_field(&f, mine.text, 1);
    functions_finish(&f, mine.text, field.text, "dead", "0");
    entry = strchr(ask("XRANGE", f.keys.dead, "-", "+"), '\n') + 1;
    (void)snprintf(record, sizeof record,
                   "id\ni\ncontainer\nacme\npoint\non-lead\nclass\ntimeout\n"
                   "error\nlate\nrecord\n%s 1 1 0 5 -\n{\"n\":1}",
                   strchr(field.text, ':') + 1);
    ck_assert_str_eq(entry, record);
}
END_TEST

START_TEST(a_move_without_outcome_loses_nothing)
{
    functions_push(&f, 1, 1);
    functions_claim(&f, mine.text, "1", "1");
    ck_assert_int_gt(
        strtoll(functions_finish_bare(&f, mine.text,
                                      functions_field(&f, mine.text, 1).text,
                                      moves[_i].move),
                NULL, 10),
        0);
    ck_assert_str_eq(functions_place(&f, 1), moves[_i].place);
    ck_assert_int_eq(count("EXISTS", f.keys.outcomes), 0);
}
END_TEST

START_TEST(what_falls_off_the_dead_list_is_counted)
{
    functions_push(&f, 1, 1010);
    functions_claim(&f, mine.text, "1010", "0");
    for (int n = 1; n <= 1010; n++)
        functions_finish(&f, mine.text, functions_field(&f, mine.text, n).text,
                         "dead", "0");
    ck_assert_int_eq(count("XLEN", f.keys.dead), 1000);
    ck_assert_int_eq(count("HGET", f.keys.meta, "dead_dropped"), 10);
    ck_assert_int_eq(count("HGET", f.keys.meta, "dead"), 1010);
    ck_assert_str_eq(functions_place(&f, 10), "nowhere");
    functions_census(&f, 11, 1010);
}
END_TEST

START_TEST(outcomes_are_bounded)
{
    functions_push(&f, 1, 1);
    for (int n = 1; n <= 1500; n++) {
        functions_claim(&f, mine.text, "1", "1");
        postpone(1, "-1");
    }
    /* Whole nodes of 100 entries fall off, so a few more may stay. */
    ck_assert_int_ge(count("XLEN", f.keys.outcomes), 1000);
    ck_assert_int_lt(count("XLEN", f.keys.outcomes), 1100);
    ck_assert_int_eq(count("HGET", f.keys.meta, "retry"), 1500);
}
END_TEST

/* Redis serves nobody else while it claims. */
START_TEST(a_claim_of_large_jobs_ends_early)
{
    enum { JOB = 2 << 20, COUNT = 10 };
    char *job = malloc(JOB + 1);

    ck_assert_ptr_nonnull(job);
    (void)memset(job, 'x', JOB);
    job[JOB] = '\0';
    for (int n = 0; n < COUNT; n++)
        ask("LPUSH", f.keys.jobs, job);
    functions_claim(&f, mine.text, "10", "5");
    ck_assert_int_eq(functions_held(&f, mine.text), 2);
    functions_claim(&f, mine.text, "10", "5");
    ck_assert_int_eq(functions_held(&f, mine.text), 4);
    functions_release(&f, mine.text, "500", "1");
    mine = functions_join(&f, "60000");
    ck_assert_int_eq(count("ZCARD", f.keys.later), 4);
    functions_claim(&f, mine.text, "10", "10");
    ck_assert_int_ge(functions_held(&f, mine.text), 4);
    ck_assert_int_lt(functions_held(&f, mine.text), COUNT);
    free(job);
}
END_TEST

START_TEST(a_claim_that_meets_a_key_of_a_wrong_type_moves_nothing)
{
    const char *const keys[] = {f.keys.later, f.keys.meta, f.keys.suspects};
    const char *key = keys[_i];

    functions_push(&f, 1, 5);
    ask("DEL", key);
    ask("SET", key, "x");
    ck_assert_ptr_nonnull(
        strstr(functions_claim(&f, mine.text, "5", "2"), "(error)"));
    ck_assert_int_eq(count("LLEN", f.keys.jobs), 5);
    ask("DEL", key);
    ck_assert_str_eq(gated_numbers(functions_claim(&f, mine.text, "5", "2")),
                     "1 2 3 4 5");
}
END_TEST

START_TEST(a_finish_that_meets_a_key_of_a_wrong_type_moves_nothing)
{
    const char *const keys[] = {f.keys.later, f.keys.dead, f.keys.outcomes,
                                f.keys.meta};
    const char *key = keys[_i];
    struct field field;

    functions_push(&f, 1, 1);
    functions_claim(&f, mine.text, "1", "1");
    field = functions_field(&f, mine.text, 1);
    ask("DEL", key);
    ask("SET", key, "x");
    /* Without a move to another key, those are not looked at. */
    for (int n = 0; n < ROWS(moves); n++)
        if (_i >= 2 || strcmp(moves[n].move, "done") != 0)
            ck_assert_ptr_nonnull(strstr(
                functions_finish(&f, mine.text, field.text, moves[n].move, "0"),
                "(error)"));
    ck_assert_int_eq(functions_held(&f, mine.text), 1);
    ask("DEL", key);
    functions_finish(&f, mine.text, field.text, "done", "0");
    ck_assert_int_eq(functions_held(&f, mine.text), 0);
    ck_assert_int_eq(count("XLEN", f.keys.outcomes), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.functions");
    TCase *t = tcase_create("lua.functions");

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, the_first_pushed_is_the_first_claimed);
    tcase_add_loop_test(t, a_job_is_held_as_it_came_and_given_back_as_a_record,
                        0, ROWS(first_jobs));
    tcase_add_loop_test(
        t, a_job_that_is_put_off_at_its_first_claim_keeps_its_bytes, 0,
        ROWS(first_jobs));
    tcase_add_test(t, no_two_claims_of_a_job_share_a_field);
    tcase_add_test(t, the_longest_due_is_claimed_first_and_the_rest_waits);
    tcase_add_loop_test(t, due_and_fresh_jobs_share_a_claim, 0, ROWS(mixes));
    tcase_add_loop_test(t, finishing_moves_the_job_and_writes_one_outcome, 0,
                        ROWS(moves));
    tcase_add_loop_test(t, finishing_twice_has_no_second_effect, 0,
                        ROWS(moves));
    tcase_add_test(t, a_postponed_job_has_its_due_time_in_score_and_outcome);
    tcase_add_test(t, a_dead_job_is_kept_with_reason_and_bytes);
    tcase_add_loop_test(t, a_move_without_outcome_loses_nothing, 0,
                        ROWS(moves));
    tcase_add_test(t, what_falls_off_the_dead_list_is_counted);
    tcase_add_test(t, outcomes_are_bounded);
    tcase_add_test(t, a_claim_of_large_jobs_ends_early);
    tcase_add_loop_test(
        t, a_claim_that_meets_a_key_of_a_wrong_type_moves_nothing, 0, 3);
    tcase_add_loop_test(
        t, a_finish_that_meets_a_key_of_a_wrong_type_moves_nothing, 0, 4);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
