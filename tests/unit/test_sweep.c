/* When leases of others may be taken: not before those who live could renew. */
#include "model/sweep.h"
#include "support/main.h"
#include "support/table.h"

enum { LEASE_MS = 8000, NOW_MS = 100000, LONG_MS = 3600000 };

static const struct sweep fresh = {.lease_ms = LEASE_MS};

START_TEST(nothing_is_taken_before_the_first_connection)
{
    struct sweep s = fresh;

    ck_assert(!sweep_allowed(&s, NOW_MS));
}
END_TEST

START_TEST(a_redis_that_ran_all_along_needs_no_grace)
{
    struct sweep s = fresh;

    sweep_connected(&s, NOW_MS, LONG_MS);
    ck_assert(sweep_allowed(&s, NOW_MS));
}
END_TEST

static const struct {
    bool again;        /* it is not the first connection */
    int64_t uptime_ms; /* of the server */
} graces[] = {{false, 1000}, {false, 0}, {true, 1000}, {true, LONG_MS}};

START_TEST(after_a_restart_or_a_break_one_lease_is_waited)
{
    struct sweep s = fresh;

    if (graces[_i].again)
        sweep_connected(&s, NOW_MS - LONG_MS, LONG_MS);
    sweep_connected(&s, NOW_MS, graces[_i].uptime_ms);
    ck_assert(!sweep_allowed(&s, NOW_MS + LEASE_MS - 1));
    ck_assert(sweep_allowed(&s, NOW_MS + LEASE_MS));
}
END_TEST

static const struct {
    int64_t jump_ms; /* of the server's clock, in a second of ours */
    bool allowed;
} jumps[] = {
    {0, true},        {LEASE_MS / 2, true}, {LEASE_MS / 2 + 1, false},
    {LONG_MS, false}, {-LONG_MS, true},
};

START_TEST(after_a_jump_of_the_servers_clock_one_lease_is_waited)
{
    struct sweep s = fresh;
    int64_t next_ms = NOW_MS + 1000;

    sweep_connected(&s, NOW_MS, LONG_MS);
    sweep_read_clock(&s, NOW_MS, 5 * LONG_MS);
    sweep_read_clock(&s, next_ms, 5 * LONG_MS + 1000 + jumps[_i].jump_ms);
    ck_assert_int_eq(sweep_allowed(&s, next_ms), jumps[_i].allowed);
    ck_assert_int_eq(sweep_allowed(&s, next_ms + LEASE_MS - 1),
                     jumps[_i].allowed);
    ck_assert(sweep_allowed(&s, next_ms + LEASE_MS));
}
END_TEST

START_TEST(clocks_of_different_servers_are_not_compared)
{
    struct sweep s = fresh;

    sweep_connected(&s, NOW_MS, LONG_MS);
    sweep_read_clock(&s, NOW_MS, LONG_MS);
    sweep_connected(&s, NOW_MS, LONG_MS);
    sweep_read_clock(&s, NOW_MS + LEASE_MS, 2 * LONG_MS);
    ck_assert(sweep_allowed(&s, NOW_MS + LEASE_MS));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep");
    TCase *group = tcase_create("sweep");

    tcase_add_test(group, nothing_is_taken_before_the_first_connection);
    tcase_add_test(group, a_redis_that_ran_all_along_needs_no_grace);
    tcase_add_loop_test(group, after_a_restart_or_a_break_one_lease_is_waited,
                        0, ROWS(graces));
    tcase_add_loop_test(group,
                        after_a_jump_of_the_servers_clock_one_lease_is_waited,
                        0, ROWS(jumps));
    tcase_add_test(group, clocks_of_different_servers_are_not_compared);
    suite_add_tcase(suite, group);
    return run_suite(suite);
}
