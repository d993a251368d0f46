/* The fence of the server-side functions: who may not, and that all others may
 * even above maxmemory. */
#include "support/functions_case.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>
#include <string.h>

/* Puts claimed jobs into `later`, due that long ago. */
static void postpone(int n, const char *delay_ms)
{
    struct field field = functions_field(&f, mine.text, n);

    functions_finish(&f, mine.text, field.text, "later", delay_ms);
}

/* What a process tries that does not know yet that its lease was taken. */
static const char *late_claim(const char *epoch, const char *field)
{
    (void)field;
    return functions_claim(&f, epoch, "5", "5");
}

static const char *late_done(const char *epoch, const char *field)
{
    return functions_finish(&f, epoch, field, "done", "0");
}

static const char *late_later(const char *epoch, const char *field)
{
    return functions_finish(&f, epoch, field, "later", "0");
}

static const char *late_dead(const char *epoch, const char *field)
{
    return functions_finish(&f, epoch, field, "dead", "0");
}

static const char *late_park(const char *epoch, const char *field)
{
    return functions_finish(&f, epoch, field, "park", "acme:on-lead");
}

static const char *late_unpark(const char *epoch, const char *field)
{
    (void)field;
    return gated_unpark(&f, epoch, "acme:on-lead", "5");
}

static const char *late_recover(const char *epoch, const char *field)
{
    (void)field;
    return functions_recover(&f, epoch, "w", NULL);
}

/* With work for each part of a tick: an old dead entry, a lease to sweep. */
static const char *late_tick(const char *epoch, const char *field)
{
    const char *reply =
        functions_tick(&f, epoch, "60000", "1", "9999999999999");

    (void)field;
    return strncmp(reply, "0\n", 2) == 0 ? "LEASE" : reply;
}

static const char *late_isolate(const char *epoch, const char *field)
{
    (void)field;
    return functions_isolate(&f, epoch);
}

static const struct {
    const char *name;
    const char *(*call)(const char *epoch, const char *field);
} late[] = {
    {"isolate", late_isolate}, {"claim", late_claim}, {"done", late_done},
    {"later", late_later},     {"dead", late_dead},   {"tick", late_tick},
    {"recover", late_recover}, {"park", late_park},   {"unpark", late_unpark},
};

/* A queue with something of everything, so that any effect would show. */
static void fill(struct field *ret)
{
    functions_push(&f, 1, 4);
    functions_claim(&f, mine.text, "4", "4");
    postpone(1, "-1");
    functions_finish(&f, mine.text, functions_field(&f, mine.text, 2).text,
                     "dead", "0");
    *ret = functions_field(&f, mine.text, 3);
    gated_park(&f, mine.text, "acme:on-lead", 4, 4);
    functions_push(&f, 5, 6);
}

START_TEST(an_epoch_whose_lease_was_taken_changes_nothing)
{
    struct digest before;
    struct field field;
    const char *reply;

    fill(&field);
    functions_take_lease(&f, mine.text);
    ask("ZADD", f.keys.leases, "5", "9-expired");
    before = functions_digest(&f);
    reply = late[_i].call(mine.text, field.text);
    ck_assert_msg(strstr(reply, "LEASE"), "%s: %s", late[_i].name, reply);
    ck_assert_msg(strcmp(functions_digest(&f).text, before.text) == 0,
                  "%s had an effect", late[_i].name);
    functions_census(&f, 1, 6);
}
END_TEST

START_TEST(an_epoch_that_never_was_changes_nothing)
{
    struct digest before;
    struct field field;

    fill(&field);
    ask("ZREM", f.keys.leases, mine.text);
    before = functions_digest(&f);
    ck_assert_ptr_nonnull(
        strstr(late[_i].call(mine.text, field.text), "LEASE"));
    ck_assert_str_eq(functions_digest(&f).text, before.text);
}
END_TEST

/* Until a sweep has taken it, nobody else has touched its jobs. */
START_TEST(a_lease_that_ran_out_untaken_still_counts)
{
    struct field field;

    fill(&field);
    ask("ZADD", f.keys.leases, "XX", "5", mine.text);
    ck_assert_ptr_null(
        strchr(functions_finish(&f, mine.text, field.text, "done", "0"), '\n'));
    ck_assert_str_eq(gated_numbers(functions_claim(&f, mine.text, "1", "0")),
                     "5");
}
END_TEST

START_TEST(everything_works_above_maxmemory)
{
    struct field field;

    fill(&field);
    ask("CONFIG", "SET", "maxmemory", "1");
    ck_assert_ptr_nonnull(strstr(ask("LPUSH", f.keys.jobs, "x"), "OOM"));
    ck_assert_str_eq(gated_numbers(functions_claim(&f, mine.text, "2", "1")),
                     "1 5");
    postpone(5, "50000");
    functions_finish(&f, mine.text, functions_field(&f, mine.text, 1).text,
                     "dead", "0");
    functions_finish(&f, mine.text, field.text, "done", "0");
    ck_assert_str_eq(functions_place(&f, 5), "later");
    ck_assert_str_eq(functions_place(&f, 1), "dead");
    ck_assert_str_eq(functions_place(&f, 3), "nowhere");
    ck_assert_int_eq(functions_tick(&f, mine.text, "60000", "1", "0")[0], '1');
    ck_assert_str_eq(
        gated_numbers(gated_unpark(&f, mine.text, "acme:on-lead", "1")), "4");
    ck_assert_str_eq(gated_numbers(functions_claim(&f, mine.text, "1", "0")),
                     "6");
    gated_park(&f, mine.text, "acme:on-lead", 6, 6);
    ck_assert_str_eq(functions_place(&f, 6), "parked");
    ck_assert_str_eq(functions_recover(&f, mine.text, "w", NULL), "1\n0");
    ck_assert_str_eq(functions_place(&f, 4), "later");
    ck_assert_str_eq(
        gated_numbers(functions_claim_as(&f, mine.text, "1", "w", "1")), "4");
    ck_assert_str_eq(functions_release(&f, mine.text, "9", "1"), "0");
    ck_assert_str_eq(functions_place(&f, 4), "later");
    ck_assert_int_gt((int)strlen(functions_join(&f, "60000").text), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.fence");
    TCase *t = tcase_create("lua.fence");

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(t, an_epoch_whose_lease_was_taken_changes_nothing, 0,
                        ROWS(late));
    tcase_add_loop_test(t, an_epoch_that_never_was_changes_nothing, 0,
                        ROWS(late));
    tcase_add_test(t, a_lease_that_ran_out_untaken_still_counts);
    tcase_add_test(t, everything_works_above_maxmemory);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
