/* What gates become: each kind, shut and opened. */
#include "support/functions_case.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

static const char gate[] = "acme:on-lead";

#define FULL      "full 7 0 0 - -"
#define CIRCUIT   "circuit 7 " GATED_FAR " 3 - why"
#define CIRCUIT_0 "circuit 7 " GATED_PAST " 3 - why"
#define WAITING   "wait 7 " GATED_FAR " 0 - why"
#define WAITING_0 "wait 7 " GATED_PAST " 0 - why"
#define FOREVER   "wait 7 0 0 - why"
#define GONE      "gone 7 " GATED_FAR " 1 url why"
#define PAUSED    "paused 7 0 0 - why"
#define PAUSED_AN "paused 7 " GATED_FAR " 0 - why"

/* changed: the word of the new state's kind, its step, and whether it keeps
 * its `since`; or NULL when it stays. class: of the entry, or NULL. */
static const struct {
    const char *before;
    struct gated_shut what;
    const char *changed, *step;
    bool since_stays;
    const char *class;
} shuts[] = {
    /* Nothing is in the way. */
    {"", {"circuit", "5000", "0", NULL}, "circuit", "0", 0, "circuit_open"},
    {"", {"wait", "5000", "0", NULL}, "wait", "0", 0, "paused"},
    {"", {"gone", "5000", "0", NULL}, "gone", "0", 0, "paused"},
    {"", {"paused", "-1", "0", NULL}, "paused", "0", 0, "paused"},
    {FULL, {"circuit", "5000", "0", NULL}, "circuit", "0", 0, "circuit_open"},
    {FULL, {"wait", "5000", "0", NULL}, "wait", "0", 0, "paused"},
    {FULL, {"gone", "5000", "0", NULL}, "gone", "0", 0, "paused"},
    {FULL, {"paused", "-1", "0", NULL}, "paused", "0", 0, "paused"},
    /* Who is shut longer stays, unless probes failed. */
    {CIRCUIT, {"circuit", "5000", "0", NULL}, NULL, NULL, 0, NULL},
    {CIRCUIT, {"circuit", "5000", "3", NULL}, NULL, NULL, 0, NULL},
    {CIRCUIT, {"circuit", "5000", "4", NULL}, "circuit", "4", 1, NULL},
    {CIRCUIT_0, {"circuit", "5000", "0", NULL}, "circuit", "3", 1, NULL},
    {CIRCUIT, {"wait", "5000", "0", NULL}, NULL, NULL, 0, NULL},
    {CIRCUIT_0, {"wait", "5000", "0", NULL}, "wait", "3", 0, "paused"},
    {WAITING, {"wait", "5000", "0", NULL}, NULL, NULL, 0, NULL},
    {WAITING_0, {"wait", "5000", "0", NULL}, "wait", "0", 1, NULL},
    {WAITING, {"circuit", "5", "1", NULL}, "circuit", "1", 0, "circuit_open"},
    {FOREVER, {"wait", "9000", "0", NULL}, NULL, NULL, 0, NULL},
    {WAITING, {"wait", "-1", "0", NULL}, "wait", "0", 1, NULL},
    {FOREVER, {"wait", "-1", "0", NULL}, NULL, NULL, 0, NULL},
    /* The heavier stays. */
    {CIRCUIT, {"gone", "5", "0", NULL}, "gone", "3", 0, "paused"},
    {WAITING, {"gone", "5", "0", NULL}, "gone", "0", 0, "paused"},
    {GONE, {"circuit", "5", "9", NULL}, NULL, NULL, 0, NULL},
    {GONE, {"wait", "5", "9", NULL}, NULL, NULL, 0, NULL},
    {GONE, {"gone", "5", "2", NULL}, "gone", "2", 1, NULL},
    {GONE, {"gone", "5", "1", NULL}, NULL, NULL, 0, NULL},
    {CIRCUIT, {"paused", "-1", "0", NULL}, "paused", "0", 0, "paused"},
    {GONE, {"paused", "-1", "0", NULL}, "paused", "0", 0, "paused"},
    {PAUSED, {"circuit", "5", "9", NULL}, NULL, NULL, 0, NULL},
    {PAUSED, {"wait", "-1", "9", NULL}, NULL, NULL, 0, NULL},
    {PAUSED, {"gone", "-1", "9", NULL}, NULL, NULL, 0, NULL},
    /* An operator may change the time and the reason. */
    {PAUSED, {"paused", "5000", "0", NULL}, "paused", "0", 1, "paused"},
    {PAUSED, {"paused", "-1", "0", NULL}, "paused", "0", 1, "paused"},
    {"paused 7 0 0 - because of this",
     {"paused", "-1", "0", NULL},
     NULL,
     NULL,
     0,
     NULL},
    /* The probe that the gate waits for decides; another one does not. */
    {CIRCUIT, {"circuit", "5", "3", GATED_FAR}, "circuit", "3", 1, NULL},
    {CIRCUIT, {"circuit", "5", "0", GATED_FAR}, "circuit", "0", 1, NULL},
    {CIRCUIT, {"wait", "5", "4", GATED_FAR}, "wait", "4", 0, "paused"},
    {GONE, {"circuit", "5", "2", GATED_FAR}, "circuit", "2", 0, "circuit_open"},
    {PAUSED_AN, {"wait", "5", "1", GATED_FAR}, "wait", "1", 0, "paused"},
    {CIRCUIT, {"circuit", "5", "3", "9999"}, NULL, NULL, 0, NULL},
    {GONE, {"circuit", "5", "9", "9999"}, NULL, NULL, 0, NULL},
    {PAUSED, {"wait", "5", "9", "9999"}, NULL, NULL, 0, NULL},
    /* What nobody of ours wrote counts as a pause. */
    {"nonsense", {"wait", "5", "9", NULL}, NULL, NULL, 0, NULL},
    {"ajar 7 0 0 - -", {"wait", "5", "9", NULL}, NULL, NULL, 0, NULL},
    {"nonsense", {"paused", "-1", "0", NULL}, "paused", "0", 0, "paused"},
};

