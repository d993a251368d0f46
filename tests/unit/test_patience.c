/* How askers of one thread wait for a Redis that refuses. */
#include "model/patience.h"
#include "support/main.h"

enum { ASKERS = 100, START_MS = 5000 };

START_TEST(one_alone_waits_for_about_a_fifth_of_a_second)
{
    struct patience p = {.dice = 1};
    int64_t shortest = INT64_MAX, longest = 0;

    for (int n = 0; n < 1000; n++) {
        struct patience_turn t = {0};
        int64_t wait;

        p.last_ms = 0;
        patience_refused(&p, &t, START_MS);
        wait = patience_wait_ms(&p, &t, START_MS);
        shortest = wait < shortest ? wait : shortest;
        longest = wait > longest ? wait : longest;
    }
    ck_assert_int_eq(shortest, PATIENCE_MIN_MS);
    ck_assert_int_eq(longest, PATIENCE_MAX_MS);
}
END_TEST

/* Everybody asks as soon as it is their turn, and is refused, for a while. */
START_TEST(many_ask_no_more_often_than_few)
{
    struct patience p = {.dice = 2};
    struct patience_turn turns[ASKERS] = {{0}};
    int asked[ASKERS] = {0}, all = 0;
    const int64_t span_ms = 20000;

    for (int64_t now = START_MS; now < START_MS + span_ms; now++)
        for (int n = 0; n < ASKERS; n++)
            if (patience_wait_ms(&p, &turns[n], now) == 0) {
                patience_refused(&p, &turns[n], now);
                asked[n]++;
                all++;
            }
    ck_assert_int_le(all, ASKERS + PATIENCE_PER_S * 21);
    ck_assert_int_ge(all, ASKERS + PATIENCE_PER_S * 19);
    for (int n = 0; n < ASKERS; n++)
        ck_assert_int_ge(asked[n], 2);
}
END_TEST

START_TEST(who_waits_is_not_put_back)
{
    struct patience p = {.dice = 3};
    struct patience_turn t = {0};
    int64_t wait;

    patience_refused(&p, &t, START_MS);
    wait = patience_wait_ms(&p, &t, START_MS);
    patience_refused(&p, &t, START_MS + 10);
    ck_assert_int_eq(patience_wait_ms(&p, &t, START_MS), wait);
}
END_TEST

START_TEST(one_answer_brings_the_others_forward)
{
    struct patience p = {.dice = 4};
    struct patience_turn turns[ASKERS] = {{0}};

    for (int n = 0; n < ASKERS; n++)
        patience_refused(&p, &turns[n], START_MS);
    ck_assert_int_gt(patience_wait_ms(&p, &turns[ASKERS - 1], START_MS), 5000);
    patience_answered(&p, &turns[0]);
    ck_assert_int_eq(patience_wait_ms(&p, &turns[0], START_MS), 0);
    ck_assert_int_ge(patience_wait_ms(&p, &turns[ASKERS - 1], START_MS), 1);
    ck_assert_int_le(patience_wait_ms(&p, &turns[ASKERS - 1], START_MS),
                     PATIENCE_MAX_MS);
}
END_TEST

START_TEST(an_answer_to_somebody_else_changes_nothing)
{
    struct patience p = {.dice = 5};
    struct patience_turn refused = {0}, content = {0};
    int64_t wait;

    patience_refused(&p, &refused, START_MS);
    wait = patience_wait_ms(&p, &refused, START_MS);
    patience_answered(&p, &content);
    ck_assert_int_eq(patience_wait_ms(&p, &refused, START_MS), wait);
    patience_refused(&p, &content, START_MS);
    ck_assert_int_gt(patience_wait_ms(&p, &content, START_MS), wait);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("patience");
    TCase *group = tcase_create("patience");

    tcase_add_test(group, one_alone_waits_for_about_a_fifth_of_a_second);
    tcase_add_test(group, many_ask_no_more_often_than_few);
    tcase_add_test(group, who_waits_is_not_put_back);
    tcase_add_test(group, one_answer_brings_the_others_forward);
    tcase_add_test(group, an_answer_to_somebody_else_changes_nothing);
    suite_add_tcase(suite, group);
    return run_suite(suite);
}
