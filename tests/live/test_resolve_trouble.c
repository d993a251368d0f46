/* One question among many who ask; Redis away; the end. */
#include "stages/resolve_search.h"
#include "support/main.h"
#include "support/resolve_bed.h"

static struct resolve_bed *w;

static void open_bed(void)
{
    w = resolve_bed_open();
}

static void close_bed(void)
{
    resolve_bed_close(&w);
}

START_TEST(many_callers_share_one_question)
{
    peer_on(w->peer, .body = BED_FOUND, .delay_ms = 50);
    for (int i = 0; i < 100; i++)
        resolve(w->a.resolver, &bed_acme, side_keep, &w->a);
    ck_assert_uint_eq(w->a.answers, 0);
    side_await(&w->a, 100);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
    ck_assert_uint_eq(bed_asked(w), 1);
}
END_TEST

START_TEST(two_services_ask_once)
{
    peer_on(w->peer, .body = BED_FOUND, .delay_ms = 150);
    resolve(w->a.resolver, &bed_acme, side_keep, &w->a);
    resolve(w->b.resolver, &bed_acme, side_keep, &w->b);
    side_await(&w->a, 1);
    side_await(&w->b, 1);
    /* Either may be the one who asks. */
    side_found(&w->a, w->a.last.source, "https://ext.example/a");
    side_found(&w->b, w->b.last.source, "https://ext.example/a");
    ck_assert_int_eq(w->a.last.source == SOURCE_DISCOVERY,
                     w->b.last.source == SOURCE_SHARED);
    ck_assert_int_eq(w->b.last.source == SOURCE_DISCOVERY,
                     w->a.last.source == SOURCE_SHARED);
    ck_assert_uint_eq(bed_asked(w), 1);
}
END_TEST

START_TEST(who_waits_for_one_that_died_asks_in_the_end)
{
    peer_on(w->peer, .body = BED_FOUND);
    redis_server_ask(w->server, "SET", BED_MARK, "gone", "PX", "150", NULL);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

static int64_t mark_left_ms(void)
{
    bed_turn(w);
    return redis_server_count(w->server, "PTTL", BED_MARK, NULL);
}

START_TEST(a_mark_is_short_and_renewed_while_discovery_is_asked)
{
    int64_t before, left = 0;

    peer_on(w->peer, .act = PEER_HANG);
    resolve(w->a.resolver, &bed_acme, side_keep, &w->a);
    wait_until((bed_turn(w), bed_asked(w) == 1), BED_LIMIT_MS, "the question");
    for (int i = 0; i < 2; i++) {
        before = left = mark_left_ms();
        ck_assert_int_gt(left, 0);
        ck_assert_int_le(left, 2000);
        wait_until((before = left, left = mark_left_ms(), left > before),
                   BED_LIMIT_MS, "the mark to be renewed");
    }
    /* Once nobody renews it, others wait no longer than it lives. */
    resolver_close(&w->a.resolver);
    wait_until((bed_turn(w),
                redis_server_count(w->server, "EXISTS", BED_MARK, NULL) == 0),
               BED_LIMIT_MS, "the mark to end");
}
END_TEST

START_TEST(nobody_waits_for_ever)
{
    w->options.ask_ms = 100;
    w->options.stale_ms = INT64_C(1) << 42; /* since 1970 */
    redis_server_ask(w->server, "SET", BED_MARK, "slow", "PX", "600000", NULL);
    side_ask(&w->a);
    side_failed(&w->a, "somebody else is asking");
    redis_server_ask(w->server, "SET", BED_ENTRY, "1 " BED_FOUND, NULL);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_STALE, "https://ext.example/a");
    ck_assert_uint_eq(bed_asked(w), 0);
}
END_TEST

