/* extq enqueue: what reaches the queue, and what is kept from it. */
#include "support/command.h"
#include "support/main.h"
#include "support/redis_server.h"
#include "support/temp.h"
#include "support/terminal.h"
#include "support/wait.h"

#include "model/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 30000, EXITS_USAGE = 64 };

#define JOBS "extq:{default}:jobs"

#define enqueue(s, ...)                                                        \
    extq_start(plain, "enqueue", "--redis", redis_server_url(s), __VA_ARGS__)

static struct process *enqueue_lines(struct redis_server *s, const char *input)
{
    const char *const argv[] = {extq_path(), "enqueue", "--redis",
                                redis_server_url(s), NULL};

    return process_start_with(argv, plain, input);
}

START_TEST(a_job_from_options_is_in_the_queue_and_its_id_is_printed)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p = enqueue(s, "--container", "acme", "--point", "lead",
                                "--payload", " {\"a\": [1, 2]} ", "--id", "e1");

    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "e1\n");
    has(process_err(p), "1 job enqueued in extq:{default}:jobs");
    ck_assert_str_eq(redis_server_ask(s, "LRANGE", JOBS, "0", "-1", NULL),
                     "{\"id\":\"e1\",\"container\":\"acme\",\"point\":\"lead\","
                     "\"payload\":{\"a\": [1, 2]}}");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_payload_comes_from_a_file_or_from_stdin)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path dir = temp_dir();
    struct temp_path file = temp_write(&dir, "lead.json", "{\"f\":1}\n");
    const char *const argv[] = {
        extq_path(),   "enqueue", "--redis", redis_server_url(s),
        "--container", "a",       "--point", "b",
        "--id",        "e2",      "-",       NULL};
    struct process *p = enqueue(s, "--container", "a", "--point", "b", "--id",
                                "e1", "--payload-file", file.text);

    process_expect(p, 0, LIMIT_MS);
    process_close(&p);
    p = process_start_with(argv, plain, "{\"g\":2}\n");
    process_expect(p, 0, LIMIT_MS);
    has(redis_server_ask(s, "LINDEX", JOBS, "1", NULL),
        "\"payload\":{\"f\":1}}");
    has(redis_server_ask(s, "LINDEX", JOBS, "0", NULL),
        "\"payload\":{\"g\":2}}");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(many_copies_have_ids_of_their_own)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p =
        enqueue(s, "--container", "a", "--point", "b", "--payload", "1",
                "--count", "2000", "--id", "load", "--queue", "fast");
    const char *first = "{\"id\":\"load-1\",";

    process_expect(p, 0, LIMIT_MS);
    ck_assert_int_eq(redis_server_count(s, "LLEN", "extq:{fast}:jobs", NULL),
                     2000);
    /* The tail is taken first. */
    has(redis_server_ask(s, "LINDEX", "extq:{fast}:jobs", "-1", NULL), first);
    has(process_out(p), "load-2000\n");
    has(process_err(p), "the configuration has no queue 'fast'");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(quiet_prints_no_ids)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p = enqueue(s, "--container", "a", "--point", "b",
                                "--payload", "1", "-q", "-n", "3");

    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 3);
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(lines_are_pushed_as_they_are_and_in_order)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p = enqueue_lines(
        s, "{\"id\":\"e1\",\"container\":\"a\",\"point\":\"b\","
           "\"payload\" : {\"z\":1.50},\"more\":true}\n"
           "\n"
           "{\"container\":\"a\",\"point\":\"b\",\"payload\":2}\r\n"
           "{\"id\":\"e3\",\"container\":\"a\",\"point\":\"b\",\"payload\":3}");

    process_expect(p, 0, LIMIT_MS);
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 3);
    ck_assert_str_eq(redis_server_ask(s, "LINDEX", JOBS, "-1", NULL),
                     "{\"id\":\"e1\",\"container\":\"a\",\"point\":\"b\","
                     "\"payload\" : {\"z\":1.50},\"more\":true}");
    has(redis_server_ask(s, "LINDEX", JOBS, "-2", NULL),
        "\",\"container\":\"a\",\"point\":\"b\",\"payload\":2}");
    ck_assert_int_eq(strncmp(process_out(p), "e1\n", 3), 0);
    has(process_out(p), "\ne3\n");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_bad_line_is_named_and_nothing_of_it_is_pushed)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p = enqueue_lines(
        s,
        "{\"id\":\"e1\",\"container\":\"a\",\"point\":\"b\",\"payload\":1}\n"
        "not json\n"
        "{\"container\":\"a\",\"payload\":1}\n"
        "{\"id\":\"e4\",\"container\":\"a\",\"point\":\"b\",\"payload\":4}\n");

    process_expect(p, 1, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "e1\ne4\n");
    has(process_err(p), "line 2: ");
    has(process_err(p), "line 3: point: is missing");
    has(process_err(p), "2 jobs enqueued in extq:{default}:jobs, 2 lines "
                        "refused");
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 2);
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_line_without_end_is_named_and_the_next_one_is_pushed)
{
    static const char job[] = "\n{\"id\":\"e2\",\"container\":\"a\","
                              "\"point\":\"b\",\"payload\":1}\n";
    size_t long_bytes = JOB_BYTES_MAX + 2;
    struct redis_server *s = redis_server_start(false, NULL);
    char *input = malloc(long_bytes + sizeof job);
    struct process *p;

    ck_assert_ptr_nonnull(input);
    memset(input, 'x', long_bytes);
    memcpy(input + long_bytes, job, sizeof job);
    p = enqueue_lines(s, input);
    free(input);
    process_expect(p, 1, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "e2\n");
    has(process_err(p), "line 1: the line is too long");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(what_cannot_be_read_is_said)
{
    struct redis_server *s = redis_server_start(false, NULL);
    const char *const argv[] = {"sh",
                                "-c",
                                "exec \"$0\" enqueue --redis \"$1\" </",
                                extq_path(),
                                redis_server_url(s),
                                NULL};
    struct process *p = process_start(argv, plain);

    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "reading stdin: ");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_flood_of_bad_lines_is_counted_and_not_listed)
{
    struct redis_server *s = redis_server_start(false, NULL);
    char input[300];
    struct process *p;

    for (size_t i = 0; i + 3 < sizeof input; i += 3)
        memcpy(input + i, "no\n", 4);
    p = enqueue_lines(s, input);
    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "line 20: ");
    ck_assert_ptr_null(strstr(process_err(p), "line 21: "));
    has(process_err(p), "more bad lines are only counted");
    has(process_err(p),
        "0 jobs enqueued in extq:{default}:jobs, 99 lines refused");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

