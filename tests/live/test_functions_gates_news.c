/* Who knows one version of the gates learns what came after. */
#include "support/functions_case.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

static void shut(const char *gate)
{
    gated_shut(&f, gate, (struct gated_shut){"wait", "60000", NULL, NULL});
}

/* "version whole: gate gate..." of a reply. */
static const char *told(const char *since, const char *limit)
{
    static char text[4096];
    char reply[8192];
    const char *at;
    size_t len;

    (void)snprintf(reply, sizeof reply, "%s", gated_news(&f, since, limit));
    len = (size_t)snprintf(text, sizeof text, "%s ", gated_line(reply, 1));
    len += (size_t)snprintf(text + len, sizeof text - len,
                            "%s:", gated_line(reply, 2));
    at = reply;
    for (int i = 0; i < 3 && at; i++)
        at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
    for (int i = 0; at; i++) {
        if (i % 3 == 0)
            len += (size_t)snprintf(text + len, sizeof text - len, " %.*s",
                                    (int)strcspn(at, "\n"), at);
        if (i % 3 == 1 && *at == '\n')
            len += (size_t)snprintf(text + len, sizeof text - len, "-");
        at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
    }
    return text;
}

START_TEST(a_queue_without_gates_has_no_news)
{
    ck_assert_str_eq(told("0", "9"), "0 1:");
    ck_assert_int_eq(count("EXISTS", f.keys.gates), 0);
}
END_TEST

/* a, b and c are shut, then a opened: it is gone, and b changes. */
static const struct {
    const char *since, *limit, *told;
} asked[] = {
    {"0", "9", "5 1: c: b:"},     {"1", "9", "5 0: c: a:- b:"},
    {"2", "9", "5 0: c: a:- b:"}, {"3", "9", "5 0: a:- b:"},
    {"4", "9", "5 0: b:"},        {"5", "9", "5 0:"},
    {"6", "9", "5 1: c: b:"}, /* of another Redis, or one that forgot */
    {"0", "1", "3 1: c:"},        {"3", "1", "4 0: a:-"},
    {"0", "2", "4 1: c:"},        {"4", "2", "5 0: b:"},
};

START_TEST(news_are_what_changed_since)
{
    shut("a:");
    shut("b:");
    shut("c:");
    gated_open(&f, "a:", "");
    gated_shut(&f, "b:", (struct gated_shut){"paused", "-1", NULL, NULL});
    ck_assert_str_eq(told(asked[_i].since, asked[_i].limit), asked[_i].told);
}
END_TEST

START_TEST(a_row_has_the_state_and_how_many_wait)
{
    const char *reply;

    gated_fill(&f, mine.text, "acme:on-lead", 1, 3);
    reply = gated_news(&f, "0", "9");
    ck_assert_str_eq(gated_line(reply, 3), "acme:on-lead");
    ck_assert_int_eq(strncmp(gated_line(reply, 4), "full ", 5), 0);
    ck_assert_str_eq(gated_line(reply, 5), "3");
}
END_TEST

/* Page by page, nothing is missed, whatever the size of a page. */
START_TEST(pages_make_the_whole)
{
    char since[32] = "0", gate[32], limit[8];
    int seen = 0;

    for (int i = 0; i < 40; i++) {
        (void)snprintf(gate, sizeof gate, "g%d:", i);
        shut(gate);
        if (i % 3 == 0)
            gated_open(&f, gate, "");
    }
    (void)snprintf(limit, sizeof limit, "%d", _i);
    while (strtoll(since, NULL, 10) < gated_version(&f)) {
        const char *text = told(since, limit);

        for (const char *at = text; (at = strchr(at, 'g')); at++)
            seen += at[strcspn(at, " ") - 1] != '-';
        (void)snprintf(since, sizeof since, "%.*s", (int)strcspn(text, " "),
                       text);
    }
    ck_assert_int_eq(seen, 26);
}
END_TEST

