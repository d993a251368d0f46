/* extq demo as a user runs it: what it says, and what it leaves behind. */
#include "base/file.h"
#include "support/main.h"
#include "support/outing.h"
#include "support/wait.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 60000 };

#define start_demo(...)                                                        \
    outing_start(                                                              \
        (const char *const[]){extq_path(), "demo", __VA_ARGS__, NULL},         \
        "NO_COLOR=1")

/* True when the process works on something under the folder: servers name
 * their socket in their title, services their configuration. */
static bool belongs_to(const char *pid, const char *dir)
{
    struct buf words = buf_make(1 << 20);
    char path[300];
    bool found = false;

    (void)snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
    if (!file_read(path, &words, NULL) && words.len > 0)
        found = memmem(words.at, words.len, dir, strlen(dir)) != NULL;
    buf_clear(&words);
    return found;
}

/* How many processes the demo still has, besides itself. */
static size_t count_processes(const struct outing *d)
{
    DIR *open = opendir("/proc");
    size_t count = 0;

    ck_assert_ptr_nonnull(open);
    for (const struct dirent *e = readdir(open); e; e = readdir(open))
        count += strspn(e->d_name, "0123456789") == strlen(e->d_name) &&
                 belongs_to(e->d_name, d->tmp.text);
    (void)closedir(open);
    return count;
}

/* The service that the demo started: its only child. */
static pid_t service_of(const struct outing *d)
{
    char path[300], pid[16] = "";
    struct buf text = buf_make(1 << 16);

    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children",
                   (int)process_pid(d->process), (int)process_pid(d->process));
    ck_assert_int_eq(file_read(path, &text, NULL), ERR_OK);
    ck_assert_ptr_nonnull(text.at);
    (void)snprintf(pid, sizeof pid, "%.*s", (int)strcspn(text.at, " "),
                   text.at);
    buf_clear(&text);
    ck_assert(belongs_to(pid, d->tmp.text));
    return (pid_t)strtol(pid, NULL, 10);
}

static void expect_nothing_left(struct outing *d)
{
    ck_assert_uint_eq(count_processes(d), 0);
    ck_assert_uint_eq(outing_left(d), 0);
    process_close(&d->process);
}

START_TEST(every_event_ends_as_designed_and_the_summary_says_so)
{
    struct outing d = start_demo("--events", "240");

    process_expect(d.process, 0, LIMIT_MS);
    ck_assert(outing_said(&d, "240 events, "));
    ck_assert(outing_said(&d, "every event ended as it should"));
    ck_assert(
        outing_said(&d, "delivered    196   165 at the first call, 31 after"));
    ck_assert(outing_said(&d, "dead          20"));
    ck_assert(outing_said(&d, "skipped       24"));
    ck_assert(outing_said(&d, "at the first call            p50"));
    ck_assert(outing_said(&d, "mailing-list failed twice"));
    ck_assert(outing_said(&d, "#deals    Deal won: "));
    ck_assert(outing_said(&d, "Try next"));
    ck_assert(!outing_said(&d, "\033"));
    ck_assert_str_eq(process_err(d.process), "");
    expect_nothing_left(&d);
}
END_TEST

START_TEST(few_events_are_a_demo_too)
{
    struct outing d = start_demo("--events", "1");

    process_expect(d.process, 0, LIMIT_MS);
    ck_assert(
        outing_said(&d, "1 events, 1 calls: every event ended as it should"));
    expect_nothing_left(&d);
}
END_TEST

START_TEST(an_interrupt_in_the_middle_leaves_nothing)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct outing d = start_demo("--events", "2000");

        wait_until(outing_said(&d, "delivered"), LIMIT_MS, "an outcome");
        ck_assert_uint_gt(count_processes(&d), 0);
        ck_assert_uint_eq(outing_left(&d), 1);
        process_signal(d.process, signals[i]);
        process_expect(d.process, 1, LIMIT_MS);
        ck_assert(outing_said(&d, "Everything is stopped and removed."));
        expect_nothing_left(&d);
    }
}
END_TEST

START_TEST(an_interrupt_at_the_start_leaves_nothing)
{
    struct outing d = start_demo("--events", "10");

    wait_until(outing_said(&d, "Starting"), LIMIT_MS, "the first line");
    process_signal(d.process, SIGINT);
    process_expect(d.process, 1, LIMIT_MS);
    expect_nothing_left(&d);
}
END_TEST

START_TEST(keep_stays_until_the_interrupt)
{
    struct outing d = start_demo("--keep", "--events", "7");

    wait_until(outing_said(&d, "new outcomes"), LIMIT_MS, "the last paragraph");
    ck_assert(outing_said(&d, "7 events, 11 calls: every event ended"));
    ck_assert(!process_ended(d.process));
    ck_assert_uint_gt(count_processes(&d), 0);
    process_signal(d.process, SIGINT);
    process_expect(d.process, 0, LIMIT_MS);
    expect_nothing_left(&d);
}
END_TEST

/* The shell command that the demo suggests, between its "redis-cli" and the
 * blank line. */
static struct process *run_suggestion(struct outing *d)
{
    const char *out = process_out(d->process);
    const char *from = strstr(out, "redis-cli -s "), *to;
    char command[1024];

    ck_assert_ptr_nonnull(from);
    to = strstr(from, "\n\n");
    ck_assert_ptr_nonnull(to);
    (void)snprintf(command, sizeof command, "%.*s", (int)(to - from), from);
    return process_start((const char *const[]){"sh", "-c", command, NULL},
                         NULL);
}

