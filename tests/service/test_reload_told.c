/* extq reload and extq log-level, next to a service that runs. */
#include "support/main.h"
#include "support/texts.h"
#include "support/wait.h"
#include "support/world.h"

#include "service/reload_report.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void wait_said(struct process *s, const char *text)
{
    wait_until(strstr(process_err(s), text) != NULL, WORLD_LIMIT_MS, text);
}

/* The command about that process, over when this returns. */
static struct process *order(struct process *s, int status, const char *verb,
                             const char *word)
{
    char pid[24];
    struct process *p;

    (void)snprintf(pid, sizeof pid, "%d", (int)process_pid(s));
    p = extq_start(NULL, verb, "--pid", pid, word);
    process_expect(p, status, WORLD_LIMIT_MS);
    return p;
}

/* What it says on stdout, behind the pid. */
static void expect(struct process *s, const char *verb, const char *word,
                   const char *said)
{
    char expected[512];
    struct process *p = order(s, 0, verb, word);

    (void)snprintf(expected, sizeof expected, "pid %d: %s\n",
                   (int)process_pid(s), said);
    ck_assert_str_eq(process_out(p), expected);
    process_close(&p);
}

START_TEST(a_reload_tells_what_changed)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    expect(s, "reload", NULL, "reloaded, nothing changed");
    has(process_err(s), " changes=0 ");
    world_configure(w, "drain_timeout: 3s\n"
                       "queues: {default: {}, more: {}}\n");
    expect(s, "reload", NULL,
           "reloaded, 2 changes\n"
           "  drain_timeout: 10s -> 3s\n"
           "  queues.more: added");
    has(process_err(s), "key=drain_timeout from=10s to=3s\n");
    has(process_err(s), "key=queues.more what=added\n");
    world_close(&w);
}
END_TEST

/* All are counted, and the first 40 told. */
START_TEST(of_many_changes_some_are_told)
{
    enum { POINTS = 50 };
    struct world *w = world_open();
    struct process *s = world_start(w), *p;
    char points[POINTS * 16] = "";
    size_t len = 0;

    for (int n = 0; n < POINTS; n++)
        len +=
            (size_t)snprintf(points + len, sizeof points - len, "p%d: {}, ", n);
    world_configure(w, "points: {%s}\n", points);
    p = order(s, 0, "reload", NULL);
    ck_assert_uint_eq(count_in(process_out(p), "\n  "), 41);
    has(process_out(p), "\n  and ");
    has(process_out(p), " more\n");
    ck_assert_uint_eq(count_in(process_err(s), "configuration changed"), 40);
    process_close(&p);
    world_close(&w);
}
END_TEST

START_TEST(a_bad_file_is_named_with_line_and_key)
{
    struct world *w = world_open();
    struct process *s = world_start(w), *p;

    world_configure(w, "lease: soon\n");
    p = order(s, 78, "reload", NULL);
    ck_assert_str_eq(process_out(p), "");
    has(process_err(p), ": refused, the old configuration stays: ");
    has(process_err(p), ":8: lease: expected a duration");
    has(process_err(s), "reload refused, the old configuration stays");
    ck_assert_ptr_null(strstr(process_err(s), "configuration changed"));
    process_close(&p);
    world_close(&w);
}
END_TEST

START_TEST(a_service_that_stops_says_so)
{
    struct world *w = world_open();
    struct process *s, *p;

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_configure(w, "drain_timeout: 1h\n");
    s = world_start(w);
    world_push_many(w, "job", 0, 1);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    process_signal(s, SIGTERM);
    wait_said(s, "stopping");
    p = order(s, 78, "reload", NULL);
    has(process_err(p), "refused, the old configuration stays: the service is "
                        "stopping");
    process_close(&p);
    process_signal(s, SIGTERM);
    process_expect(s, 0, WORLD_LIMIT_MS);
    world_close(&w);
}
END_TEST

/* It is not told, and neither is the other one disturbed. */
START_TEST(of_two_who_ask_at_once_one_is_turned_away)
{
    struct world *w = world_open();
    struct process *s = world_start(w), *p;
    int fd = reload_report_listen(process_pid(s));
    char rival[96];

    ck_assert_int_ge(fd, 0);
    p = order(s, 1, "reload", NULL);
    (void)snprintf(rival, sizeof rival,
                   ": pid %d, another extq reload most likely, waits for it; "
                   "nothing was sent",
                   (int)getpid());
    has(process_err(p), rival);
    ck_assert_ptr_null(strstr(process_err(s), "reloaded"));
    process_close(&p);
    close(fd);
    expect(s, "reload", NULL, "reloaded, nothing changed");
    world_close(&w);
}
END_TEST

