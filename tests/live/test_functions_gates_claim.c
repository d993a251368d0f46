/* Fresh jobs that have to wait at a gate that the claim names. */
#include "support/functions_case.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

static const char gate[] = "acme:on-lead";

static void push(const char *job)
{
    ask("LPUSH", f.keys.jobs, job);
}

/* {"id":"x","container":...,"point":"on-lead","n":<n>} for each. */
static void push_many(const char *container, int from, int to)
{
    char job[128];

    for (int n = from; n <= to; n++) {
        (void)snprintf(job, sizeof job,
                       "{\"id\":\"x\",\"container\":\"%s\","
                       "\"point\":\"on-lead\",\"payload\":{\"n\":%d}}",
                       container, n);
        push(job);
    }
}

static int64_t waiting(void)
{
    return count("LLEN", f.keys.jobs);
}

/* A job waits there already: {"n":0}. */
static void fill(const char *name)
{
    gated_fill(&f, mine.text, name, 0, 0);
}

START_TEST(jobs_that_have_to_wait_are_parked_on_the_way_to_others)
{
    const char *reply;

    fill(gate);
    push_many("acme", 1, 3);
    push_many("other", 4, 4);
    push_many("acme", 5, 5);
    push_many("other", 6, 6);
    reply = gated_claim(&f, mine.text, "2", gate, "none:here");
    ck_assert_str_eq(gated_numbers(reply), "4 6");
    ck_assert_str_eq(gated_line(reply, 6), "1"); /* the gates' version */
    ck_assert_str_eq(gated_line(reply, 7), "0"); /* none are left */
    ck_assert_int_eq(functions_held(&f, mine.text), 2);
    ck_assert_str_eq(gated_numbers(gated_unpark(&f, mine.text, gate, "9")),
                     "0 1 2 3 5");
}
END_TEST

START_TEST(such_a_job_is_as_one_that_a_worker_parked)
{
    const char *header;

    push_many("acme", 1, 1);
    gated_shut(&f, gate, (struct gated_shut){"paused", "-1", NULL, NULL});
    ck_assert_int_eq(gated_version(&f), 1);
    gated_claim(&f, mine.text, "9", gate, gate);
    ck_assert_int_eq(gated_length(&f, gate), 1);
    /* The list is empty no more: others have to know. */
    ck_assert_int_eq(gated_version(&f), 2);
    gated_open(&f, gate, "");
    header = gated_line(gated_unpark(&f, mine.text, gate, "1"), 3);
    ck_assert_ptr_nonnull(strstr(header, " 1 0 0 "));
    ck_assert_str_eq(strrchr(header, ' '), " -");
}
END_TEST

START_TEST(where_nobody_waits_jobs_are_handed_out)
{
    push_many("acme", 1, 4);
    ck_assert_str_eq(
        gated_numbers(gated_claim(&f, mine.text, "2", gate, "acme:")), "1 2");
    gated_set(&f, gate, "full 1 0 0 - -");
    ck_assert_str_eq(
        gated_numbers(gated_claim(&f, mine.text, "1", gate, "acme:")), "3");
    /* Unless it is shut. */
    gated_set(&f, gate, "circuit 1 " GATED_PAST " 0 - -");
    ck_assert_str_eq(
        gated_numbers(gated_claim(&f, mine.text, "1", gate, "acme:")), "");
    ck_assert_int_eq(gated_length(&f, gate), 1);
}
END_TEST

START_TEST(a_container_comes_before_its_extensions)
{
    fill(gate);
    fill("acme:");
    push_many("acme", 1, 2);
    ck_assert_str_eq(
        gated_numbers(gated_claim(&f, mine.text, "9", gate, "acme:")), "");
    ck_assert_int_eq(gated_length(&f, gate), 1);
    ck_assert_int_eq(gated_length(&f, "acme:"), 3);
}
END_TEST

START_TEST(one_claim_parks_so_many_and_no_more)
{
    int64_t before = 400, parked;
    const char *reply;

    fill(gate);
    push_many("acme", 1, (int)before);
    push_many("other", 500, 500);
    reply = gated_claim(&f, mine.text, "9", gate, gate);
    ck_assert_str_eq(gated_numbers(reply), "");
    ck_assert_str_eq(gated_line(reply, 4), "1"); /* more are left */
    parked = gated_length(&f, gate) - 1;
    ck_assert_int_eq(parked, 256);
    ck_assert_int_eq(waiting(), before + 1 - parked);
    ck_assert_str_eq(gated_numbers(gated_claim(&f, mine.text, "9", gate, gate)),
                     "500");
    ck_assert_int_eq(gated_length(&f, gate), before + 1);
}
END_TEST