/* No number has room behind it. */
#define TEN     "0123456789"
#define FIFTY   TEN TEN TEN TEN TEN
#define LONG_ID "--id=" FIFTY FIFTY FIFTY FIFTY FIFTY

START_TEST(an_id_leaves_room_for_the_numbers_of_copies)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p =
        enqueue(s, "--container", "a", "--point", "b", "--payload", "1",
                "--count", "2", "--id", FIFTY FIFTY TEN TEN);

    process_expect(p, EXITS_USAGE, LIMIT_MS);
    has(process_err(p), "--id is too long for --count");
    ck_assert_int_eq(redis_server_count(s, "LLEN", "extq:{default}:jobs", NULL),
                     0);
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(without_a_job_on_a_terminal_it_says_what_it_needs)
{
    struct terminal *t =
        terminal_start((const char *[]){extq_path(), "enqueue", NULL}, plain);

    ck_assert_int_eq(terminal_wait(t, LIMIT_MS), EXITS_USAGE);
    has(terminal_text(t), "no job: give --container, --point and");
    terminal_close(&t);
}
END_TEST

START_TEST(a_wrong_command_line_reaches_no_redis)
{
    static const char *const wrong[][9] = {
        {"--container", "a", "--payload", "1"},
        {"--point", "b", "--payload", "1"},
        {"--container", "a", "--point", "b"},
        {"--container", "a/b", "--point", "b", "--payload", "1"},
        {"--payload", "1", "--payload-file", "f"},
        {"--count", "0"},
        {"--count", "5"},
        {"jobs.jsonl"},
        {"--container", "a", "--point", "b", "--payload", "1", "--count", "2",
         LONG_ID},
    };
    const char *argv[14] = {extq_path(), "enqueue", "--redis",
                            "unix:///nowhere/s"};
    struct process *p;

    for (size_t i = 0; i < 9; i++)
        argv[4 + i] = wrong[_i][i];
    p = process_start(argv, plain);
    process_expect(p, EXITS_USAGE, LIMIT_MS);
    process_close(&p);
}
END_TEST

