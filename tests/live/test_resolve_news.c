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

/* As resolve_other after a call that this side's last entry was refused with.
 */
static void ask_other(struct side *s, uint32_t tag)
{
    unsigned before = s->answers;

    bed_turn(w);
    resolve_other(s->resolver, &bed_acme, tag, side_keep, s);
    side_await(s, before + 1);
}

START_TEST(another_entry_than_the_refused_one_is_asked_for_once)
{
    uint32_t tag;

    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    side_ask(&w->b);
    tag = resolve_tag(w->a.last.stamp);
    ck_assert_uint_eq(resolve_tag(w->b.last.stamp), tag);
    peer_on(w->peer, .body = BED_MOVED);
    ask_other(&w->a, tag);
    side_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/b");
    ck_assert_int_gt(w->a.last.made_ms, 0);
    ask_other(&w->b, tag);
    side_found(&w->b, SOURCE_SHARED, "https://ext.example/b");
    ck_assert_int_eq(w->b.last.made_ms, w->a.last.made_ms);
    for (int i = 0; i < 3; i++) {
        ask_other(&w->b, tag);
        side_found(&w->b, SOURCE_LOCAL, "https://ext.example/b");
    }
    ck_assert_uint_eq(bed_asked(w), 2);
}
END_TEST

START_TEST(a_crowd_that_was_refused_asks_one_question)
{
    uint32_t tag;

    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    side_ask(&w->b);
    tag = resolve_tag(w->a.last.stamp);
    peer_on(w->peer, .body = BED_MOVED, .delay_ms = 50);
    for (int i = 0; i < 100; i++) {
        resolve_other(w->a.resolver, &bed_acme, tag, side_keep, &w->a);
        resolve_other(w->b.resolver, &bed_acme, tag, side_keep, &w->b);
    }
    side_await(&w->a, 101);
    side_await(&w->b, 101);
    ck_assert_str_eq(w->a.url, "https://ext.example/b");
    ck_assert_str_eq(w->b.url, "https://ext.example/b");
    ck_assert_uint_eq(bed_asked(w), 2);
}
END_TEST

START_TEST(what_was_refused_is_not_served_stale)
{
    uint32_t tag;

    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    tag = resolve_tag(w->a.last.stamp);
    peer_on(w->peer, .status = 500);
    ask_other(&w->a, tag);
    side_failed(&w->a, "discovery answered 500");
    /* Discovery is left alone; who was not refused has what there is. */
    bed_until(w, 1, "EXISTS", BED_MARK);
    ask_other(&w->b, tag);
    side_failed(&w->b, "left alone");
    side_ask(&w->b);
    side_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
    ck_assert_uint_eq(bed_asked(w), 2);
}
END_TEST

START_TEST(without_redis_what_was_refused_is_not_served_either)
{
    peer_on(w->peer, .body = BED_FOUND);
    side_ask(&w->a);
    redis_server_kill(w->server);
    ask_other(&w->a, resolve_tag(w->a.last.stamp));
    ck_assert_int_eq(w->a.last.kind, FINDING_FAILED);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
}
END_TEST

START_TEST(a_tag_is_small_and_never_that_of_nothing)
{
    ck_assert_uint_eq(resolve_tag(""), 0);
    ck_assert_uint_eq(resolve_tag("0-0"), 1);
    ck_assert_uint_eq(resolve_tag("126"), 127);
    ck_assert_uint_eq(resolve_tag("127-5"), 1);
    ck_assert_uint_eq(resolve_tag("1700000000123-1699999999123"),
                      1700000000123 % 127 + 1);
    ck_assert_uint_le(resolve_tag("99999999999999999999999999999"), 127);
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
    tcase_add_test(tests, another_entry_than_the_refused_one_is_asked_for_once);
    tcase_add_test(tests, a_crowd_that_was_refused_asks_one_question);
    tcase_add_test(tests, what_was_refused_is_not_served_stale);
    tcase_add_test(tests, without_redis_what_was_refused_is_not_served_either);
    tcase_add_test(tests, a_tag_is_small_and_never_that_of_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
