/* The server-side functions that keep leases: join, tick, release, recover. */
#include "support/functions_case.h"
#include "support/main.h"
#include "support/table.h"
#include "support/wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 20000 };

static int64_t lease_end(const char *epoch)
{
    return count("ZSCORE", f.keys.leases, epoch);
}

/* The i-th line of a reply, as a number. */
static int64_t line(const char *reply, int i)
{
    while (i-- > 0)
        reply = strchr(reply, '\n') + 1;
    return strtoll(reply, NULL, 10);
}

START_TEST(joining_makes_unique_epochs_with_running_leases)
{
    struct epoch epochs[50];

    for (int i = 0; i < 50; i++) {
        /* As after a failover that lost the counter. */
        ask("HDEL", f.keys.meta, "epoch");
        epochs[i] = functions_join(&f, "60000");
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(epochs[i].text, epochs[k].text);
        ck_assert_int_gt(lease_end(epochs[i].text),
                         count("TIME") * 1000 + 50000);
    }
    ck_assert_int_eq(count("ZCARD", f.keys.leases), 51);
    ck_assert_str_eq(ask("HGET", f.keys.services, epochs[49].text), "{}");
}
END_TEST

/* By somebody's hand: nobody knows else who held them. */
START_TEST(jobs_of_who_has_no_lease_any_more_are_given_back)
{
    struct epoch other;

    functions_push(&f, 1, 3);
    functions_claim(&f, mine.text, "3", "0");
    ask("DEL", f.keys.leases);
    ck_assert_int_eq(line(functions_tick(&f, mine.text, "60000", "1", "0"), 0),
                     0);
    other = functions_join(&f, "60000");
    ck_assert_ptr_nonnull(
        strstr(functions_tick(&f, other.text, "60000", "1", "0"), mine.text));
    ck_assert_str_eq(functions_release(&f, mine.text, "9", "0"), "0");
    ck_assert_int_eq(functions_held(&f, mine.text), 0);
    functions_census(&f, 1, 3);
    ck_assert_int_eq(count("ZCARD", f.keys.leases), 1);
}
END_TEST

START_TEST(a_tick_renews_by_the_servers_clock)
{
    int64_t before = lease_end(mine.text);
    const char *reply = functions_tick(&f, mine.text, "600000", "0", "0");

    ck_assert_int_eq(line(reply, 0), 1);
    ck_assert_int_eq(line(reply, 1) + 600000, lease_end(mine.text));
    ck_assert_int_gt(lease_end(mine.text), before);
}
END_TEST

START_TEST(a_tick_tells_what_there_is_to_do)
{
    const char *reply;
    int64_t due_at;

    ck_assert_int_eq(line(functions_tick(&f, mine.text, "60000", "0", "0"), 4),
                     -1);
    functions_push(&f, 1, 5);
    functions_claim(&f, mine.text, "2", "0");
    functions_finish(&f, mine.text, functions_field(&f, mine.text, 1).text,
                     "later", "90000");
    due_at = line(functions_tick(&f, mine.text, "60000", "0", "0"), 4);
    ck_assert_int_gt(due_at, count("TIME") * 1000 + 80000);
    functions_finish(&f, mine.text, functions_field(&f, mine.text, 2).text,
                     "later", "-1");
    reply = functions_tick(&f, mine.text, "60000", "0", "0");
    ck_assert_int_eq(line(reply, 2), 3);
    ck_assert_int_eq(line(reply, 3), 1);
    /* What is due now is counted; the time is of what comes next. */
    ck_assert_int_eq(line(reply, 4), due_at);
}
END_TEST

START_TEST(only_a_sweep_takes_leases_and_only_those_that_ran_out)
{
    struct epoch running = functions_join(&f, "60000");
    struct epoch over = functions_join(&f, "0");
    const char *reply = functions_tick(&f, mine.text, "60000", "0", "0");

    ck_assert_ptr_null(strstr(reply, over.text));
    ck_assert_int_gt(lease_end(over.text), 0);
    wait_until(
        strstr(functions_tick(&f, mine.text, "60000", "1", "0"), over.text),
        LIMIT_MS, "the lease to be taken");
    ck_assert_int_eq(lease_end(over.text), 0);
    ck_assert_int_gt(lease_end(running.text), 0);
    /* It is named until its jobs are released. */
    reply = functions_tick(&f, mine.text, "60000", "1", "0");
    ck_assert_ptr_nonnull(strstr(reply, over.text));
    ck_assert_ptr_null(strstr(reply, running.text));
    ck_assert_ptr_null(strstr(reply, mine.text));
}
END_TEST

