/* Forgetting an entry, and asking past the caches. */
#include "support/main.h"
#include "support/resolve_bed.h"

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

START_TEST(forget_reaches_both_caches)
{
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    peer_on(w->peer, .body = BED_MOVED);
    resolver_forget(w->a.resolver, &bed_acme, w->a.last.stamp);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/b");
    ck_assert_uint_eq(bed_asked(w), 2);
}
END_TEST

START_TEST(forget_leaves_a_newer_entry_alone)
{
    char stamp[32];

    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    memcpy(stamp, w->a.last.stamp, sizeof stamp);
    peer_on(w->peer, .body = BED_MOVED);
    wait_until((side_ask_anew(&w->b), strcmp(w->b.last.stamp, stamp) != 0),
               BED_LIMIT_MS, "a new stamp");
    resolver_forget(w->a.resolver, &bed_acme, stamp);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_SHARED, "https://ext.example/b");
    resolver_forget(w->a.resolver, &bed_acme, stamp);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_LOCAL, "https://ext.example/b");
}
END_TEST

START_TEST(forget_without_a_stamp_drops_whatever_is_there)
{
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->b);
    peer_on(w->peer, .status = 500);
    resolver_forget(w->a.resolver, &bed_acme, "");
    bed_until(w, 0, "EXISTS", BED_ENTRY);
    side_ask(&w->a);
    side_failed(&w->a, "discovery answered 500");
    bed_until(w, 1, "EXISTS", BED_MARK);
    peer_on(w->peer, .body = BED_FOUND);
    resolver_forget(w->a.resolver, &bed_acme, "");
    side_ask(&w->a);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(anew_skips_both_caches_and_fills_them)
{
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    peer_on(w->peer, .body = BED_MOVED);
    side_ask_anew(&w->a);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/b");
    side_ask(&w->a);
    side_found(&w->a, SOURCE_LOCAL, "https://ext.example/b");
    side_ask(&w->b);
    side_found(&w->b, SOURCE_SHARED, "https://ext.example/b");
    ck_assert_uint_eq(bed_asked(w), 2);
}
END_TEST

START_TEST(anew_asks_even_when_discovery_failed_a_moment_ago)
{
    peer_on(w->peer, .status = 500);
    side_ask(&w->a);
    bed_until(w, 1, "EXISTS", BED_MARK);
    peer_on(w->peer, .body = BED_FOUND);
    side_ask_anew(&w->b);
    side_found(&w->b, SOURCE_DISCOVERY, "https://ext.example/a");
    side_ask(&w->a);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(anew_says_why_discovery_fails)
{
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    peer_on(w->peer, .status = 500);
    side_ask_anew(&w->a);
    side_failed(&w->a, "discovery answered 500");
    side_ask(&w->b);
    side_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
}
END_TEST

START_TEST(anew_joins_a_question_and_is_not_given_a_cached_answer)
{
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->b);
    peer_on(w->peer, .body = BED_MOVED);
    resolve(w->a.resolver, &bed_acme, side_keep, &w->a);
    resolve_anew(w->a.resolver, &bed_acme, side_keep, &w->a);
    side_await(&w->a, 2);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/b");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live.resolve_news");
    TCase *tests = tcase_create("resolve");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_bed, close_bed);
    tcase_add_test(tests, forget_reaches_both_caches);
    tcase_add_test(tests, forget_leaves_a_newer_entry_alone);
    tcase_add_test(tests, forget_without_a_stamp_drops_whatever_is_there);
    tcase_add_test(tests, anew_skips_both_caches_and_fills_them);
    tcase_add_test(tests, anew_asks_even_when_discovery_failed_a_moment_ago);
    tcase_add_test(tests, anew_says_why_discovery_fails);
    tcase_add_test(tests,
                   anew_joins_a_question_and_is_not_given_a_cached_answer);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
