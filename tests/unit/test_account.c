/* The rig's arithmetic on planted ledgers: each figure must be seen to rise,
 * alone, for exactly what it is there for. */
#include "faults/account.h"
#include "faults/witness.h"
#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"

#include <stdio.h>

enum { LINES = 6 };

struct planted {
    const char *name;
    struct produced produced[LINES];
    struct call calls[LINES];
    struct entry entries[LINES];
    struct reign reigns[LINES];
    uint32_t present[LINES];
    size_t count[5]; /* of the arrays above */
    struct figures expected;
};

#define FINE_PRODUCED                                                          \
    {                                                                          \
        {0, FATE_ACKED}, {1, FATE_ACKED},                                      \
    }

static const struct planted rows[] = {
    {"all is well", .produced = FINE_PRODUCED,
     .calls = {{0, 1, 7, 10, 200}, {1, 1, 7, 11, 503}, {1, 2, 7, 12, 200}},
     .entries = {{0, 1, true, 5, 100, 0},
                 {1, 1, false, 5, 100, 0},
                 {1, 2, true, 5, 101, 0}},
     .reigns = {{7, 5, 0}}, .count = {2, 3, 3, 1, 0},
     .expected = {.jobs = 2, .acked = 2, .calls = 3, .entries = 3}},
    {"acked, and nobody ever saw it", .produced = FINE_PRODUCED,
     .calls = {{0, 1, 7, 10, 200}}, .entries = {{0, 1, true, 5, 100, 0}},
     .count = {2, 1, 1, 0, 0},
     .expected = {.jobs = 2, .acked = 2, .calls = 1, .entries = 1, .lost = 1}},
    {"called without an answer, and then gone", .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 10, 0}}, .count = {1, 1, 0, 0, 0},
     .expected = {.jobs = 1, .acked = 1, .calls = 1, .lost = 1}},
    {"retried for ever is stuck, not lost", .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 10, 503}}, .entries = {{0, 1, false, 5, 100, 0}},
     .present = {0}, .count = {1, 1, 1, 0, 1},
     .expected = {.jobs = 1, .acked = 1, .calls = 1, .entries = 1, .stuck = 1}},
    {"a retry entry alone does not end a job", .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 10, 503}}, .entries = {{0, 1, false, 5, 100, 0}},
     .count = {1, 1, 1, 0, 0},
     .expected = {.jobs = 1, .acked = 1, .calls = 1, .entries = 1, .lost = 1}},
    {"answered 2xx without an outcome", .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 10, 200}}, .count = {1, 1, 0, 0, 0},
     .expected = {.jobs = 1, .acked = 1, .calls = 1, .unreported = 1}},
    {"a call for what nobody pushed", .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 10, 200}, {9, 1, 7, 10, 200}, {NO_JOB, 1, 7, 1, 200}},
     .entries = {{0, 1, true, 5, 100, 0}}, .count = {1, 3, 1, 0, 0},
     .expected =
         {.jobs = 1, .acked = 1, .calls = 3, .entries = 1, .unexpected = 2}},
    {"an outcome of what was refused", .produced = {{0, FATE_REFUSED}},
     .entries = {{0, 1, true, 5, 100, 0}}, .count = {1, 0, 1, 0, 0},
     .expected = {.jobs = 1, .refused = 1, .entries = 1, .unexpected = 1}},
    {"the same attempt three times", .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 30, 200}, {0, 1, 8, 10, 0}, {0, 1, 9, 20, 0}},
     .entries = {{0, 1, true, 5, 100, 0}}, .count = {1, 3, 1, 0, 0},
     .expected =
         {.jobs = 1, .acked = 1, .calls = 3, .entries = 1, .duplicated = 2}},
    {"no answer, and yet delivered; no answer, and not there",
     .produced = {{0, FATE_UNANSWERED}, {1, FATE_UNANSWERED}},
     .calls = {{0, 1, 7, 30, 200}}, .entries = {{0, 1, true, 5, 100, 0}},
     .count = {2, 1, 1, 0, 0},
     .expected = {.jobs = 2,
                  .unanswered = 2,
                  .calls = 1,
                  .entries = 1,
                  .recovered = 1}},
    {"two ends", .produced = {{0, FATE_ACKED}}, .calls = {{0, 1, 7, 30, 200}},
     .entries = {{0, 1, true, 5, 100, 0}, {0, 1, true, 6, 101, 0}},
     .count = {1, 1, 2, 0, 0},
     .expected =
         {.jobs = 1, .acked = 1, .calls = 1, .entries = 2, .contradictory = 1}},
    {"ended, and still in a key", .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 30, 200}}, .entries = {{0, 1, true, 5, 100, 0}},
     .present = {0}, .count = {1, 1, 1, 0, 1},
     .expected =
         {.jobs = 1, .acked = 1, .calls = 1, .entries = 1, .contradictory = 1}},
    {"written under a lease that was over", .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 30, 200}}, .entries = {{0, 1, true, 5, 201, 200}},
     .reigns = {{8, 6, 0}, {7, 5, 200}}, .count = {1, 1, 1, 2, 0},
     .expected = {.jobs = 1,
                  .acked = 1,
                  .calls = 1,
                  .entries = 1,
                  .stale_accepted = 1}},
    {"the same process again, by a call that did not arrive",
     .produced = {{0, FATE_ACKED}}, .calls = {{0, 1, 7, 30, 200}},
     .entries = {{0, 1, true, 5, 300, 0}}, .reigns = {{7, 5, 200}, {9, 5, 0}},
     .count = {1, 1, 1, 2, 0},
     .expected = {.jobs = 1, .acked = 1, .calls = 1, .entries = 1}},
    {"written before it was over", .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 30, 200}}, .entries = {{0, 1, true, 5, 200, 200}},
     .reigns = {{7, 5, 200}}, .count = {1, 1, 1, 1, 0},
     .expected = {.jobs = 1, .acked = 1, .calls = 1, .entries = 1}},
    {"the same process again, under its next lease",
     .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 30, 200}, {0, 1, 9, 50, 200}},
     .entries = {{0, 1, true, 5, 300, 200}}, .reigns = {{7, 5, 200}, {9, 5, 0}},
     .count = {1, 2, 1, 2, 0},
     .expected =
         {.jobs = 1, .acked = 1, .calls = 2, .entries = 1, .duplicated = 1}},
    {"another process's lease is over", .produced = {{0, FATE_ACKED}},
     .calls = {{0, 1, 7, 30, 0}, {0, 1, 8, 50, 200}},
     .entries = {{0, 1, true, 6, 300, 200}}, .reigns = {{7, 5, 200}, {8, 6, 0}},
     .count = {1, 2, 1, 2, 0},
     .expected =
         {.jobs = 1, .acked = 1, .calls = 2, .entries = 1, .duplicated = 1}},
};

