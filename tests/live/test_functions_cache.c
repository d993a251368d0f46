/* The server-side functions of the shared discovery cache: find, keep, fail,
 * renew, forget. */
#include "stages/resolve.h"
#include "support/functions.h"
#include "support/main.h"
#include "support/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 20000 };

static const char *const words[] = {"--enable-debug-command", "yes", NULL};
static struct functions f;
static char entry[KEY_MAX], mark[KEY_MAX];

#define ask(...)   redis_server_ask(f.server, __VA_ARGS__, NULL)
#define count(...) redis_server_count(f.server, __VA_ARGS__, NULL)

static void open_all(void)
{
    f = functions_open(words);
    keys_of_extension(entry, mark, "extq", "acme", "on-lead");
}

static void close_all(void)
{
    functions_close(&f);
}

static const char *find(const char *token, const char *anew)
{
    return ask("FCALL", library_find, "2", entry, mark, token, "60000", anew);
}

static const char *find_other(const char *token, const char *refused)
{
    return ask("FCALL", library_find, "2", entry, mark, token, "60000", "0",
               refused);
}

static const char *renew(const char *token)
{
    return ask("FCALL", library_renew, "2", entry, mark, token, "90000");
}

/* fresh_ms counts from the server's now. */
static const char *keep(const char *token, int64_t fresh_ms, const char *body)
{
    long long s = 0, us = 0;
    char until[32];

    ck_assert_int_eq(sscanf(ask("TIME"), "%lld\n%lld", &s, &us), 2);
    (void)snprintf(until, sizeof until, "%lld-%lld",
                   s * 1000 + us / 1000 + (long long)fresh_ms,
                   s * 1000 + us / 1000);
    return ask("FCALL", library_keep, "2", entry, mark, token, until, "90000",
               body);
}

static const char *fail_asking(const char *token, const char *cool_ms)
{
    return ask("FCALL", library_fail, "2", entry, mark, token, cool_ms,
               "no token");
}

static const char *forget(const char *stamp)
{
    return ask("FCALL", library_forget, "2", entry, mark, stamp);
}

/* The first word of a finding, and the entry behind it. */
static void finding_is(const char *reply, const char *what, const char *body)
{
    const char *now = strchr(reply, '\n') + 1;

    ck_assert_msg(strncmp(reply, what, strlen(what)) == 0 &&
                      reply[strlen(what)] == '\n',
                  "%s instead of %s", reply, what);
    ck_assert_int_gt(strtoll(now, NULL, 10), 1000000);
    ck_assert_str_eq(strchr(now, '\n') + 1, body);
}

/* Keeps an entry and returns it as it is stored: "stamp body". */
static const char *kept(int64_t fresh_ms, const char *body)
{
    static char text[128];

    find("t", "1");
    (void)snprintf(text, sizeof text, "%s", keep("t", fresh_ms, body));
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), " %s",
                   body);
    return text;
}

START_TEST(one_asker_at_a_time_gets_the_mark)
{
    finding_is(find("a", "0"), "ask", "");
    finding_is(find("b", "0"), "wait", "");
    finding_is(find("b", "1"), "wait", "");
    finding_is(find("a", "0"), "wait", "");
    ck_assert_str_eq(ask("GET", mark), "a");
    ck_assert_int_gt(count("PTTL", mark), 50000);
}
END_TEST

START_TEST(what_was_kept_is_fresh_for_all)
{
    const char *stored = kept(60000, "body with spaces");

    ck_assert_str_eq(ask("GET", entry), stored);
    ck_assert_int_eq(count("EXISTS", mark), 0);
    finding_is(find("b", "0"), "fresh", stored);
    ck_assert_int_gt(strtoll(stored, NULL, 10), count("TIME") * 1000 + 50000);
    ck_assert_int_gt(count("PTTL", entry), 80000);
    ck_assert_int_le(count("PTTL", entry), 90000);
}
END_TEST

START_TEST(a_stale_entry_is_served_with_the_mark_and_without)
{
    const char *stored = kept(-1, "old");

    finding_is(find("a", "0"), "ask", stored);
    finding_is(find("b", "0"), "wait", stored);
}
END_TEST

START_TEST(asking_anew_passes_by_a_fresh_entry)
{
    const char *stored = kept(60000, "body");

    finding_is(find("a", "1"), "ask", stored);
    finding_is(find("b", "1"), "wait", stored);
    finding_is(find("b", "0"), "fresh", stored);
}
END_TEST

START_TEST(what_a_job_was_refused_with_is_not_fresh_for_it)
{
    const char *stored = kept(60000, "body");
    char tag[8], other[8];

    (void)snprintf(tag, sizeof tag, "%u", resolve_tag(stored));
    (void)snprintf(other, sizeof other, "%u", resolve_tag(stored) % 127 + 1);
    finding_is(find_other("a", other), "fresh", stored);
    finding_is(find_other("a", "0"), "fresh", stored);
    finding_is(find_other("a", tag), "ask", stored);
    finding_is(find_other("b", tag), "wait", stored);
    finding_is(find_other("b", "0"), "fresh", stored);
}
END_TEST

START_TEST(an_entry_of_an_older_form_counts)
{
    ask("SET", entry, "99999999999999 body");
    finding_is(find("a", "0"), "fresh", "99999999999999 body");
    ck_assert_str_eq(forget("99999999999999"), "1");
}
END_TEST

