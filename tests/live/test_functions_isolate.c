#include "support/functions.h"
#include "support/main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct functions f;
static struct epoch mine;

static void set_up(void)
{
    f = functions_open(NULL);
    mine = functions_join(&f, "60000");
}

static void tear_down(void)
{
    functions_close(&f);
}

/* The i-th line of a reply, as a number. */
static long line(const char *reply, int i)
{
    while (i-- > 0)
        reply = strchr(reply, '\n') + 1;
    return strtol(reply, NULL, 10);
}

/* Puts `count` due records into later, each with so many claims behind it. */
static void add_due(int count, int claims)
{
    char record[64], score[16];

    for (int n = 1; n <= count; n++) {
        (void)snprintf(record, sizeof record, "%d-%d %d 0 0 1 -\n{}", claims, n,
                       claims);
        (void)snprintf(score, sizeof score, "%d", n);
        redis_server_ask(f.server, "ZADD", f.keys.later, score, record, NULL);
    }
}

static int held(void)
{
    char key[KEY_MAX];

    keys_held(key, &f.keys, mine.text);
    return (int)strtol(redis_server_ask(f.server, "HLEN", key, NULL), NULL, 10);
}

static int length(const char *command, const char *key)
{
    return (int)strtol(redis_server_ask(f.server, command, key, NULL), NULL,
                       10);
}

static const struct {
    int claims, together; /* behind them; how many are claimed at a time */
} crowds[] = {{0, 100}, {1, 64}, {2, 16}, {3, 4}, {4, 0}};

START_TEST(the_more_workers_a_job_has_seen_die_the_fewer_are_claimed_together)
{
    add_due(100, crowds[_i].claims);
    functions_claim(&f, mine.text, "100", "100");
    ck_assert_int_eq(held(), crowds[_i].together);
    ck_assert_int_eq(held() + length("ZCARD", f.keys.later) +
                         length("LLEN", f.keys.suspects),
                     100);
}
END_TEST

START_TEST(a_suspect_is_claimed_alone_by_the_one_whose_turn_it_is)
{
    struct epoch other = functions_join(&f, "60000");
    const char *reply;

    add_due(2, 4);
    functions_claim(&f, mine.text, "9", "9");
    ck_assert_int_eq(length("LLEN", f.keys.suspects), 2);
    reply = functions_tick(&f, mine.text, "60000", "0", "0");
    ck_assert_int_eq(line(reply, 5), 1);
    reply = functions_tick(&f, other.text, "60000", "0", "0");
    ck_assert_int_eq(line(reply, 5), 0);
    reply = functions_isolate(&f, mine.text);
    ck_assert_ptr_nonnull(strstr(reply, "4-1 5 0 0 1 -"));
    ck_assert_int_eq(held(), 1);
    ck_assert_int_eq(length("LLEN", f.keys.suspects), 1);
}
END_TEST

START_TEST(without_suspects_nobody_has_a_turn)
{
    const char *reply = functions_tick(&f, mine.text, "60000", "0", "0");

    ck_assert_int_eq(line(reply, 5), 0);
    ck_assert_ptr_null(strstr(functions_isolate(&f, mine.text), "w:"));
    ck_assert_int_eq(held(), 0);
}
END_TEST

START_TEST(a_lost_lease_isolates_nothing)
{
    struct epoch lost = functions_join_and_lose(&f);

    add_due(1, 4);
    functions_claim(&f, mine.text, "9", "9");
    ck_assert_ptr_nonnull(strstr(functions_isolate(&f, lost.text), "LEASE"));
    ck_assert_int_eq(length("LLEN", f.keys.suspects), 1);
}
END_TEST

START_TEST(bytes_that_are_no_record_are_handed_out_to_be_buried)
{
    redis_server_ask(f.server, "ZADD", f.keys.later, "1", "no record", NULL);
    ck_assert_ptr_nonnull(
        strstr(functions_claim(&f, mine.text, "9", "9"), "no record"));
    ck_assert_int_eq(held(), 1);
    ck_assert_int_eq(length("ZCARD", f.keys.later), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.isolate");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_loop_test(
        all, the_more_workers_a_job_has_seen_die_the_fewer_are_claimed_together,
        0, (int)(sizeof crowds / sizeof *crowds));
    tcase_add_test(all, a_suspect_is_claimed_alone_by_the_one_whose_turn_it_is);
    tcase_add_test(all, without_suspects_nobody_has_a_turn);
    tcase_add_test(all, a_lost_lease_isolates_nothing);
    tcase_add_test(all, bytes_that_are_no_record_are_handed_out_to_be_buried);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