START_TEST(a_payload_that_is_no_json_is_said_and_not_pushed)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p = enqueue(s, "--container", "a", "--point", "b",
                                "--payload", "{\"a\":1}, \"id\":\"x\"");

    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "the payload is not JSON: byte 7");
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 0);
    process_close(&p);
    p = enqueue(s, "--container", "a", "--point", "b", "--payload", "1",
                "--traceparent", "00-junk");
    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "--traceparent");
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 0);
    process_close(&p);
    p = enqueue(s, "--container", "a", "--point", "b", "--payload", "1",
                "--tracestate", "vendor=1");
    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "with --traceparent");
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 0);
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(times_may_be_relative)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p =
        enqueue(s, "--container", "a", "--point", "b", "--payload", "1",
                "--not-before", "10m", "--expires-at", "1999999999999");

    process_expect(p, 0, LIMIT_MS);
    has(redis_server_ask(s, "LINDEX", JOBS, "0", NULL), "\"not_before\":1");
    has(redis_server_ask(s, "LINDEX", JOBS, "0", NULL),
        "\"expires_at\":1999999999999");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_full_redis_is_a_clear_sentence)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    (void)redis_server_ask(s, "CONFIG", "SET", "maxmemory-policy", "noeviction",
                           NULL);
    (void)redis_server_ask(s, "CONFIG", "SET", "maxmemory", "1", NULL);
    p = enqueue(s, "--container", "a", "--point", "b", "--payload", "1", "--id",
                "e1");
    process_expect(p, 1, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    has(process_err(p), "maxmemory");
    has(process_err(p), "0 jobs are in the queue");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_slow_producer_is_not_kept_waiting)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path dir = temp_dir();
    char line[4096];
    const char *argv[] = {"sh", "-c", line, NULL};
    struct process *p;

    /* Nobody writes to `out`: the pipe stays open until the test ends. */
    (void)snprintf(line, sizeof line,
                   "cd %s && mkfifo in out && { '%s' enqueue -q --redis '%s' "
                   "<in >/dev/null & } && exec 3>in && "
                   "echo '{\"id\":\"e1\",\"container\":\"a\",\"point\":\"b\","
                   "\"payload\":1}' >&3 && cat out",
                   dir.text, extq_path(), redis_server_url(s));
    p = process_start(argv, plain);
    wait_until(redis_server_count(s, "LLEN", JOBS, NULL) == 1, LIMIT_MS,
               "the job, while the producer keeps the pipe open");
    ck_assert(!process_ended(p));
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli_enqueue");
    TCase *tests = tcase_create("enqueue");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests,
                   a_job_from_options_is_in_the_queue_and_its_id_is_printed);
    tcase_add_test(tests, a_payload_comes_from_a_file_or_from_stdin);
    tcase_add_test(tests, many_copies_have_ids_of_their_own);
    tcase_add_test(tests, quiet_prints_no_ids);
    tcase_add_test(tests, lines_are_pushed_as_they_are_and_in_order);
    tcase_add_test(tests, a_bad_line_is_named_and_nothing_of_it_is_pushed);
    tcase_add_test(tests,
                   a_line_without_end_is_named_and_the_next_one_is_pushed);
    tcase_add_test(tests, what_cannot_be_read_is_said);
    tcase_add_test(tests, a_flood_of_bad_lines_is_counted_and_not_listed);
    tcase_add_test(tests, without_a_job_on_a_terminal_it_says_what_it_needs);
    tcase_add_test(tests, an_id_leaves_room_for_the_numbers_of_copies);
    tcase_add_loop_test(tests, a_wrong_command_line_reaches_no_redis, 0, 9);
    tcase_add_test(tests, a_payload_that_is_no_json_is_said_and_not_pushed);
    tcase_add_test(tests, times_may_be_relative);
    tcase_add_test(tests, a_full_redis_is_a_clear_sentence);
    tcase_add_test(tests, a_slow_producer_is_not_kept_waiting);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
