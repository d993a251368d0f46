/* The shared discovery cache with a key: what somebody with Redis alone can do
 * to it ends in a question to discovery, never in another's extension. */
#include "support/main.h"
#include "support/resolve_bed.h"
#include "support/table.h"

#include <stdio.h>

#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B "//////////////////////////////////////////8="
#define EVIL  "x:ext:{evil}:on-new-lead"
#define PLAIN "99999999999999 " BED_MOVED

static const struct extension_key evil = {"evil", "on-new-lead"};
static struct resolve_bed *w;
static struct seal seal;

static void set_keys(const char *first, const char *second)
{
    seal = (struct seal){.count = 0};
    if (first)
        ck_assert_int_eq(seal_add_key(&seal, span_of(first)), ERR_OK);
    if (second)
        ck_assert_int_eq(seal_add_key(&seal, span_of(second)), ERR_OK);
}

static void open_bed(void)
{
    w = resolve_bed_open();
    set_keys(KEY_A, NULL);
    w->options.seal = &seal;
    peer_on(w->peer, .path = "/acme/on-new-lead", .body = BED_FOUND);
    peer_on(w->peer, .path = "/evil/on-new-lead",
            .body = "{\"url\":\"https://evil.example/\",\"secret\":\"none\"}");
}

static void close_bed(void)
{
    resolve_bed_close(&w);
}

/* An entry as Redis keeps it: sealed texts hold any byte, so Redis moves
 * them. */
static void copy(const char *from, const char *to)
{
    ck_assert_str_eq(
        redis_server_ask(w->server, "COPY", from, to, "REPLACE", NULL), "1");
}

static void asks_discovery(size_t questions)
{
    side_ask(&w->b);
    side_found(&w->b, SOURCE_DISCOVERY, "https://ext.example/a");
    ck_assert_str_eq(w->b.secret, "s3cr3t");
    ck_assert_uint_eq(bed_asked(w), questions);
}

START_TEST(a_sealed_entry_shows_nothing_and_is_shared)
{
    const char *entry;

    side_ask(&w->a);
    side_ask(&w->b);
    side_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
    ck_assert_str_eq(w->b.secret, "s3cr3t");
    ck_assert_uint_eq(bed_asked(w), 1);
    ck_assert_int_eq(redis_server_count(w->server, "EVAL",
                                        "local e = redis.call('GET', KEYS[1]) "
                                        "return (string.find(e, 's3cr3t', 1, "
                                        "true) or string.find(e, 'example', "
                                        "1, true)) and 1 or 0",
                                        "1", BED_ENTRY, NULL),
                     0);
    entry = redis_server_ask(w->server, "GET", BED_ENTRY, NULL);
    ck_assert_ptr_nonnull(strstr(entry, " seal1:"));
}
END_TEST

START_TEST(no_extension_is_sealed_too)
{
    const char *entry;

    peer_on(w->peer, .path = "/acme/on-new-lead", .status = 404);
    side_ask(&w->a);
    side_ask(&w->b);
    ck_assert_int_eq(w->b.last.kind, FINDING_NONE);
    ck_assert_int_eq(w->b.last.source, SOURCE_SHARED);
    entry = redis_server_ask(w->server, "GET", BED_ENTRY, NULL);
    ck_assert_ptr_nonnull(strstr(entry, " seal1:"));
}
END_TEST

START_TEST(entries_swapped_between_tenants_are_misses)
{
    side_ask(&w->a);
    side_ask_for(&w->a, &evil);
    copy(BED_ENTRY, "x:other");
    copy(EVIL, BED_ENTRY);
    copy("x:other", EVIL);
    asks_discovery(3);
    side_ask_for(&w->b, &evil);
    side_found(&w->b, SOURCE_DISCOVERY, "https://evil.example/");
    ck_assert_uint_eq(bed_asked(w), 4);
    /* What was put back there since is right again. */
    side_reopen(&w->a);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_SHARED, "https://ext.example/a");
}
END_TEST

START_TEST(an_entry_moved_to_another_point_is_a_miss)
{
    static const struct extension_key other = {"acme", "other"};

    peer_on(w->peer, .path = "/acme/other", .body = BED_MOVED);
    side_ask(&w->a);
    copy(BED_ENTRY, "x:ext:{acme}:other");
    side_ask_for(&w->b, &other);
    side_found(&w->b, SOURCE_DISCOVERY, "https://ext.example/b");
}
END_TEST

START_TEST(an_entry_moved_to_another_prefix_is_a_miss)
{
    side_ask(&w->a);
    copy(BED_ENTRY, "y:ext:{acme}:on-new-lead");
    w->options.prefix = "y";
    side_reopen(&w->b);
    asks_discovery(2);
}
END_TEST