START_TEST(a_late_tick_renews_before_it_sweeps)
{
    ask("ZADD", f.keys.leases, "XX", "5", mine.text);
    ck_assert_ptr_null(
        strstr(functions_tick(&f, mine.text, "60000", "1", "0"), mine.text));
    ck_assert_int_gt(lease_end(mine.text), 5);
}
END_TEST

START_TEST(a_late_tick_takes_no_lease_that_may_be_late_for_the_same_reason)
{
    struct epoch other = functions_join(&f, "60000");

    /* As after a jump of the clock. */
    ask("ZADD", f.keys.leases, "XX", "5", mine.text, "5", other.text);
    functions_tick(&f, mine.text, "60000", "1", "0");
    ck_assert_int_eq(lease_end(other.text), 5);
    ck_assert_ptr_nonnull(
        strstr(functions_tick(&f, mine.text, "60000", "1", "0"), other.text));
}
END_TEST

/* As after a jump of the clock that was a little shorter than a lease. */
START_TEST(a_lease_that_is_nearly_over_takes_no_other)
{
    struct epoch other = functions_join(&f, "60000");
    char soon[24];

    (void)snprintf(soon, sizeof soon, "%" PRId64,
                   lease_end(other.text) - 60000 + 14000);
    ask("ZADD", f.keys.leases, "XX", soon, mine.text, "5", other.text);
    functions_tick(&f, mine.text, "60000", "1", "0");
    ck_assert_int_eq(lease_end(other.text), 5);
    ck_assert_ptr_nonnull(
        strstr(functions_tick(&f, mine.text, "60000", "1", "0"), other.text));
}
END_TEST

START_TEST(old_dead_entries_fall_off_and_are_counted)
{
    ask("XADD", f.keys.dead, "1000-0", "record", "a");
    ask("XADD", f.keys.dead, "2000-0", "record", "b");
    ask("XADD", f.keys.dead, "3000-0", "record", "c");
    functions_tick(&f, mine.text, "60000", "0", "500");
    ck_assert_int_eq(count("XLEN", f.keys.dead), 3);
    ck_assert_int_eq(count("HEXISTS", f.keys.meta, "dead_dropped"), 0);
    functions_tick(&f, mine.text, "60000", "0", "3000");
    ck_assert_str_eq(ask("XRANGE", f.keys.dead, "-", "+"), "3000-0\nrecord\nc");
    ck_assert_int_eq(count("HGET", f.keys.meta, "dead_dropped"), 2);
}
END_TEST

static void hold(const struct epoch *epoch, int from, int to)
{
    functions_push(&f, from, to);
    functions_claim(&f, epoch->text, "2000", "0");
    ck_assert_int_eq(functions_held(&f, epoch->text), to - from + 1);
}

START_TEST(a_running_epoch_is_not_released_by_others)
{
    struct digest before;

    hold(&mine, 1, 3);
    before = functions_digest(&f);
    ck_assert_ptr_nonnull(
        strstr(functions_release(&f, mine.text, "10", "0"), "(error)"));
    ck_assert_str_eq(functions_digest(&f).text, before.text);
}
END_TEST

START_TEST(an_ended_epoch_is_released_to_its_last_job)
{
    int rounds = 0;
    int64_t left = -1, before;

    hold(&mine, 1, 2000);
    functions_take_lease(&f, mine.text);
    while (left != 0) {
        before = functions_held(&f, mine.text);
        left = strtoll(functions_release(&f, mine.text, "50", "0"), NULL, 10);
        ck_assert_int_eq(functions_held(&f, mine.text), left);
        ck_assert_int_lt(left, before);
        ck_assert_int_ge(left, before - 150);
        if (rounds++ % 10 == 0)
            functions_census(&f, 1, 2000);
    }
    functions_census(&f, 1, 2000);
    ck_assert_int_eq(count("ZCARD", f.keys.later), 2000);
    ck_assert_str_eq(ask("ZSCORE", f.keys.leases, mine.text), "(nil)");
    ck_assert_int_eq(count("HEXISTS", f.keys.services, mine.text), 0);
}
END_TEST

