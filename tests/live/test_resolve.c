/* What the two caches keep, and for how long. */
#include "support/main.h"
#include "support/resolve_bed.h"

#include <stdlib.h>
#include <string.h>

static struct resolve_bed *w;

static void open_bed(void)
{
    w = resolve_bed_open();
}

static void close_bed(void)
{
    resolve_bed_close(&w);
}

START_TEST(a_miss_asks_discovery_and_everybody_knows)
{
    peer_on(w->peer, .path = "/acme/on-new-lead", .body = BED_FOUND);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
    ck_assert_str_eq(w->a.secret, "s3cr3t");
    side_ask(&w->b);
    side_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
    ck_assert_str_eq(w->b.secret, "s3cr3t");
    ck_assert_str_eq(w->b.last.stamp, w->a.last.stamp);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
    ck_assert_str_eq(w->a.last.stamp, w->b.last.stamp);
    side_ask(&w->b);
    side_found(&w->b, SOURCE_LOCAL, "https://ext.example/a");
    ck_assert_uint_eq(bed_asked(w), 1);
    ck_assert_int_eq(redis_server_count(w->server, "EXISTS", BED_MARK, NULL),
                     0);
}
END_TEST

START_TEST(no_extension_is_remembered_for_its_own_time)
{
    side_ask(&w->a);
    ck_assert_int_eq(w->a.last.kind, FINDING_NONE);
    ck_assert_int_eq(w->a.last.source, SOURCE_DISCOVERY);
    side_ask(&w->a);
    ck_assert_int_eq(w->a.last.kind, FINDING_NONE);
    ck_assert_int_eq(w->a.last.source, SOURCE_LOCAL);
    side_ask(&w->b);
    ck_assert_int_eq(w->b.last.kind, FINDING_NONE);
    ck_assert_int_eq(w->b.last.source, SOURCE_SHARED);
    ck_assert_uint_eq(bed_asked(w), 1);
    ck_assert_int_le(redis_server_count(w->server, "PTTL", BED_ENTRY, NULL),
                     w->options.none_ms);
}
END_TEST

START_TEST(an_entry_past_its_time_is_asked_for_again)
{
    w->options.fresh_ms = w->options.none_ms = 30;
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    wait_until(side_ask(&w->a) == SOURCE_DISCOVERY, BED_LIMIT_MS,
               "asked again");
    ck_assert_uint_ge(bed_asked(w), 2);
}
END_TEST

START_TEST(a_local_entry_is_looked_up_again_in_the_shared_cache)
{
    w->options.local_ms = 20;
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    wait_until(side_ask(&w->a) == SOURCE_SHARED, BED_LIMIT_MS,
               "looked up again");
    ck_assert_uint_eq(bed_asked(w), 1);
}
END_TEST

START_TEST(a_stale_entry_is_served_while_discovery_fails)
{
    w->options.fresh_ms = 30;
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    peer_on(w->peer, .status = 500);
    wait_until(side_ask(&w->a) == SOURCE_STALE, BED_LIMIT_MS, "a stale answer");
    side_found(&w->a, SOURCE_STALE, "https://ext.example/a");
    ck_assert_str_eq(w->a.secret, "s3cr3t");
    ck_assert_uint_eq(bed_asked(w), 2);
    /* Discovery is left alone for a while, by the others too. */
    side_ask(&w->b);
    side_found(&w->b, SOURCE_STALE, "https://ext.example/a");
    side_ask(&w->a);
    side_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
    ck_assert_uint_eq(bed_asked(w), 2);
}
END_TEST

START_TEST(no_extension_is_not_served_stale)
{
    w->options.none_ms = 30;
    side_ask(&w->a);
    peer_on(w->peer, .status = 500);
    wait_until((side_ask(&w->a), w->a.last.kind == FINDING_FAILED),
               BED_LIMIT_MS, "a failure");
    side_failed(&w->a, "discovery answered 500");
    redis_server_ask(w->server, "SET", BED_ENTRY, "1 {}", NULL);
    side_ask(&w->a);
    side_failed(&w->a, "left alone");
}
END_TEST

