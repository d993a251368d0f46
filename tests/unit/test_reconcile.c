/* What extq reconcile works out without a Redis. */
#include "cli/pace.h"
#include "cli/reconcile_ids.h"
#include "cli/reconcile_read.h"

#include "support/main.h"
#include "support/table.h"

#include <string.h>

#define JOB "\"container\":\"a\",\"point\":\"b\",\"payload\":1}"

static const struct {
    const char *line;
    enum err e;
    const char *id, *job; /* job NULL = an id alone */
} lines_table[] = {
    {"evt_1", ERR_OK, "evt_1", NULL},
    {" \tevt:1-2\r", ERR_OK, "evt:1-2", NULL},
    {"{\"id\":\"e1\"," JOB, ERR_OK, "e1", "{\"id\":\"e1\"," JOB},
    {" {\"id\":\"\\u0065\"," JOB "\r", ERR_OK, "e", "{\"id\":\"\\u0065\"," JOB},
    {"", ERR_ABSENT, NULL, NULL},
    {" \t\r", ERR_ABSENT, NULL, NULL},
    {"two ids", ERR_SYNTAX, NULL, NULL},
    {"a,b", ERR_SYNTAX, NULL, NULL},
    {"\"e1\"", ERR_SYNTAX, NULL, NULL},
    {"[1]", ERR_SYNTAX, NULL, NULL},
    {"{" JOB, ERR_SYNTAX, NULL, NULL},
    {"{\"id\":\"a b\"," JOB, ERR_SYNTAX, NULL, NULL},
    {"{\"id\":\"e1\",\"container\":\"a\"}", ERR_SYNTAX, NULL, NULL},
    {"{\"id\":\"e1\"," JOB " e2", ERR_SYNTAX, NULL, NULL},
    {"{\"id\":\"e1\",\"cont", ERR_SYNTAX, NULL, NULL},
};

START_TEST(a_line_is_an_id_or_a_job_with_one)
{
    struct span text = exact_copy(span_of(lines_table[_i].line));
    struct job job = job_make();
    struct ledger_line line = {{"", 0}, {"", 0}};
    struct why why = {""};
    enum err e = ledger_line_read(text, &job, &line, &why);

    ck_assert_int_eq(e, lines_table[_i].e);
    if (e == ERR_OK) {
        const char *bytes = lines_table[_i].job;
        ck_assert(span_is(line.id, lines_table[_i].id));
        ck_assert(span_is(line.job, bytes ? bytes : ""));
    } else if (e != ERR_ABSENT) {
        ck_assert_str_ne(why.text, "");
    }
    job_clear(&job);
    exact_free(text);
}
END_TEST

START_TEST(an_id_of_the_greatest_length_is_one)
{
    char text[IDENT_MAX + 2];
    struct job job = job_make();
    struct ledger_line line;

    memset(text, 'a', sizeof text);
    ck_assert_int_eq(
        ledger_line_read((struct span){text, IDENT_MAX}, &job, &line, NULL),
        ERR_OK);
    ck_assert_int_eq(
        ledger_line_read((struct span){text, IDENT_MAX + 1}, &job, &line, NULL),
        ERR_SYNTAX);
    job_clear(&job);
}
END_TEST

#define SEEN(s)                                                                \
    {                                                                          \
        .state = STATE_##s                                                     \
    }
#define RETRY_SINCE                                                            \
    {                                                                          \
        .retry = true, .now = true                                             \
    }
#define RETRY_PAST                                                             \
    {                                                                          \
        .retry = true                                                          \
    }