/* Whose a job is has to be certain; of others a worker finds out. */
static const struct {
    const char *job;
    bool parked;
} spellings[] = {
    {"{\"container\":\"acme\",\"point\":\"on-lead\"}", true},
    {"{\"container\":\"acme\",\"point\":\"on-lead\",\"id\":\"x\"}", true},
    {" { \"container\" : \"acme\" ,\n\t\"point\" : \"on-lead\" , \"a\":1}",
     true},
    {"{\"id\": \"x\", \"container\": \"acme\", \"point\": \"on-lead\"}", true},
    {"{\"id\":\"\",\"container\":\"acme\",\"point\":\"on-lead\"}", true},
    {"{\"id\":\"\" ,\"container\":\"acme\",\"point\":\"on-lead\"}", true},
    {"{\"id\":\"\",\"container\":\"acme\",\"point\": \"on-lead\"}", true},
    {"{ \"id\":\"\",\"container\":\"acme\",\"point\":\"on-lead\"}", true},
    {"{\"container\":\"acme\",\"point\":\"on-lead2\"}", false},
    {"{\"container\":\"acme2\",\"point\":\"on-lead\"}", false},
    {"{\"container\":\"\",\"point\":\"on-lead\"}", false},
    {"{\"container\":\"acme\",\"point\":\"\"}", false},
    {"{\"container\":\"acme\",\"point\":\"on-lead\\u0041\"}", false},
    {"{\"container\":\"acme\",\"point\":\"on-lead\\\"\"}", false},
    {"{\"id\":\"\\\",\",\"container\":\"acme\",\"point\":\"on-lead\"}", false},
    {"{\"payload\":{\"container\":\"acme\",\"point\":\"on-lead\"}}", false},
    {"{\"payload\":{},\"container\":\"acme\",\"point\":\"on-lead\"}", false},
    {"[{\"container\":\"acme\",\"point\":\"on-lead\"}]", false},
    {"[\"container\":\"acme\",\"point\":\"on-lead\"}", false},
    {"\"\"container\":\"acme\",\"point\":\"on-lead\"}", false},
    {"{\"id\":\"x\",\"a\":1,\"container\":\"acme\",\"point\":\"on-lead\"}",
     false},
    {"{\"id\":\"x\",\"payload\":{\"container\":\"acme\",\"point\":\"on-lead\"}"
     "}",
     false},
    {"{\"id\":\"x\",\"container\":\"acme\",\"point\":\"on-lead2\"}", false},
    {"{\"id\":\"x\",\"container\":\"acme\",\"point\":\"on-lead\\\"\"}", false},
    {"{\"Container\":\"acme\",\"point\":\"on-lead\"}", false},
    {"{\"container\":\"ac\\u006de\",\"point\":\"on-lead\"}", false},
    {"{\"id\":{\"container\":\"acme\",\"point\":\"on-lead\"}}", false},
    {"{", false},
    {"", false},
};

START_TEST(only_what_is_certain_is_parked)
{
    fill(gate);
    push(spellings[_i].job);
    gated_claim(&f, mine.text, "9", gate, gate);
    ck_assert_int_eq(gated_length(&f, gate), spellings[_i].parked ? 2 : 1);
    ck_assert_int_eq(functions_held(&f, mine.text), !spellings[_i].parked);
    ck_assert_int_eq(waiting(), 0);
}
END_TEST

START_TEST(a_list_of_another_type_is_an_error_before_a_job_is_parked)
{
    char key[KEY_MAX];

    keys_parked(key, &f.keys, gate);
    push_many("acme", 1, 3);
    ask("SET", key, "x");
    ck_assert_ptr_nonnull(
        strstr(gated_claim(&f, mine.text, "9", gate, gate), "WRONGTYPE"));
    ck_assert_int_eq(waiting(), 3);
    ask("DEL", key);
    ask("SET", f.keys.changes, "x");
    ck_assert_ptr_nonnull(
        strstr(gated_claim(&f, mine.text, "9", gate, gate), "WRONGTYPE"));
    ck_assert_int_eq(waiting(), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("functions_gates_claim");
    TCase *t = tcase_create("functions_gates_claim");

    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_set_timeout(t, 30);
    tcase_add_test(t, jobs_that_have_to_wait_are_parked_on_the_way_to_others);
    tcase_add_test(t, such_a_job_is_as_one_that_a_worker_parked);
    tcase_add_test(t, where_nobody_waits_jobs_are_handed_out);
    tcase_add_test(t, a_container_comes_before_its_extensions);
    tcase_add_test(t, one_claim_parks_so_many_and_no_more);
    tcase_add_loop_test(t, only_what_is_certain_is_parked, 0, ROWS(spellings));
    tcase_add_test(t,
                   a_list_of_another_type_is_an_error_before_a_job_is_parked);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