START_TEST(after_the_pause_discovery_is_asked_again)
{
    w->options.retry_ms = 30;
    peer_on(w->peer, .status = 500);
    side_ask(&w->a);
    side_failed(&w->a, "discovery answered 500");
    peer_on(w->peer, .body = BED_FOUND);
    wait_until((side_ask(&w->a), w->a.last.kind == FINDING_EXTENSION),
               BED_LIMIT_MS, "an answer");
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(a_failure_is_not_asked_again_at_once)
{
    peer_on(w->peer, .status = 500);
    side_ask(&w->a);
    side_failed(&w->a, "discovery answered 500");
    bed_until(w, 1, "EXISTS", BED_MARK);
    side_ask(&w->a);
    side_failed(&w->a, "left alone");
    side_ask(&w->b);
    side_failed(&w->b, "left alone: discovery answered 500");
    ck_assert_uint_eq(bed_asked(w), 1);
}
END_TEST

static int64_t redis_now_ms(void)
{
    long long s = 0, us = 0;

    ck_assert_int_eq(sscanf(redis_server_ask(w->server, "TIME", NULL),
                            "%lld\n%lld", &s, &us),
                     2);
    return s * 1000 + us / 1000;
}

START_TEST(the_freshness_is_jittered_within_its_range)
{
    unsigned different = 0;
    char first[32] = "";

    w->options.jitter = 50;
    peer_on(w->peer, .body = BED_FOUND);
    for (int i = 0; i < 20; i++) {
        struct extension_key key = {"c", "on-new-lead"};
        int64_t before = redis_now_ms(), stamp;

        snprintf(key.container, sizeof key.container, "c%d", i);
        side_ask_for(&w->a, &key);
        stamp = strtoll(w->a.last.stamp, NULL, 10);
        ck_assert_int_ge(stamp, before + w->options.fresh_ms / 2);
        ck_assert_int_le(stamp, redis_now_ms() + w->options.fresh_ms);
        if (i == 0)
            memcpy(first, w->a.last.stamp, sizeof first);
        /* The clock alone moves the stamp by seconds at most. */
        different += llabs(stamp - strtoll(first, NULL, 10)) > 30000;
    }
    ck_assert_uint_gt(different, 0);
}
END_TEST

START_TEST(an_entry_lives_as_long_as_it_may_be_served)
{
    int64_t ttl;

    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    ttl = redis_server_count(w->server, "PTTL", BED_ENTRY, NULL);
    ck_assert_int_gt(ttl, w->options.fresh_ms);
    ck_assert_int_le(ttl, w->options.fresh_ms + w->options.stale_ms);
}
END_TEST

static const char *const useless[] = {
    "99999999999999 {\"url\":\"ftp://ext.example/\"}",
    "99999999999999 {\"url\":\"https://ext.example/\",\"secret\":\"a b\"}",
    "99999999999999 {\"url\":",
    "99999999999999 ",
    "99999999999999",
    "never {}",
    "",
};

START_TEST(a_useless_entry_is_replaced)
{
    redis_server_ask(w->server, "SET", BED_ENTRY, useless[_i], NULL);
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
    side_ask(&w->b);
    side_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
}
END_TEST

START_TEST(the_local_cache_is_bounded)
{
    struct extension_key key = {"c", "on-new-lead"};

    w->options.local_max = 2;
    side_reopen(&w->a);
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    for (int i = 0; i < 2; i++) {
        key.container[0] = (char)('c' + i);
        side_ask_for(&w->a, &key);
    }
    side_ask_for(&w->a, &key);
    side_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
    side_ask(&w->a);
    side_found(&w->a, SOURCE_SHARED, "https://ext.example/a");
}
END_TEST

START_TEST(a_key_is_compared_whole)
{
    static const struct extension_key ab_c = {"ab", "c"}, a_bc = {"a", "bc"};

    peer_on(w->peer, .path = "/ab/c", .body = BED_FOUND);
    peer_on(w->peer, .path = "/a/bc", .body = BED_MOVED);
    side_ask_for(&w->a, &ab_c);
    side_ask_for(&w->a, &a_bc);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/b");
    side_ask_for(&w->a, &ab_c);
    side_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live.resolve");
    TCase *tests = tcase_create("resolve");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_bed, close_bed);
    tcase_add_test(tests, a_miss_asks_discovery_and_everybody_knows);
    tcase_add_test(tests, no_extension_is_remembered_for_its_own_time);
    tcase_add_test(tests, an_entry_past_its_time_is_asked_for_again);
    tcase_add_test(tests, a_local_entry_is_looked_up_again_in_the_shared_cache);
    tcase_add_test(tests, a_stale_entry_is_served_while_discovery_fails);
    tcase_add_test(tests, no_extension_is_not_served_stale);
    tcase_add_test(tests, after_the_pause_discovery_is_asked_again);
    tcase_add_test(tests, a_failure_is_not_asked_again_at_once);
    tcase_add_test(tests, the_freshness_is_jittered_within_its_range);
    tcase_add_test(tests, an_entry_lives_as_long_as_it_may_be_served);
    tcase_add_loop_test(tests, a_useless_entry_is_replaced, 0,
                        (int)(sizeof useless / sizeof useless[0]));
    tcase_add_test(tests, the_local_cache_is_bounded);
    tcase_add_test(tests, a_key_is_compared_whole);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