START_TEST(leaving_releases_ones_own_at_once_and_for_ever)
{
    hold(&mine, 1, 3);
    functions_recover(&f, mine.text, "other", NULL);
    ck_assert_str_eq(functions_release(&f, mine.text, "10", "1"), "0");
    ck_assert_int_eq(count("HLEN", f.keys.services), 0);
    ck_assert_int_eq(count("ZCARD", f.keys.leases), 0);
    ck_assert_ptr_nonnull(
        strstr(functions_claim(&f, mine.text, "1", "1"), "LEASE"));
    functions_census(&f, 1, 3);
}
END_TEST

START_TEST(while_jobs_stay_behind_a_leaving_epoch_owns_nothing)
{
    hold(&mine, 1, 2000);
    ck_assert_int_gt(
        strtoll(functions_release(&f, mine.text, "10", "1"), NULL, 10), 0);
    ck_assert_int_eq(lease_end(mine.text), 0);
    ck_assert_int_eq(functions_tick(&f, mine.text, "60000", "0", "0")[0], '0');
    functions_census(&f, 1, 2000);
}
END_TEST

START_TEST(released_jobs_are_claimed_by_age)
{
    char held[KEY_MAX];
    const char *reply;

    keys_held(held, &f.keys, mine.text);
    ask("HSET", held, "w:7-1", "7-1 1 0 0 1000 h\n{\"n\":3}", "w:8-1",
        "8-1 1 0 0 99 h\n{\"n\":1}", "w:9-1", "9-1 1 3 1 100 h\n{\"n\":2}");
    functions_release(&f, mine.text, "10", "1");
    functions_census(&f, 1, 3);
    mine = functions_join(&f, "60000");
    reply = functions_claim(&f, mine.text, "3", "3");
    ck_assert_ptr_nonnull(reply = strstr(reply, "8-1 2 0 0 99 h\n{\"n\":1}"));
    ck_assert_ptr_nonnull(reply = strstr(reply, "9-1 2 3 1 100 h\n{\"n\":2}"));
    ck_assert_ptr_nonnull(strstr(reply, "7-1 2 0 0 1000 h\n{\"n\":3}"));
}
END_TEST

START_TEST(recovery_gives_back_what_the_worker_does_not_know)
{
    struct field known;

    functions_push(&f, 1, 4);
    functions_claim_as(&f, mine.text, "2", "1", "0");
    functions_claim_as(&f, mine.text, "1", "11", "0");
    functions_claim_as(&f, mine.text, "1", "2", "0");
    known = functions_field(&f, mine.text, 1);
    ck_assert_str_eq(functions_recover(&f, mine.text, "1", known.text), "1\n0");
    ck_assert_str_eq(functions_place(&f, 1), "held");
    ck_assert_str_eq(functions_place(&f, 2), "later");
    ck_assert_str_eq(functions_place(&f, 3), "held");
    ck_assert_str_eq(functions_place(&f, 4), "held");
    functions_census(&f, 1, 4);
}
END_TEST

/* Otherwise a bad line to Redis would make killers of its jobs. */
START_TEST(a_claim_that_is_recovered_does_not_count)
{
    functions_push(&f, 1, 1);
    functions_claim_as(&f, mine.text, "1", "1", "0");
    ck_assert_str_eq(functions_recover(&f, mine.text, "1", NULL), "1\n0");
    ck_assert_ptr_nonnull(
        strstr(functions_claim_as(&f, mine.text, "1", "1", "1"), " 1 0 0 "));
    functions_release(&f, mine.text, "10", "1");
    mine = functions_join(&f, "60000");
    ck_assert_ptr_nonnull(
        strstr(functions_claim_as(&f, mine.text, "1", "1", "0"), " 2 0 0 "));
}
END_TEST

