/* Counts by container, point and class: bounded, and added to others. */
#include "cli/tally.h"
#include "support/main.h"

#include <stdio.h>

static struct tally_fact fact(const char *container, int64_t at_ms, int64_t ms,
                              const char *error)
{
    return (struct tally_fact){
        .container = span_of(container),
        .point = span_of("on-lead"),
        .class = span_of("timeout"),
        .error = span_of(error),
        .at_ms = at_ms,
        .ms = ms,
    };
}

static void add(struct tally *t, struct tally_fact f)
{
    ck_assert_int_eq(tally_add(t, &f), ERR_OK);
}

START_TEST(two_tallies_make_one_that_has_counted_all)
{
    struct tally a = {.count = 0}, b = {.count = 0};

    add(&a, fact("acme", 2000, 10, "late"));
    add(&b, fact("acme", 1000, 30, "early"));
    add(&b, fact("acme", 1500, -1, ""));
    add(&b, fact("blue", 1000, 5, "other"));
    ck_assert_int_eq(tally_merge(&a, &b), ERR_OK);
    tally_sort(&a);
    ck_assert_uint_eq(a.count, 4);
    ck_assert_uint_eq(HASH_COUNT(a.rows), 2);
    ck_assert_str_eq(a.rows->name.container, "acme");
    ck_assert_uint_eq(a.rows->count, 3);
    ck_assert_int_eq(a.rows->first_ms, 1000);
    ck_assert_int_eq(a.rows->last_ms, 2000);
    ck_assert_str_eq(a.rows->sample, "late");
    ck_assert_uint_eq(a.rows->times.count, 2);
    ck_assert_uint_eq(spread_at(&a.rows->times, 50), 10);
    tally_clear(&a);
    tally_clear(&b);
}
END_TEST

START_TEST(what_finds_no_room_is_counted_together)
{
    struct tally a = {.count = 0}, b = {.count = 0};
    char name[32];

    for (int i = 0; i < 2 * TALLY_ROWS_MAX; i++) {
        (void)snprintf(name, sizeof name, "c%d", i);
        add(i % 2 ? &a : &b, fact(name, 1000, 1, ""));
    }
    add(&b, fact("more", 1000, 1, ""));
    ck_assert_uint_eq(b.others.count, 1);
    ck_assert_int_eq(tally_merge(&a, &b), ERR_OK);
    ck_assert_uint_eq(HASH_COUNT(a.rows), TALLY_ROWS_MAX);
    ck_assert_uint_eq(a.others.count, TALLY_ROWS_MAX + 1);
    ck_assert_uint_eq(a.count, 2 * TALLY_ROWS_MAX + 1);
    tally_clear(&a);
    tally_clear(&b);
}
END_TEST

int main(void)
{
    return run_tests("unit.tally", 20,
                     two_tallies_make_one_that_has_counted_all,
                     what_finds_no_room_is_counted_together);
}