/* The class of the only entry, or NULL. */
static const char *entry_class(void)
{
    const char *class, *all = ask("XRANGE", f.keys.outcomes, "-", "+");
    static char text[32];

    class = strstr(all, "\nclass\n");
    if (!class)
        return NULL;
    class += 7;
    ck_assert_ptr_null(strstr(class, "\nclass\n"));
    (void)snprintf(text, sizeof text, "%.*s", (int)strcspn(class, "\n"), class);
    return text;
}

static void entry_is(const char *class)
{
    const char *got = entry_class();

    ck_assert_msg(class ? got && strcmp(got, class) == 0 : !got, "%s",
                  got ? got : "none");
}

START_TEST(a_gate_is_shut_by_what_weighs_more_or_lasts_longer)
{
    const char *const before = shuts[_i].before;
    char reply[512], kind[16], mark[8], why[64];
    long long since, ends;
    int step;

    gated_set(&f, gate, before);
    (void)snprintf(reply, sizeof reply, "%s",
                   gated_shut(&f, gate, shuts[_i].what));
    ck_assert_str_eq(gated_line(reply, 2), shuts[_i].changed ? "1" : "0");
    ck_assert_str_eq(gated_line(reply, 3), gate);
    ck_assert_str_eq(gated_line(reply, 5), "0");
    ck_assert_int_eq(gated_version(&f), shuts[_i].changed ? 1 : 0);
    entry_is(shuts[_i].class);
    if (!shuts[_i].changed) {
        ck_assert_str_eq(gated_state(&f, gate), before);
        return;
    }
    ck_assert_str_eq(gated_line(reply, 4), gated_state(&f, gate));
    ck_assert_int_eq(sscanf(gated_line(reply, 4),
                            "%15s %lld %lld %d %7s %63[^\n]", kind, &since,
                            &ends, &step, mark, why),
                     6);
    ck_assert_str_eq(kind, shuts[_i].changed);
    ck_assert_int_eq(step, strtol(shuts[_i].step, NULL, 10));
    ck_assert_str_eq(mark, "m");
    ck_assert_str_eq(why, "because of this");
    ck_assert_int_eq(since == 7, shuts[_i].since_stays);
    ck_assert_int_eq(ends, shuts[_i].what.wait_ms[0] == '-'
                               ? 0
                               : strtoll(reply, NULL, 10) +
                                     strtoll(shuts[_i].what.wait_ms, NULL, 10));
}
END_TEST

static const struct {
    const char *before, *only;
    bool opens;
    const char *class;
} opens[] = {
    {"", "", 0, NULL},
    {FULL, "", 0, NULL},
    {CIRCUIT, "", 1, "circuit_closed"},
    {WAITING, "", 1, "resumed"},
    {GONE, "", 1, "resumed"},
    {PAUSED, "", 1, "resumed"},
    {"nonsense", "", 1, "resumed"},
    {CIRCUIT, "circuit", 1, "circuit_closed"},
    {WAITING, "wait", 1, "resumed"},
    {GONE, "gone", 1, "resumed"},
    {PAUSED, "paused", 1, "resumed"},
    {PAUSED, "circuit", 0, NULL},
    {GONE, "circuit", 0, NULL},
    {WAITING, "circuit", 0, NULL},
    {CIRCUIT, "wait", 0, NULL},
    {CIRCUIT, "paused", 0, NULL},
};

START_TEST(a_gate_without_jobs_is_gone_when_it_opens)
{
    const char *reply;

    gated_set(&f, gate, opens[_i].before);
    reply = gated_open(&f, gate, opens[_i].only);
    ck_assert_str_eq(gated_line(reply, 2), opens[_i].opens ? "1" : "0");
    ck_assert_str_eq(gated_line(reply, 4),
                     opens[_i].opens ? "" : opens[_i].before);
    ck_assert_int_eq(count("HEXISTS", f.keys.gates, gate),
                     !opens[_i].opens && opens[_i].before[0]);
    ck_assert_int_eq(gated_version(&f), opens[_i].opens);
    entry_is(opens[_i].class);
}
END_TEST