static void expect_figures(const struct figures *got,
                           const struct figures *expected, const char *name)
{
    static const char *const names[] = {
        "jobs",       "acked",          "refused",    "unanswered",
        "calls",      "entries",        "lost",       "unexpected",
        "duplicated", "recovered",      "stuck",      "contradictory",
        "unreported", "stale_accepted", "leaked_keys"};
    const size_t *a = &got->jobs, *b = &expected->jobs;

    for (int i = 0; i < ROWS(names); i++)
        ck_assert_msg(a[i] == b[i], "%s: %s is %zu, not %zu", name, names[i],
                      a[i], b[i]);
}

START_TEST(each_figure_counts_its_own_fault)
{
    struct planted row = rows[_i];
    struct books b = {
        .produced = row.produced,
        .calls = row.calls,
        .entries = row.entries,
        .reigns = row.reigns,
        .present = row.present,
        .produced_count = row.count[0],
        .call_count = row.count[1],
        .entry_count = row.count[2],
        .reign_count = row.count[3],
        .present_count = row.count[4],
    };
    struct figures got;

    ck_assert_int_eq(account(&b, &got), ERR_OK);
    expect_figures(&got, &row.expected, row.name);
}
END_TEST

START_TEST(what_must_be_zero_is_summed_up)
{
    struct figures f = {.jobs = 1000, .duplicated = 1000, .recovered = 1000};

    ck_assert_uint_eq(figures_wrong(&f), 0);
    f.lost = 1;
    f.unexpected = 2;
    f.stuck = 4;
    f.contradictory = 8;
    f.unreported = 16;
    f.stale_accepted = 32;
    f.leaked_keys = 64;
    ck_assert_uint_eq(figures_wrong(&f), 127);
}
END_TEST

START_TEST(ledgers_are_read_as_they_were_written)
{
    struct temp_path dir = temp_dir();
    struct books b = {0};
    struct figures got;
    struct figures expected = {.jobs = 3,
                               .acked = 1,
                               .refused = 1,
                               .unanswered = 1,
                               .calls = 2,
                               .entries = 2,
                               .recovered = 1,
                               .duplicated = 1,
                               .stuck = 1,
                               .stale_accepted = 1,
                               .leaked_keys = 2};

    (void)temp_write(&dir, "produced",
                     "0 11 acked\n1 12 refused\n2 13 unanswered\n");
    (void)temp_write(&dir, "calls", "0 1 1700 5 200\n0 1 1700 6 0\n");
    (void)temp_write(&dir, "outcomes",
                     "0 1 99 300 delivered 200\n"
                     "2 1 98 300 retry 0\n");
    (void)temp_write(&dir, "reigns", "1700 99 250\n");
    (void)temp_write(&dir, "present", "2 extq:{default}:later\n");
    (void)temp_write(&dir, "leaked", "extq:{default}:held:1-1\nx\n");
    books_read(&b, dir.text);
    ck_assert_int_eq(account(&b, &got), ERR_OK);
    expect_figures(&got, &expected, "read");
    books_clear(&b);
}
END_TEST

START_TEST(only_the_rigs_own_ids_are_jobs)
{
    static const struct {
        const char *id;
        uint32_t job;
    } ids[] = {
        {"j-0", 0},      {"j-123456", 123456}, {"j-", NO_JOB},
        {"k-1", NO_JOB}, {"j-1x", NO_JOB},     {"j-99999999999", NO_JOB},
        {"", NO_JOB},
    };

    for (int i = 0; i < ROWS(ids); i++)
        ck_assert_uint_eq(job_of_id(ids[i].id, strlen(ids[i].id)), ids[i].job);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("account");
    TCase *group = tcase_create("account");

    tcase_add_loop_test(group, each_figure_counts_its_own_fault, 0, ROWS(rows));
    tcase_add_test(group, what_must_be_zero_is_summed_up);
    tcase_add_test(group, ledgers_are_read_as_they_were_written);
    tcase_add_test(group, only_the_rigs_own_ids_are_jobs);
    suite_add_tcase(suite, group);
    return run_suite(suite);
}