START_TEST(what_keep_suggests_to_push_is_delivered)
{
    struct outing d = start_demo("--keep", "--events", "1");
    struct process *push;

    wait_until(outing_said(&d, "new outcomes"), LIMIT_MS, "the last paragraph");
    push = run_suggestion(&d);
    process_expect(push, 0, LIMIT_MS);
    process_close(&push);
    wait_until(outing_said(&d, "#deals    Deal won: {\"hello\":\"world\"}"),
               LIMIT_MS, "the notifier's line");
    process_signal(d.process, SIGTERM);
    process_expect(d.process, 0, LIMIT_MS);
    expect_nothing_left(&d);
}
END_TEST

START_TEST(a_killed_demo_leaves_no_process)
{
    struct outing d = start_demo("--events", "2000");

    /* What it leaves is ours to reap. */
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    wait_until(outing_said(&d, "delivered"), LIMIT_MS, "an outcome");
    process_signal(d.process, SIGKILL);
    process_expect(d.process, 128 + SIGKILL, LIMIT_MS);
    wait_until(count_processes(&d) == 0, LIMIT_MS, "the end of its processes");
    process_close(&d.process);
}
END_TEST

START_TEST(a_service_that_dies_is_reported_with_what_is_missing)
{
    struct outing d = start_demo("--events", "2000");

    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    wait_until(outing_said(&d, "delivered"), LIMIT_MS, "an outcome");
    ck_assert_int_eq(kill(service_of(&d), SIGKILL), 0);
    process_expect(d.process, 1, LIMIT_MS);
    ck_assert(outing_said(&d, "NOT every event ended as it should"));
    ck_assert(outing_said(&d, " instead of delivered"));
    ck_assert_ptr_nonnull(
        strstr(process_err(d.process), "the service was killed by signal 9"));
    ck_assert_uint_eq(outing_left(&d), 0);
    wait_until(count_processes(&d) == 0, LIMIT_MS, "the end of its Redis");
    process_close(&d.process);
}
END_TEST

START_TEST(a_reader_that_goes_away_ends_it_cleanly)
{
    struct temp_path tmp = temp_dir();
    char command[2048];
    struct process *p;
    struct outing d = {.tmp = tmp};

    (void)snprintf(command, sizeof command,
                   "TMPDIR='%s' '%s' demo | grep -m 1 delivered", tmp.text,
                   extq_path());
    p = process_start((const char *const[]){"sh", "-c", command, NULL}, NULL);
    process_expect(p, 0, LIMIT_MS);
    process_close(&p);
    wait_until(outing_left(&d) == 0 && count_processes(&d) == 0, LIMIT_MS,
               "the end of the demo");
}
END_TEST

START_TEST(a_configuration_in_the_environment_is_not_the_demos)
{
    struct temp_path tmp = temp_dir();
    const char *env[] = {"EXTQ_REDIS_URL=redis://127.0.0.1:1/0",
                         "EXTQ_CONFIG=/nonexistent", NULL};
    struct outing d = {.tmp = tmp};

    ck_assert_int_eq(setenv("TMPDIR", tmp.text, 1), 0);
    d.process = extq_start(env, "demo", "--events", "2");
    process_expect(d.process, 0, LIMIT_MS);
    expect_nothing_left(&d);
}
END_TEST

START_TEST(without_a_redis_server_the_package_is_named)
{
    struct temp_path tmp = temp_dir();
    const char *env[] = {"PATH=/nonexistent", NULL};
    struct outing d = {.tmp = tmp};

    ck_assert_int_eq(setenv("TMPDIR", tmp.text, 1), 0);
    d.process = extq_start(env, "demo");
    process_expect(d.process, 1, LIMIT_MS);
    ck_assert_ptr_nonnull(
        strstr(process_err(d.process), "install the package redis-server"));
    expect_nothing_left(&d);
}
END_TEST

START_TEST(wrong_options_are_refused_before_anything_starts)
{
    static const char *const rows[][2] = {
        {"--events", "0"},    {"--events", "-1"},     {"--events", "x"},
        {"--events", "1e3"},  {"--events", "999999"}, {"--evnts", "1"},
        {"surplus", "words"}, {"-c", "some.yaml"},    {"--redis", "unix:///x"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outing d = start_demo(rows[i][0], rows[i][1]);

        process_expect(d.process, 64, LIMIT_MS);
        ck_assert_str_eq(process_out(d.process), "");
        ck_assert_ptr_nonnull(strstr(process_err(d.process), "extq demo"));
        expect_nothing_left(&d);
    }
}
END_TEST

int main(void)
{
    return run_tests(
        "service.demo", 200,
        every_event_ends_as_designed_and_the_summary_says_so,
        few_events_are_a_demo_too, an_interrupt_in_the_middle_leaves_nothing,
        an_interrupt_at_the_start_leaves_nothing,
        keep_stays_until_the_interrupt, what_keep_suggests_to_push_is_delivered,
        a_killed_demo_leaves_no_process,
        a_service_that_dies_is_reported_with_what_is_missing,
        a_reader_that_goes_away_ends_it_cleanly,
        a_configuration_in_the_environment_is_not_the_demos,
        without_a_redis_server_the_package_is_named,
        wrong_options_are_refused_before_anything_starts);
}