START_TEST(a_gate_with_jobs_is_full_when_it_opens)
{
    char want[64], reply[256];

    gated_fill(&f, mine.text, gate, 1, 2);
    ask("DEL", f.keys.outcomes);
    ask("HDEL", f.keys.gates, gate, ":version");
    gated_set(&f, gate, opens[_i].before);
    (void)snprintf(reply, sizeof reply, "%s",
                   gated_open(&f, gate, opens[_i].only));
    ck_assert_str_eq(gated_line(reply, 2), opens[_i].opens ? "1" : "0");
    ck_assert_str_eq(gated_line(reply, 5), "2");
    (void)snprintf(want, sizeof want, "full %lld 0 0 - -",
                   strtoll(reply, NULL, 10));
    ck_assert_str_eq(gated_line(reply, 4),
                     opens[_i].opens ? want : opens[_i].before);
    entry_is(opens[_i].class);
    functions_census(&f, 1, 2);
}
END_TEST

START_TEST(changes_are_told_in_the_outcome_stream)
{
    char want[512];
    long long at = strtoll(
        gated_shut(&f, gate, (struct gated_shut){"circuit", "500", NULL, NULL}),
        NULL, 10);

    (void)snprintf(want, sizeof want,
                   "id\n\ncontainer\nacme\npoint\non-lead\nattempt\n0\n"
                   "verdict\npaused\nclass\ncircuit_open\nstatus\n0\nms\n0\n"
                   "error\nbecause of this\nat\n%lld\nnext_at\n%lld\n"
                   "worker\ntester",
                   at, at + 500);
    ck_assert_str_eq(strstr(ask("XRANGE", f.keys.outcomes, "-", "+"), "id\n"),
                     want);
    ask("DEL", f.keys.outcomes);
    at = strtoll(gated_open(&f, gate, ""), NULL, 10);
    (void)snprintf(want, sizeof want,
                   "id\n\ncontainer\nacme\npoint\non-lead\nattempt\n0\n"
                   "verdict\nresumed\nclass\ncircuit_closed\nstatus\n0\nms\n0\n"
                   "error\nwell again\nat\n%lld\nnext_at\n\nworker\ntester",
                   at);
    ck_assert_str_eq(strstr(ask("XRANGE", f.keys.outcomes, "-", "+"), "id\n"),
                     want);
}
END_TEST

START_TEST(a_containers_gate_has_no_point_in_its_entry)
{
    gated_shut(&f, "acme:", (struct gated_shut){"wait", "5", NULL, NULL});
    ck_assert_ptr_nonnull(strstr(ask("XRANGE", f.keys.outcomes, "-", "+"),
                                 "\ncontainer\nacme\npoint\n\nattempt\n"));
}
END_TEST

/* The key of each kind that the function needs. */
static const char *const gate_keys[] = {"gates", "changes", "outcomes",
                                        "parked:acme:on-lead"};

START_TEST(a_key_of_another_type_is_an_error_before_a_gate_changes)
{
    char key[KEY_MAX];

    gated_set(&f, gate, CIRCUIT);
    (void)snprintf(key, sizeof key, "extq:{q}:%s", gate_keys[_i]);
    ask("DEL", key);
    ask("SET", key, "x");
    ck_assert_ptr_nonnull(strstr(
        gated_shut(&f, gate, (struct gated_shut){"paused", "-1", NULL, NULL}),
        "WRONGTYPE"));
    ck_assert_ptr_nonnull(strstr(gated_open(&f, gate, ""), "WRONGTYPE"));
    if (_i != 0)
        ck_assert_str_eq(gated_state(&f, gate), CIRCUIT);
    ck_assert_int_eq(count("DBSIZE"), _i == 0 ? 4 : 5);
}
END_TEST

START_TEST(gates_move_above_maxmemory)
{
    ask("CONFIG", "SET", "maxmemory", "1");
    gated_shut(&f, gate, (struct gated_shut){"circuit", "5000", NULL, NULL});
    ck_assert_int_eq(strncmp(gated_state(&f, gate), "circuit ", 8), 0);
    ck_assert_str_eq(gated_line(gated_news(&f, "0", "5"), 3), gate);
    gated_open(&f, gate, "");
    ck_assert_str_eq(gated_state(&f, gate), "(nil)");
    ck_assert_int_eq(count("XLEN", f.keys.outcomes), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.gates");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(t, a_gate_is_shut_by_what_weighs_more_or_lasts_longer,
                        0, ROWS(shuts));
    tcase_add_loop_test(t, a_gate_without_jobs_is_gone_when_it_opens, 0,
                        ROWS(opens));
    tcase_add_loop_test(t, a_gate_with_jobs_is_full_when_it_opens, 0,
                        ROWS(opens));
    tcase_add_test(t, changes_are_told_in_the_outcome_stream);
    tcase_add_test(t, a_containers_gate_has_no_point_in_its_entry);
    tcase_add_loop_test(t,
                        a_key_of_another_type_is_an_error_before_a_gate_changes,
                        0, ROWS(gate_keys));
    tcase_add_test(t, gates_move_above_maxmemory);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
