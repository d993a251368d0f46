/* Jobs on their way to a gate's list. */
#include "support/functions_case.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

static const char gate[] = "acme:on-lead";

START_TEST(parked_jobs_come_back_in_their_order)
{
    const char *reply;

    gated_fill(&f, mine.text, gate, 1, 3);
    gated_fill(&f, mine.text, gate, 4, 6);
    functions_census(&f, 1, 6);
    ck_assert_str_eq(functions_place(&f, 4), "parked");
    ck_assert_int_eq(functions_held(&f, mine.text), 0);
    ck_assert_int_eq(strncmp(gated_state(&f, gate), "full ", 5), 0);
    ck_assert_str_eq(gated_numbers(gated_unpark(&f, mine.text, gate, "2")),
                     "1 2");
    reply = gated_unpark(&f, mine.text, gate, "3");
    ck_assert_str_eq(gated_numbers(reply), "3 4 5");
    /* The row: 2 lines, 5 for each job, gate, state, length. */
    ck_assert_str_eq(gated_line(reply, 17), gate);
    ck_assert_str_eq(gated_line(reply, 19), "1");
    functions_census(&f, 1, 6);
    ck_assert_int_eq(functions_held(&f, mine.text), 5);
}
END_TEST

START_TEST(the_last_job_takes_the_full_gate_with_it)
{
    const char *reply;

    gated_fill(&f, mine.text, gate, 1, 2);
    ck_assert_int_eq(gated_version(&f), 1);
    gated_unpark(&f, mine.text, gate, "1");
    ck_assert_int_eq(gated_version(&f), 1);
    reply = gated_unpark(&f, mine.text, gate, "9");
    ck_assert_str_eq(gated_line(reply, 1), "2");
    ck_assert_str_eq(gated_line(reply, 7), gate);
    ck_assert_str_eq(gated_line(reply, 8), "");
    ck_assert_str_eq(gated_line(reply, 9), "0");
    ck_assert_str_eq(gated_state(&f, gate), "(nil)");
    ck_assert_str_eq(gated_numbers(gated_unpark(&f, mine.text, gate, "9")), "");
    ck_assert_int_eq(gated_version(&f), 2);
}
END_TEST

START_TEST(a_parked_jobs_record_is_as_after_any_claim)
{
    struct field before;
    const char *reply;
    char field[64];

    functions_push(&f, 1, 1);
    functions_claim(&f, mine.text, "1", "1");
    before = functions_field(&f, mine.text, 1);
    gated_park(&f, mine.text, gate, 1, 1);
    reply = gated_unpark(&f, mine.text, gate, "1");
    ck_assert_str_ne(gated_line(reply, 2), before.text);
    /* functions_finish wrote "1 1 0 5 -"; the claim is counted. */
    ck_assert_ptr_nonnull(strstr(reply, " 2 1 0 5 -\n{\"n\":1}"));
    ck_assert_str_eq(gated_line(reply, 5), gate);
    ck_assert_str_eq(gated_line(reply, 6), "0");
    (void)snprintf(field, sizeof field, "%s", gated_line(reply, 2));
    ck_assert_str_eq(functions_field(&f, mine.text, 1).text, field);
}
END_TEST

START_TEST(parking_again_does_nothing)
{
    struct field field;
    const char *reply;

    functions_push(&f, 1, 1);
    functions_claim(&f, mine.text, "1", "1");
    field = functions_field(&f, mine.text, 1);
    gated_park(&f, mine.text, gate, 1, 1);
    reply = functions_finish(&f, mine.text, field.text, "park", gate);
    ck_assert_str_eq(gated_line(reply, 1), field.text);
    ck_assert_int_eq(gated_length(&f, gate), 1);
    ck_assert_int_eq(count("XLEN", f.keys.outcomes), 1);
    ck_assert_int_eq(gated_version(&f), 1);
    functions_census(&f, 1, 1);
}
END_TEST

/* A gate's state, and the next_at of a job that is parked there. */
static const struct {
    const char *state, *next_at;
} waits[] = {
    {"", ""},
    {"full 7 0 0 - -", ""},
    {"paused 7 0 0 - x", ""},
    {"circuit 7 " GATED_FAR " 0 - x", GATED_FAR},
    {"wait 7 " GATED_FAR " 0 - x", GATED_FAR},
};