static const struct {
    enum job_state old;
    struct sighting seen;
    enum job_state state;
} states_table[] = {
    {STATE_UNKNOWN, SEEN(WAITING), STATE_WAITING},
    {STATE_WAITING, SEEN(HELD), STATE_HELD},
    {STATE_HELD, SEEN(LATER), STATE_LATER},
    {STATE_LATER, SEEN(HELD), STATE_HELD},
    {STATE_HELD, SEEN(PARKED), STATE_PARKED},
    {STATE_PARKED, RETRY_PAST, STATE_PARKED},
    {STATE_HELD, SEEN(DELIVERED), STATE_DELIVERED},
    {STATE_LATER, SEEN(DEAD), STATE_DEAD},
    /* Delivered stays, whatever copies there are. */
    {STATE_DELIVERED, SEEN(WAITING), STATE_DELIVERED},
    {STATE_DELIVERED, SEEN(DEAD), STATE_DELIVERED},
    {STATE_DELIVERED, RETRY_PAST, STATE_DELIVERED},
    {STATE_DELIVERED, RETRY_SINCE, STATE_DELIVERED},
    /* Other ends can be taken back. */
    {STATE_DEAD, SEEN(LATER), STATE_LATER},
    {STATE_SKIPPED, SEEN(WAITING), STATE_WAITING},
    {STATE_DEAD, SEEN(DROPPED), STATE_DROPPED},
    {STATE_DEAD, RETRY_PAST, STATE_UNKNOWN},
    {STATE_EXPIRED, RETRY_SINCE, STATE_LATER},
    /* A retry of the past does not say where the job is now. */
    {STATE_UNKNOWN, RETRY_PAST, STATE_UNKNOWN},
    {STATE_HELD, RETRY_PAST, STATE_HELD},
    {STATE_UNKNOWN, RETRY_SINCE, STATE_LATER},
};

START_TEST(what_is_seen_later_counts_and_delivered_stays)
{
    ck_assert_int_eq(
        job_state_after(states_table[_i].old, states_table[_i].seen),
        states_table[_i].state);
}
END_TEST

static struct sighting seen(enum job_state s)
{
    return (struct sighting){.state = s};
}

START_TEST(a_ledger_counts_its_states_in_its_own_order)
{
    struct id_set l = {0};

    ck_assert_int_eq(id_set_add(&l, span_of("b")), ERR_OK);
    ck_assert_int_eq(id_set_add(&l, span_of("a")), ERR_OK);
    ck_assert_int_eq(id_set_add(&l, span_of("b")), ERR_OK);
    ck_assert_uint_eq(id_set_size(&l), 2);
    ck_assert_uint_eq(l.repeated, 1);
    ck_assert(id_set_see(&l, span_of("a"), seen(STATE_HELD)));
    ck_assert(!id_set_see(&l, span_of("a"), seen(STATE_DELIVERED)));
    ck_assert(!id_set_see(&l, span_of("c"), seen(STATE_HELD)));
    ck_assert_uint_eq(l.counts[STATE_UNKNOWN], 1);
    ck_assert_uint_eq(l.counts[STATE_HELD], 0);
    ck_assert_uint_eq(l.counts[STATE_DELIVERED], 1);
    ck_assert_str_eq(l.entries->id, "b");
    ck_assert_ptr_null(id_set_find(&l, span_of("")));
    id_set_clear(&l);
    ck_assert_uint_eq(id_set_size(&l), 0);
}
END_TEST

START_TEST(a_step_is_a_tenth_of_a_second_s_worth)
{
    const struct {
        int64_t per_s;
        uint64_t most, step;
    } table[] = {
        {0, 500, 500},  {1, 500, 1},        {9, 500, 1},
        {100, 500, 10}, {100000, 500, 500}, {100, 5, 5},
    };

    for (int i = 0; i < ROWS(table); i++) {
        struct pace p = {.per_s = table[i].per_s};
        ck_assert_uint_eq(pace_step(&p, table[i].most), table[i].step);
    }
}
END_TEST

START_TEST(steps_follow_each_other_at_the_pace_asked_for)
{
    struct pace p = {.per_s = 1000};
    int64_t first_us;

    pace_wait(&p, 1);
    first_us = p.due_us;
    pace_wait(&p, 50);
    ck_assert_int_ge(p.due_us - first_us, 50000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli.reconcile");
    TCase *tests = tcase_create("reconcile");

    tcase_add_loop_test(tests, a_line_is_an_id_or_a_job_with_one, 0,
                        ROWS(lines_table));
    tcase_add_test(tests, an_id_of_the_greatest_length_is_one);
    tcase_add_loop_test(tests, what_is_seen_later_counts_and_delivered_stays, 0,
                        ROWS(states_table));
    tcase_add_test(tests, a_ledger_counts_its_states_in_its_own_order);
    tcase_add_test(tests, a_step_is_a_tenth_of_a_second_s_worth);
    tcase_add_test(tests, steps_follow_each_other_at_the_pace_asked_for);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