START_TEST(anew_needs_no_redis)
{
    peer_on(w->peer, .body = BED_FOUND);
    redis_server_kill(w->server);
    side_ask_anew(&w->a);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(while_redis_is_down_old_local_entries_are_served)
{
    static const struct extension_key other = {"globex", "on-new-lead"};

    w->options.local_ms = 0;
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    redis_server_kill(w->server);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
    side_ask_for(&w->a, &other);
    side_failed(&w->a, "Redis is unreachable");
    ck_assert_uint_eq(bed_asked(w), 1);
    redis_server_start_again(w->server);
    wait_until(
        (side_ask_for(&w->a, &other), w->a.last.kind == FINDING_EXTENSION),
        BED_LIMIT_MS, "Redis again");
}
END_TEST

START_TEST(a_lost_function_library_is_loaded_again)
{
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    redis_server_ask(w->server, "FUNCTION", "FLUSH", NULL);
    side_ask(&w->b);
    side_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
    redis_server_ask(w->server, "FUNCTION", "FLUSH", NULL);
    resolver_forget(w->a.resolver, &bed_acme, w->b.last.stamp);
    bed_until(w, 0, "EXISTS", BED_ENTRY);
    ck_assert_uint_eq(bed_asked(w), 1);
}
END_TEST

START_TEST(a_redis_that_refuses_functions_is_a_failure)
{
    redis_server_ask(w->server, "FUNCTION", "FLUSH", NULL);
    redis_server_ask(w->server, "ACL", "SETUSER", "default", "-function", NULL);
    side_ask(&w->a);
    side_failed(&w->a, "Redis refused the discovery cache");
    ck_assert_uint_eq(bed_asked(w), 0);
}
END_TEST

START_TEST(pending_callers_hear_of_the_end)
{
    peer_on(w->peer, .act = PEER_HANG);
    resolve(w->a.resolver, &bed_acme, side_keep, &w->a);
    wait_until((bed_turn(w), bed_asked(w) == 1), BED_LIMIT_MS, "the question");
    resolve(w->b.resolver, &bed_acme, side_keep, &w->b);
    bed_until(w, 1, "EXISTS", BED_MARK);
    resolver_close(&w->a.resolver);
    ck_assert_uint_eq(w->a.answers, 1);
    side_failed(&w->a, "stopped");
    /* Its mark is given back: the other service need not wait for its end. */
    peer_on(w->peer, .body = BED_FOUND);
    wait_until((bed_turn(w), w->b.answers == 1), BED_LIMIT_MS,
               "the other's answer");
    if (w->b.last.kind == FINDING_FAILED)
        side_ask(&w->b);
    side_found(&w->b, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(closing_is_safe_in_every_state)
{
    static const struct extension_key other = {"globex", "on-new-lead"};

    peer_on(w->peer, .act = PEER_HANG);
    resolve(w->a.resolver, &bed_acme, side_keep, &w->a);
    wait_until((bed_turn(w), bed_asked(w) == 1), BED_LIMIT_MS, "the question");
    resolve(w->b.resolver, &bed_acme, side_keep, &w->b);
    wait_until((bed_turn(w), !LIST_EMPTY(&w->b.resolver->sleepers)),
               BED_LIMIT_MS, "the other service to wait");
    resolve(w->b.resolver, &other, side_keep, &w->b);
    resolver_close(&w->b.resolver);
    ck_assert_uint_eq(w->b.answers, 2);
    resolver_close(&w->a.resolver);
    ck_assert_uint_eq(w->a.answers, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live.resolve_trouble");
    TCase *tests = tcase_create("resolve");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_bed, close_bed);
    tcase_add_test(tests, many_callers_share_one_question);
    tcase_add_test(tests, two_services_ask_once);
    tcase_add_test(tests, who_waits_for_one_that_died_asks_in_the_end);
    tcase_add_test(tests, a_mark_is_short_and_renewed_while_discovery_is_asked);
    tcase_add_test(tests, nobody_waits_for_ever);
    tcase_add_test(tests, anew_needs_no_redis);
    tcase_add_test(tests, while_redis_is_down_old_local_entries_are_served);
    tcase_add_test(tests, a_lost_function_library_is_loaded_again);
    tcase_add_test(tests, a_redis_that_refuses_functions_is_a_failure);
    tcase_add_test(tests, pending_callers_hear_of_the_end);
    tcase_add_test(tests, closing_is_safe_in_every_state);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