START_TEST(a_parked_jobs_entry_says_when_its_gate_is_tried_next)
{
    char want[64];

    gated_set(&f, gate, waits[_i].state);
    gated_fill(&f, mine.text, gate, 1, 1);
    (void)snprintf(want, sizeof want, "\nnext_at\n%s\nworker",
                   waits[_i].next_at);
    ck_assert_ptr_nonnull(
        strstr(ask("XRANGE", f.keys.outcomes, "-", "+"), want));
    ck_assert_int_eq(count("HGET", f.keys.meta, "retry"), 1);
    if (waits[_i].state[0])
        ck_assert_str_eq(gated_state(&f, gate), waits[_i].state);
}
END_TEST

/* A worker that waits at a shut gate must hear of its first job, whoever
 * parked it, or it is not looked for when its time has come. */
START_TEST(the_version_tells_when_a_list_is_empty_or_not)
{
    gated_shut(&f, gate, (struct gated_shut){"circuit", "0", NULL, NULL});
    ck_assert_int_eq(gated_version(&f), 1);
    gated_fill(&f, mine.text, gate, 1, 1);
    ck_assert_int_eq(gated_version(&f), 2);
    gated_fill(&f, mine.text, gate, 2, 2);
    ck_assert_int_eq(gated_version(&f), 2);
    gated_unpark(&f, mine.text, gate, "1");
    ck_assert_int_eq(gated_version(&f), 3);
}
END_TEST

START_TEST(claims_and_ticks_tell_the_version)
{
    struct epoch second = functions_join(&f, "60000");
    struct epoch gone = functions_join_and_lose(&f);
    const char *reply;
    int rank;

    (void)gone;
    /* Now, due, no jobs, version. */
    ck_assert_str_eq(gated_line(functions_claim(&f, mine.text, "1", "1"), 3),
                     "0");
    gated_fill(&f, mine.text, gate, 1, 1);
    ck_assert_str_eq(gated_line(functions_claim(&f, mine.text, "1", "1"), 3),
                     "1");
    reply = functions_tick(&f, mine.text, "60000", "0", "0");
    ck_assert_str_eq(gated_line(reply, 6), "1");
    /* This one, the second, and the one that took the lost one's. */
    ck_assert_str_eq(gated_line(reply, 7), "3");
    rank = (int)strtol(gated_line(reply, 8), NULL, 10);
    ck_assert_int_eq(rank, 0);
    reply = functions_tick(&f, second.text, "60000", "0", "0");
    ck_assert_str_eq(gated_line(reply, 8), "1");
    reply = functions_tick(&f, mine.text, "60000", "0", "0");
    ck_assert_str_eq(gated_line(reply, 8), "0");
}
END_TEST

static const char *const finish_keys[] = {"gates", "changes",
                                          "parked:acme:on-lead"};

static void spoil(const char *name)
{
    char key[KEY_MAX];

    (void)snprintf(key, sizeof key, "extq:{q}:%s", name);
    ask("DEL", key);
    ask("SET", key, "x");
}

START_TEST(a_key_of_another_type_is_an_error_before_a_job_is_parked)
{
    struct digest before;
    struct field field;

    functions_push(&f, 1, 1);
    functions_claim(&f, mine.text, "1", "1");
    field = functions_field(&f, mine.text, 1);
    spoil(finish_keys[_i]);
    before = functions_digest(&f);
    ck_assert_ptr_nonnull(
        strstr(functions_finish(&f, mine.text, field.text, "park", gate),
               "WRONGTYPE"));
    ck_assert_str_eq(functions_digest(&f).text, before.text);
    /* Other moves do not need it. */
    ck_assert_ptr_null(strstr(
        functions_finish(&f, mine.text, field.text, "done", "0"), "WRONGTYPE"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.park");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, parked_jobs_come_back_in_their_order);
    tcase_add_test(t, the_last_job_takes_the_full_gate_with_it);
    tcase_add_test(t, a_parked_jobs_record_is_as_after_any_claim);
    tcase_add_test(t, parking_again_does_nothing);
    tcase_add_loop_test(t, a_parked_jobs_entry_says_when_its_gate_is_tried_next,
                        0, ROWS(waits));
    tcase_add_test(t, the_version_tells_when_a_list_is_empty_or_not);
    tcase_add_test(t, claims_and_ticks_tell_the_version);
    tcase_add_loop_test(
        t, a_key_of_another_type_is_an_error_before_a_job_is_parked, 0,
        ROWS(finish_keys));
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