START_TEST(a_claim_from_before_a_recovery_is_refused)
{
    struct digest before;

    functions_push(&f, 1, 2);
    ck_assert_str_eq(functions_recover(&f, mine.text, "1", NULL), "1\n0");
    before = functions_digest(&f);
    ck_assert_ptr_nonnull(
        strstr(functions_claim_as(&f, mine.text, "1", "1", "0"), "GENERATION"));
    ck_assert_str_eq(functions_digest(&f).text, before.text);
    functions_claim_as(&f, mine.text, "1", "1", "1");
    ck_assert_str_eq(functions_place(&f, 1), "held");
    ck_assert_str_eq(functions_recover(&f, mine.text, "1", NULL), "2\n0");
    ck_assert_ptr_nonnull(
        strstr(functions_claim_as(&f, mine.text, "1", "1", "1"), "GENERATION"));
}
END_TEST

/* It may have been on its way for long: its worker has recovered since, and
 * claimed jobs that it does not name. */
START_TEST(a_late_recovery_gives_nothing_back)
{
    struct digest before;

    functions_push(&f, 1, 2);
    ck_assert_str_eq(functions_recover_as(&f, mine.text, "1", "0", NULL),
                     "1\n0");
    functions_claim_as(&f, mine.text, "2", "1", "1");
    before = functions_digest(&f);
    ck_assert_str_eq(functions_recover_as(&f, mine.text, "1", "0", NULL),
                     "1\n1");
    ck_assert_str_eq(functions_digest(&f).text, before.text);
    ck_assert_str_eq(functions_recover_as(&f, mine.text, "1", "1", NULL),
                     "2\n0");
    ck_assert_str_eq(functions_place(&f, 1), "later");
}
END_TEST

START_TEST(generations_of_workers_are_their_own_and_go_with_the_epoch)
{
    functions_push(&f, 1, 2);
    ck_assert_str_eq(functions_recover(&f, mine.text, "1", NULL), "1\n0");
    functions_claim_as(&f, mine.text, "1", "11", "0");
    ck_assert_str_eq(functions_place(&f, 1), "held");
    ck_assert_str_eq(functions_recover(&f, mine.text, "11", NULL), "1\n0");
    functions_release(&f, mine.text, "10", "1");
    ck_assert_int_eq(count("HLEN", f.keys.services), 0);
}
END_TEST

START_TEST(generations_of_epochs_are_their_own)
{
    struct epoch other = functions_join(&f, "60000");

    functions_push(&f, 1, 1);
    functions_recover(&f, mine.text, "1", NULL);
    functions_claim_as(&f, other.text, "1", "1", "0");
    ck_assert_str_eq(functions_place(&f, 1), "held");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.leases");
    TCase *t = tcase_create("lua.leases");

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, joining_makes_unique_epochs_with_running_leases);
    tcase_add_test(t, jobs_of_who_has_no_lease_any_more_are_given_back);
    tcase_add_test(t, a_tick_renews_by_the_servers_clock);
    tcase_add_test(t, a_tick_tells_what_there_is_to_do);
    tcase_add_test(t, only_a_sweep_takes_leases_and_only_those_that_ran_out);
    tcase_add_test(t, a_late_tick_renews_before_it_sweeps);
    tcase_add_test(
        t, a_late_tick_takes_no_lease_that_may_be_late_for_the_same_reason);
    tcase_add_test(t, a_lease_that_is_nearly_over_takes_no_other);
    tcase_add_test(t, old_dead_entries_fall_off_and_are_counted);
    tcase_add_test(t, a_running_epoch_is_not_released_by_others);
    tcase_add_test(t, an_ended_epoch_is_released_to_its_last_job);
    tcase_add_test(t, leaving_releases_ones_own_at_once_and_for_ever);
    tcase_add_test(t, while_jobs_stay_behind_a_leaving_epoch_owns_nothing);
    tcase_add_test(t, released_jobs_are_claimed_by_age);
    tcase_add_test(t, recovery_gives_back_what_the_worker_does_not_know);
    tcase_add_test(t, a_claim_that_is_recovered_does_not_count);
    tcase_add_test(t, a_claim_from_before_a_recovery_is_refused);
    tcase_add_test(t, a_late_recovery_gives_nothing_back);
    tcase_add_test(t,
                   generations_of_workers_are_their_own_and_go_with_the_epoch);
    tcase_add_test(t, generations_of_epochs_are_their_own);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