/* It could not answer. */
START_TEST(one_in_another_network_is_not_waited_for)
{
    struct world *w = world_open();
    const char *const argv[] = {"unshare", "--net",        extq_path(), "run",
                                "-c",      w->config.text, NULL};
    struct process *s = process_start(argv, NULL), *p;

    wait_until(process_err(s)[0] != '\0', WORLD_LIMIT_MS, "a word");
    if (strstr(process_err(s), "unshare: ")) {
        printf("SKIPPED: there can be no other network here\n");
    } else {
        p = order(s, 1, "reload", NULL);
        has(process_err(p), "is in another network");
        has(process_err(p), "nothing was sent");
        process_close(&p);
        wait_said(s, "lease taken");
        process_signal(s, SIGTERM);
        process_expect(s, 0, WORLD_LIMIT_MS);
    }
    process_close(&s);
    world_close(&w);
}
END_TEST

/* What others send there is none. */
START_TEST(only_the_service_s_own_report_counts)
{
    struct world *w = world_open();
    struct process *s = world_start(w);
    struct reload_report false_one = reload_report_make();
    struct buf text = buf_make(1000);
    int fd = reload_report_listen(getpid());

    ck_assert_int_ge(fd, 0);
    reload_report_send(&false_one, NULL);
    ck_assert_int_eq(reload_report_await(fd, process_pid(s), 1, &text),
                     ERR_ABSENT);
    reload_report_send(&false_one, NULL);
    ck_assert_int_eq(reload_report_await(fd, getpid(), WORLD_LIMIT_MS, &text),
                     ERR_OK);
    ck_assert_str_eq(text.at, "reloaded, nothing changed\n");
    buf_clear(&text);
    close(fd);
    world_close(&w);
}
END_TEST

START_TEST(the_level_of_the_log_is_what_was_asked_for)
{
    static const char *const levels[] = {"error", "warn", "info", "debug",
                                         "configured"};
    struct world *w = world_open();
    struct process *s = world_start(w);
    char said[64];

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        expect(s, "log-level", levels[i], levels[i]);
        (void)snprintf(said, sizeof said, "changed\" to=%s\n", levels[i]);
        /* From error to warn nothing is said. */
        if (strcmp(levels[i], "warn") != 0)
            wait_said(s, said);
    }
    world_close(&w);
}
END_TEST

static const struct {
    const char *words[5];
    int status;
    const char *said;
} wrong[] = {
    {{"log-level"}, 64, "log-level"},
    {{"log-level", "verbose"}, 64, "'verbose' is no level: debug, info,"},
    {{"log-level", "dbug"}, 64, "(did you mean debug?)"},
    {{"log-level", "debug", "--pid", "1"}, 1, "pid 1 is no extq run"},
    {{"reload", "--pid", "x"}, 64, "'x'"},
    {{"reload", "now"}, 64, "unexpected argument 'now'"},
};

START_TEST(wrong_input_is_told_from_right)
{
    const char *argv[8] = {extq_path()};
    struct process *p;

    for (int i = 0; wrong[_i].words[i]; i++)
        argv[i + 1] = wrong[_i].words[i];
    p = process_start(argv, NULL);
    process_expect(p, wrong[_i].status, WORLD_LIMIT_MS);
    has(process_err(p), wrong[_i].said);
    process_close(&p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.reload_told");
    TCase *t = tcase_create("reload_told");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_reload_tells_what_changed);
    tcase_add_test(t, of_many_changes_some_are_told);
    tcase_add_test(t, a_bad_file_is_named_with_line_and_key);
    tcase_add_test(t, a_service_that_stops_says_so);
    tcase_add_test(t, of_two_who_ask_at_once_one_is_turned_away);
    tcase_add_test(t, one_in_another_network_is_not_waited_for);
    tcase_add_test(t, only_the_service_s_own_report_counts);
    tcase_add_test(t, the_level_of_the_log_is_what_was_asked_for);
    tcase_add_loop_test(t, wrong_input_is_told_from_right, 0,
                        sizeof wrong / sizeof *wrong);
    return run_suite(s);
}
