/* The server-side functions on a Redis whose clock goes back by a day: what
 * dead services held is claimable again within their lease. */
#include "faults/fake_clock.h"
#include "support/functions.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/wait.h"

#include <stdlib.h>

enum { DAY_S = 86400, LIMIT_MS = 10000 };

static const char lease[] = "300";
static struct functions f;
static struct fake_clock redis;

static void open_all(void)
{
    int64_t before, after;

    fake_clock_open(&redis);
    fake_clock_use(&redis, true);
    f = functions_open(NULL);
    fake_clock_use(&redis, false);
    before = redis_server_count(f.server, "TIME", NULL);
    *redis.ahead_s = DAY_S;
    after = redis_server_count(f.server, "TIME", NULL);
    ck_assert_msg(after - before > DAY_S - 100, "its clock cannot be set");
}

static void close_all(void)
{
    functions_close(&f);
}

/* A service that dies while it holds {"n":1}, after one tick. */
static struct epoch join_and_die(void)
{
    struct epoch dead = functions_join(&f, lease);

    functions_tick(&f, dead.text, lease, "0", "0");
    functions_push(&f, 1, 1);
    functions_claim(&f, dead.text, "1", "0");
    ck_assert_int_eq(functions_held(&f, dead.text), 1);
    return dead;
}

static bool is_ended(const struct epoch *by, const struct epoch *dead)
{
    return strstr(functions_tick(&f, by->text, "60000", "1", "0"), dead->text);
}

static void expect_reclaimed(const struct epoch *by, const struct epoch *dead)
{
    wait_until(is_ended(by, dead), LIMIT_MS, "the dead one's lease to end");
    ck_assert_str_eq(functions_release(&f, dead->text, "10", "0"), "0");
    functions_claim(&f, by->text, "1", "1");
    ck_assert_int_eq(functions_held(&f, by->text), 1);
}

START_TEST(with_a_service_that_lives)
{
    struct epoch living = functions_join(&f, "60000");
    struct epoch dead = join_and_die();

    functions_tick(&f, living.text, "60000", "0", "0");
    *redis.ahead_s = 0;
    expect_reclaimed(&living, &dead);
}
END_TEST

START_TEST(with_a_service_that_comes_later)
{
    struct epoch dead = join_and_die(), later;

    *redis.ahead_s = 0;
    later = functions_join(&f, "60000");
    expect_reclaimed(&later, &dead);
}
END_TEST

/* Leases that were taken by the new time stay as they are. */
START_TEST(services_that_come_together_afterwards_keep_their_leases)
{
    struct epoch dead = join_and_die(), one, two;

    *redis.ahead_s = 0;
    one = functions_join(&f, "60000");
    two = functions_join(&f, "60000");
    wait_until(is_ended(&one, &dead), LIMIT_MS, "the dead one's lease to end");
    ck_assert(!is_ended(&one, &two));
    ck_assert_int_eq(functions_tick(&f, two.text, "60000", "0", "0")[0], '1');
}
END_TEST

/* {"n":1}, put off by a second of the time before. */
static void put_off(const struct epoch *by)
{
    functions_push(&f, 1, 1);
    functions_claim(&f, by->text, "1", "0");
    functions_finish(&f, by->text, functions_field(&f, by->text, 1).text,
                     "later", "1000");
    ck_assert_str_eq(functions_place(&f, 1), "later");
}

static bool is_due(const struct epoch *by)
{
    functions_claim(&f, by->text, "1", "1");
    return functions_held(&f, by->text) == 1;
}

START_TEST(what_was_put_off_until_a_time_is_due_as_soon_as_before)
{
    struct epoch one = functions_join(&f, "60000");

    functions_tick(&f, one.text, "60000", "0", "0");
    put_off(&one);
    *redis.ahead_s = 0;
    functions_tick(&f, one.text, "60000", "0", "0");
    wait_until(is_due(&one), LIMIT_MS, "a job that was put off");
}
END_TEST

START_TEST(a_gate_that_was_shut_opens_as_soon_as_before)
{
    struct epoch one = functions_join(&f, "60000");
    static const struct gated_shut what = {"circuit", "1000", "0", NULL};

    functions_tick(&f, one.text, "60000", "0", "0");
    gated_fill(&f, one.text, "acme:on-lead", 1, 1);
    gated_shut(&f, "acme:on-lead", what);
    *redis.ahead_s = 0;
    functions_tick(&f, one.text, "60000", "0", "0");
    wait_until(
        strstr(gated_unpark(&f, one.text, "acme:on-lead", "1"), "{\"n\":1}"),
        LIMIT_MS, "the probe of a circuit");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.clock");
    TCase *t = tcase_create("lua.clock");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, with_a_service_that_lives);
    tcase_add_test(t, with_a_service_that_comes_later);
    tcase_add_test(t, services_that_come_together_afterwards_keep_their_leases);
    tcase_add_test(t, what_was_put_off_until_a_time_is_due_as_soon_as_before);
    tcase_add_test(t, a_gate_that_was_shut_opens_as_soon_as_before);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