START_TEST(an_old_key_opens)
{
    side_ask(&w->a);
    set_keys(KEY_B, KEY_A);
    side_ask(&w->b);
    side_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
    ck_assert_uint_eq(bed_asked(w), 1);
}
END_TEST

START_TEST(an_unknown_key_is_a_miss_and_what_it_sealed_is_replaced)
{
    side_ask(&w->a);
    set_keys(KEY_B, NULL);
    asks_discovery(2);
    side_reopen(&w->a);
    side_ask(&w->a);
    side_found(&w->a, SOURCE_SHARED, "https://ext.example/a");
}
END_TEST

START_TEST(a_plain_entry_is_a_miss_when_there_is_a_key)
{
    redis_server_ask(w->server, "SET", BED_ENTRY, PLAIN, NULL);
    asks_discovery(1);
}
END_TEST

START_TEST(a_sealed_entry_is_a_miss_without_a_key)
{
    side_ask(&w->a);
    set_keys(NULL, NULL);
    asks_discovery(2);
    ck_assert_ptr_nonnull(
        strstr(redis_server_ask(w->server, "GET", BED_ENTRY, NULL), "s3cr3t"));
}
END_TEST

/* What an attacker with Redis alone may try, as a script on the entry. */
static const char *const tampering[] = {
    "return string.sub(e, 1, -2)",
    "return string.sub(e, 1, 30)",
    "return e .. 'x'",
    /* The same text under a later stamp, or an earlier one. */
    "return (string.gsub(e, '^%d+', '99999999999999'))",
    "return (string.gsub(e, '^%d+', "
    "function(n) return string.format('%.0f', n - 1) end))",
    /* Another URL's hash. */
    "return (string.gsub(e, '(seal1:%x+:)%x', '%1z'))",
    "local at = string.find(e, 'seal1') + 60 "
    "return string.sub(e, 1, at - 1) .. string.char((string.byte(e, at) + 1) % "
    "256) .. string.sub(e, at + 1)",
};

START_TEST(a_changed_entry_is_a_miss)
{
    char script[512];

    (void)snprintf(script, sizeof script,
                   "local e = redis.call('GET', KEYS[1]) "
                   "local function change() %s end "
                   "redis.call('SET', KEYS[1], change())",
                   tampering[_i]);
    side_ask(&w->a);
    ck_assert_str_eq(
        redis_server_ask(w->server, "EVAL", script, "1", BED_ENTRY, NULL),
        "(nil)");
    asks_discovery(2);
}
END_TEST

START_TEST(an_entry_put_back_after_its_end_is_a_miss)
{
    w->options.fresh_ms = w->options.stale_ms = 700;
    side_ask(&w->a);
    copy(BED_ENTRY, "x:kept");
    redis_server_ask(w->server, "PERSIST", "x:kept", NULL);
    bed_until(w, 0, "EXISTS", BED_ENTRY);
    copy("x:kept", BED_ENTRY);
    peer_on(w->peer, .path = "/acme/on-new-lead", .status = 500);
    side_ask(&w->b);
    side_failed(&w->b, "discovery answered 500");
}
END_TEST

START_TEST(a_changed_entry_is_not_served_stale)
{
    w->options.fresh_ms = 20;
    side_ask(&w->a);
    side_ask_for(&w->a, &evil);
    copy(EVIL, BED_ENTRY);
    peer_on(w->peer, .path = "/acme/on-new-lead", .status = 500);
    wait_until((side_ask(&w->b), w->b.last.kind == FINDING_FAILED),
               BED_LIMIT_MS, "a failure");
    side_failed(&w->b, "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stages.resolve_sealed");
    TCase *t = tcase_create("resolve_sealed");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_bed, close_bed);
    tcase_add_test(t, a_sealed_entry_shows_nothing_and_is_shared);
    tcase_add_test(t, no_extension_is_sealed_too);
    tcase_add_test(t, entries_swapped_between_tenants_are_misses);
    tcase_add_test(t, an_entry_moved_to_another_point_is_a_miss);
    tcase_add_test(t, an_entry_moved_to_another_prefix_is_a_miss);
    tcase_add_test(t, an_old_key_opens);
    tcase_add_test(t, an_unknown_key_is_a_miss_and_what_it_sealed_is_replaced);
    tcase_add_test(t, a_plain_entry_is_a_miss_when_there_is_a_key);
    tcase_add_test(t, a_sealed_entry_is_a_miss_without_a_key);
    tcase_add_loop_test(t, a_changed_entry_is_a_miss, 0, ROWS(tampering));
    tcase_add_test(t, an_entry_put_back_after_its_end_is_a_miss);
    tcase_add_test(t, a_changed_entry_is_not_served_stale);
    return run_suite(s);
}
