/* The server-side functions on a Redis whose clock goes back by a day: what
 * dead services held is claimable again within their lease. */
#include "faults/fake_clock.h"
#include "support/functions.h"
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

int main(void)
{
    Suite *suite = suite_create("lua.clock");
    TCase *t = tcase_create("lua.clock");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, with_a_service_that_lives);
    tcase_add_test(t, with_a_service_that_comes_later);
    tcase_add_test(t, services_that_come_together_afterwards_keep_their_leases);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