/* Gates that are gone, as if they had changed long ago: 2, 3, 4 ... */
static void add_gone(const char *total)
{
    ask("EVAL",
        "for i = 1, ARGV[1] do redis.call('ZADD', KEYS[2], "
        "redis.call('HINCRBY', KEYS[1], ':version', 1), 'old' .. i .. ':') end",
        "2", f.keys.gates, f.keys.changes, total);
}

START_TEST(of_gates_that_are_gone_the_newest_are_known)
{
    int64_t version;

    shut("a:");
    add_gone("11000");
    version = gated_version(&f);
    ck_assert_int_eq(version, 11001);
    for (int i = 0; i < 400; i++) {
        shut("b:");
        gated_open(&f, "b:", "");
    }
    ck_assert_int_le(count("ZCARD", f.keys.changes), 10003);
    ck_assert_int_ge(count("ZCARD", f.keys.changes), 9990);
    ck_assert_int_ge(count("HGET", f.keys.gates, ":floor"), 900);
    /* The one in front that is still there is told anew, and kept. */
    ck_assert_int_gt(count("ZSCORE", f.keys.changes, "a:"), version);
    ck_assert_int_eq(strncmp(gated_state(&f, "a:"), "wait ", 5), 0);
}
END_TEST

START_TEST(who_knows_less_than_the_floor_starts_anew)
{
    shut("a:");
    shut("b:");
    shut("c:");
    ask("HSET", f.keys.gates, ":floor", "2");
    ck_assert_str_eq(told("1", "9"), "3 1: a: b: c:");
    ck_assert_str_eq(told("2", "9"), "3 0: c:");
}
END_TEST

/* By somebody's hand; what it names is still there. */
START_TEST(who_starts_anew_finds_all_gates_without_the_changes)
{
    gated_fill(&f, mine.text, "acme:on-lead", 1, 3);
    shut("b:");
    ask("DEL", f.keys.changes);
    shut("c:");
    ck_assert_str_eq(told("2", "9"), "3 0: c:");
    ck_assert_ptr_nonnull(strstr(told("0", "9"), " b:"));
    ck_assert_ptr_nonnull(strstr(told("0", "9"), " acme:on-lead"));
    ck_assert_ptr_nonnull(strstr(told("0", "9"), " c:"));
    ck_assert_int_eq(gated_version(&f), 5);
}
END_TEST

/* A gate that was shut for good is open then; its jobs are found. */
START_TEST(parked_jobs_are_found_without_the_states)
{
    gated_fill(&f, mine.text, "acme:on-lead", 1, 3);
    shut("b:");
    ask("DEL", f.keys.gates);
    ck_assert_str_eq(told(_i ? "7" : "0", "9"), "3 1: acme:on-lead");
    ck_assert_int_eq(strncmp(gated_state(&f, "acme:on-lead"), "full ", 5), 0);
    shut("c:");
    ck_assert_str_eq(told("3", "9"), "4 0: c:");
}
END_TEST

START_TEST(a_key_of_another_type_is_an_error)
{
    ask("SET", _i ? f.keys.gates : f.keys.changes, "x");
    ck_assert_ptr_nonnull(strstr(gated_news(&f, "0", "9"), "WRONGTYPE"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.news");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_queue_without_gates_has_no_news);
    tcase_add_loop_test(t, news_are_what_changed_since, 0, ROWS(asked));
    tcase_add_test(t, a_row_has_the_state_and_how_many_wait);
    tcase_add_loop_test(t, pages_make_the_whole, 1, 6);
    tcase_add_test(t, of_gates_that_are_gone_the_newest_are_known);
    tcase_add_test(t, who_knows_less_than_the_floor_starts_anew);
    tcase_add_test(t, who_starts_anew_finds_all_gates_without_the_changes);
    tcase_add_loop_test(t, parked_jobs_are_found_without_the_states, 0, 2);
    tcase_add_loop_test(t, a_key_of_another_type_is_an_error, 0, 2);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