START_TEST(a_mark_is_renewed_by_its_holder_alone)
{
    ck_assert_str_eq(renew("a"), "0");
    ck_assert_int_eq(count("EXISTS", mark), 0);
    find("a", "0");
    ck_assert_str_eq(renew("b"), "0");
    ck_assert_int_le(count("PTTL", mark), 60000);
    ck_assert_str_eq(renew("a"), "1");
    ck_assert_int_gt(count("PTTL", mark), 60000);
    ck_assert_str_eq(ask("GET", mark), "a");
    fail_asking("a", "50000");
    ck_assert_str_eq(renew("a"), "0");
    ck_assert_int_le(count("PTTL", mark), 50000);
}
END_TEST

START_TEST(only_the_holder_of_the_mark_keeps_or_fails)
{
    struct digest before;

    ck_assert_str_eq(keep("a", 60000, "x"), "(nil)");
    ck_assert_str_eq(fail_asking("a", "60000"), "0");
    find("a", "0");
    before = functions_digest(&f);
    ck_assert_str_eq(keep("b", 60000, "x"), "(nil)");
    ck_assert_str_eq(fail_asking("b", "60000"), "0");
    ck_assert_str_eq(functions_digest(&f).text, before.text);
    ck_assert_str_ne(keep("a", 60000, "x"), "(nil)");
    ck_assert_str_eq(keep("a", 60000, "y"), "(nil)");
    ck_assert_ptr_nonnull(strstr(ask("GET", entry), " x"));
}
END_TEST

START_TEST(an_asker_that_died_is_followed_by_the_next)
{
    finding_is(ask("FCALL", library_find, "2", entry, mark, "a", "50", "0"),
               "ask", "");
    wait_until(strncmp(find("b", "0"), "ask", 3) == 0, LIMIT_MS,
               "the mark to run out");
    ck_assert_str_eq(keep("a", 60000, "late"), "(nil)");
    ck_assert_str_ne(keep("b", 60000, "x"), "(nil)");
}
END_TEST

START_TEST(after_a_failure_discovery_is_left_alone_for_a_while)
{
    const char *stored = kept(-1, "old");
    char failed[256];

    find("a", "0");
    ck_assert_str_eq(fail_asking("a", "60000"), "1");
    (void)snprintf(failed, sizeof failed, "%s\nno token", stored);
    finding_is(find("b", "0"), "failed", failed);
    finding_is(find("b", "1"), "failed", failed);
    ck_assert_int_gt(count("PTTL", mark), 50000);
    ck_assert_str_eq(keep("a", 60000, "x"), "(nil)");
    ask("PEXPIRE", mark, "1");
    wait_until(count("EXISTS", mark) == 0, LIMIT_MS, "the pause to end");
    finding_is(find("b", "0"), "ask", stored);
}
END_TEST

START_TEST(a_fresh_entry_counts_during_a_failure)
{
    const char *stored = kept(60000, "body");

    find("a", "1");
    fail_asking("a", "60000");
    finding_is(find("b", "0"), "fresh", stored);
}
END_TEST

START_TEST(only_the_entry_that_was_seen_is_forgotten)
{
    char stamp[32];
    const char *stored = kept(60000, "body");

    (void)snprintf(stamp, sizeof stamp, "%.*s", (int)strcspn(stored, " "),
                   stored);
    ck_assert_str_eq(forget("123"), "0");
    ck_assert_int_eq(count("EXISTS", entry), 1);
    ck_assert_str_eq(forget(stamp), "1");
    ck_assert_int_eq(count("EXISTS", entry), 0);
    ck_assert_str_eq(forget(stamp), "0");
    finding_is(find("a", "0"), "ask", "");
}
END_TEST

START_TEST(an_operator_forgets_whatever_is_there)
{
    kept(60000, "body");
    ck_assert_str_eq(forget(""), "1");
    ck_assert_str_eq(forget(""), "0");
    find("a", "0");
    fail_asking("a", "60000");
    forget("");
    finding_is(find("b", "0"), "ask", "");
    /* Somebody who is asking goes on. */
    forget("");
    ck_assert_str_eq(ask("GET", mark), "b");
}
END_TEST

START_TEST(the_cache_works_above_maxmemory)
{
    const char *stored;

    ask("CONFIG", "SET", "maxmemory", "1");
    stored = kept(60000, "body");
    finding_is(find("b", "0"), "fresh", stored);
    find("a", "1");
    ck_assert_str_eq(fail_asking("a", "5000"), "1");
    ck_assert_str_eq(forget(""), "1");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.cache");
    TCase *t = tcase_create("lua.cache");

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, one_asker_at_a_time_gets_the_mark);
    tcase_add_test(t, what_was_kept_is_fresh_for_all);
    tcase_add_test(t, a_stale_entry_is_served_with_the_mark_and_without);
    tcase_add_test(t, asking_anew_passes_by_a_fresh_entry);
    tcase_add_test(t, what_a_job_was_refused_with_is_not_fresh_for_it);
    tcase_add_test(t, an_entry_of_an_older_form_counts);
    tcase_add_test(t, a_mark_is_renewed_by_its_holder_alone);
    tcase_add_test(t, only_the_holder_of_the_mark_keeps_or_fails);
    tcase_add_test(t, an_asker_that_died_is_followed_by_the_next);
    tcase_add_test(t, after_a_failure_discovery_is_left_alone_for_a_while);
    tcase_add_test(t, a_fresh_entry_counts_during_a_failure);
    tcase_add_test(t, only_the_entry_that_was_seen_is_forgotten);
    tcase_add_test(t, an_operator_forgets_whatever_is_there);
    tcase_add_test(t, the_cache_works_above_maxmemory);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
