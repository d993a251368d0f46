/* extq bench as a user runs it: what it prints, and what it leaves behind. */
#include "support/main.h"
#include "support/outing.h"
#include "support/wait.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 120000 };

#define start_bench(...)                                                       \
    bench_start((const char *const[]){extq_path(), "bench", __VA_ARGS__, NULL})

static struct outing bench_start(const char *const *words)
{
    /* What it leaves running becomes our child. */
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    return outing_start(words, NULL);
}

static bool no_child_is_left(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

static void expect_nothing_left(struct outing *b)
{
    ck_assert_uint_eq(outing_left(b), 0);
    ck_assert(no_child_is_left());
    process_close(&b->process);
}

static size_t count(const char *text, const char *part)
{
    size_t count = 0;

    for (text = strstr(text, part); text; text = strstr(text + 1, part))
        count++;
    return count;
}

static const struct {
    const char *row, *jobs, *figure;
} rows[] = {
    {"throughput1", "600", "service CPU us/job"},
    {"redis_cpu", "600", "jobs per claim and finish"},
    {"latency", "5", "p99 ms"},
    {"flight1k", "1500", "most in flight"},
    {"idle", "1", "percent of a core"},
    {"processes", "600", "4: extension cores"},
    {"slow", "400", "other host"},
    {"https", "50", "handshake"},
    {"nginx", "600", "nginx CPU us/job"},
    {"http2", "600", "connections"},
    {"http2_1k", "3000", "service RSS MiB"},
    {"backlog", "2000", "against a thousand"},
    {"retries", "2000", "slowest fresh job"},
};

enum { ROWS = sizeof rows / sizeof *rows };

/* Without nginx there is nothing to print. */
static bool is_missing(const char *row)
{
    bool missing =
        (strcmp(row, "nginx") == 0 || strncmp(row, "http2", 5) == 0) &&
        access("/usr/sbin/nginx", X_OK) != 0;

    if (missing)
        printf("SKIPPED: nginx is not installed: the row %s\n", row);
    return missing;
}

START_TEST(a_row_prints_its_figures_and_leaves_nothing)
{
    struct outing b =
        start_bench("--quick", "--row", rows[_i].row, "--jobs", rows[_i].jobs);

    process_expect(b.process, 0, LIMIT_MS);
    ck_assert(outing_said(&b, "AOF everysec, over TCP"));
    ck_assert(outing_said(&b, "min..max"));
    if (!is_missing(rows[_i].row)) {
        ck_assert(outing_said(&b, rows[_i].row));
        ck_assert(outing_said(&b, rows[_i].figure));
    }
    ck_assert_str_eq(process_err(b.process), "");
    expect_nothing_left(&b);
}
END_TEST

START_TEST(json_has_one_object_for_each_figure)
{
    struct outing b = start_bench("--json", "--row", "throughput1", "--jobs",
                                  "300", "--runs", "2");

    process_expect(b.process, 0, LIMIT_MS);
    ck_assert(outing_said(&b, "{\"extq\":\""));
    ck_assert(outing_said(
        &b, "\"figure\":\"jobs/s\",\"runs\":2,\"value\":{\"median"));
    ck_assert(outing_said(&b, "\"against\":{\"median\":"));
    ck_assert(outing_said(&b, "\"target\":\">= 0.8 x\",\"met\":"));
    ck_assert_uint_eq(count(process_out(b.process), "\n{\"row\":"), 7);
    expect_nothing_left(&b);
}
END_TEST

START_TEST(an_interrupt_in_the_middle_leaves_nothing)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct outing b = start_bench("--row", "idle", "--jobs", "1000");

        wait_until(outing_said(&b, "min..max"), LIMIT_MS,
                   "the head of the table");
        process_signal(b.process, signals[i]);
        process_expect(b.process, 1, LIMIT_MS);
        ck_assert_ptr_nonnull(strstr(process_err(b.process), "interrupted"));
        expect_nothing_left(&b);
    }
}
END_TEST

START_TEST(a_killed_bench_leaves_no_process)
{
    struct outing b = start_bench("--row", "latency", "--jobs", "5000");

    wait_until(outing_said(&b, "min..max"), LIMIT_MS, "the head of the table");
    process_signal(b.process, SIGKILL);
    process_expect(b.process, 128 + SIGKILL, LIMIT_MS);
    wait_until(no_child_is_left(), LIMIT_MS, "the end of its processes");
    process_close(&b.process);
}
END_TEST

START_TEST(wrong_options_are_refused_before_anything_starts)
{
    static const char *const wrong[][2] = {
        {"--row", "nonsense"},    {"--runs", "0"},      {"--runs", "100"},
        {"--jobs", "-1"},         {"--jobs", "many"},   {"--rwo", "idle"},
        {"--in-flight", "0"},     {"surplus", "words"}, {"-c", "x.yaml"},
        {"--redis", "unix:///x"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct outing b = start_bench(wrong[i][0], wrong[i][1]);

        process_expect(b.process, 64, LIMIT_MS);
        ck_assert_str_eq(process_out(b.process), "");
        ck_assert_ptr_nonnull(strstr(process_err(b.process), "extq bench"));
        expect_nothing_left(&b);
    }
}
END_TEST

START_TEST(without_a_redis_server_the_package_is_named)
{
    struct outing b =
        outing_start((const char *const[]){extq_path(), "bench", "--quick",
                                           "--row", "idle", NULL},
                     "PATH=/nonexistent");

    process_expect(b.process, 1, LIMIT_MS);
    ck_assert_ptr_nonnull(
        strstr(process_err(b.process), "install the package redis-server"));
    expect_nothing_left(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.bench");
    TCase *each = tcase_create("rows"), *rest = tcase_create("bench");

    tcase_set_timeout(each, 200);
    tcase_add_loop_test(each, a_row_prints_its_figures_and_leaves_nothing, 0,
                        ROWS);
    tcase_set_timeout(rest, 200);
    tcase_add_test(rest, json_has_one_object_for_each_figure);
    tcase_add_test(rest, an_interrupt_in_the_middle_leaves_nothing);
    tcase_add_test(rest, a_killed_bench_leaves_no_process);
    tcase_add_test(rest, wrong_options_are_refused_before_anything_starts);
    tcase_add_test(rest, without_a_redis_server_the_package_is_named);
    suite_add_tcase(suite, each);
    suite_add_tcase(suite, rest);
    return run_suite(suite);
}
