/* The command line from outside: help, wrong input, what cannot be reached. */
#include "support/main.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/temp.h"
#include "support/texts.h"

#include <stdio.h>
#include <string.h>

enum {
    LIMIT_MS = 20000,
    EXITS_USAGE = 64,
    EXITS_REDIS = 69,
    EXITS_CONFIG = 78
};

/* Nothing of the surroundings gets in. */
static const char *const plain[] = {"EXTQ_REDIS_URL=unix:///nowhere/redis.sock",
                                    "EXTQ_CONFIG=", NULL};

static const char *const commands[] = {
    "run",   "demo",   "enqueue", "outcomes", "stats",       "top",    "parked",
    "pause", "resume", "resolve", "check",    "healthcheck", "version"};

enum { COMMANDS = sizeof commands / sizeof *commands };

START_TEST(help_lists_every_command)
{
    struct process *p = extq_start(plain, "help");

    process_expect(p, 0, LIMIT_MS);
    for (size_t i = 0; i < COMMANDS; i++)
        has(process_out(p), commands[i]);
    ck_assert_str_eq(process_err(p), "");
    process_close(&p);
    p = extq_start(plain, "--help");
    process_expect(p, 0, LIMIT_MS);
    has(process_out(p), "Usage: extq COMMAND");
    process_close(&p);
}
END_TEST

START_TEST(every_command_has_help_with_examples)
{
    const char *command = commands[_i];
    struct process *p = extq_start(plain, "help", command);
    struct process *same = extq_start(plain, command, "--nonsense", "--help");
    char usage[64], example[64];

    (void)snprintf(usage, sizeof usage, "Usage: extq %s", command);
    (void)snprintf(example, sizeof example, "Examples:\n  extq %s", command);
    process_expect(p, 0, LIMIT_MS);
    process_expect(same, 0, LIMIT_MS);
    has(process_out(p), usage);
    has(process_out(p), example);
    has(process_out(p), "-c, --config FILE");
    has(process_out(p), "--redis URL");
    has(process_out(p), "-h, --help");
    ck_assert_str_eq(process_out(p), process_out(same));
    process_close(&p);
    process_close(&same);
}
END_TEST

START_TEST(shells_are_told_each_word_that_may_follow)
{
    static const struct {
        const char *command, *words;
    } rows[] = {
        {NULL, "\nhelp\t-\t"},
        {NULL, "\nlog-level\t-\thow much"},
        {"dead", "list\t-\t-\nshow\t-\t-\n"},
        {"outcomes", "--verdict\tdelivered|"},
        {"log-level", "--pid\tPID\tof this one"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct process *p =
            extq_start(plain, "help", "--words", rows[i].command);

        process_expect(p, 0, LIMIT_MS);
        has(process_out(p), rows[i].words);
        process_close(&p);
    }
}
END_TEST

START_TEST(every_command_refuses_a_wrong_option_in_one_line)
{
    struct process *p = extq_start(plain, commands[_i], "--hepl");

    process_expect(p, EXITS_USAGE, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    ck_assert_uint_eq(count_lines(process_err(p)), 1);
    has(process_err(p), "unknown option --hepl (did you mean --help?)");
    process_close(&p);
}
END_TEST

START_TEST(an_unknown_command_is_met_with_the_nearest)
{
    struct process *p = extq_start(plain, "outcmes");

    process_expect(p, EXITS_USAGE, LIMIT_MS);
    has(process_err(p), "unknown command 'outcmes' (did you mean outcomes?)");
    process_close(&p);
    p = extq_start(plain, "help", "xyzzy");
    process_expect(p, EXITS_USAGE, LIMIT_MS);
    has(process_err(p), "unknown command 'xyzzy'; see extq help");
    process_close(&p);
}
END_TEST

START_TEST(no_command_is_no_success)
{
    const char *const argv[] = {extq_path(), NULL};
    struct process *p = process_start(argv, plain);

    process_expect(p, EXITS_USAGE, LIMIT_MS);
    has(process_err(p), "see extq help");
    process_close(&p);
}
END_TEST

START_TEST(what_was_typed_cannot_steer_the_terminal)
{
    struct process *p = extq_start(plain, "\033[2J\xe2\x80\xae");

    process_expect(p, EXITS_USAGE, LIMIT_MS);
    has(process_err(p), "\\u001b[2J\\u202e");
    ck_assert_ptr_null(strchr(process_err(p), '\033'));
    process_close(&p);
}
END_TEST

START_TEST(versions_name_every_library)
{
    static const char *const names[] = {
        "extq",  "library", "libcurl", "hiredis",       "libuv",
        "cJSON", "libyaml", "c-ares",  "libmicrohttpd",
    };
    struct process *p = extq_start(plain, "version");
    struct process *json = extq_start(plain, "version", "--json");
    struct process *option = extq_start(plain, "--version");

    process_expect(p, 0, LIMIT_MS);
    process_expect(json, 0, LIMIT_MS);
    process_expect(option, 0, LIMIT_MS);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char quoted[64];
        (void)snprintf(quoted, sizeof quoted, "\"%s\":\"", names[i]);
        has(process_out(p), names[i]);
        has(process_out(json), quoted);
    }
    ck_assert_str_eq(process_out(p), process_out(option));
    process_close(&p);
    process_close(&json);
    process_close(&option);
}
END_TEST

START_TEST(redis_that_is_not_there_is_69_and_a_sentence)
{
    struct process *p = extq_start(plain, "stats");

    process_expect(p, EXITS_REDIS, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    has(process_err(p), "Redis is unreachable: unix:///nowhere/redis.sock");
    process_close(&p);
}
END_TEST

START_TEST(an_embedded_redis_that_does_not_run_says_what_to_type)
{
    struct temp_path dir = temp_dir();
    char url[600];
    struct process *p;

    (void)snprintf(url, sizeof url, "embedded://%s", dir.text);
    p = extq_start(plain, "stats", "--redis", url);
    process_expect(p, EXITS_REDIS, LIMIT_MS);
    has(process_err(p), dir.text);
    has(process_err(p), "extq run");
    process_close(&p);
}
END_TEST

START_TEST(a_bad_configuration_is_78_and_names_the_place)
{
    struct temp_path dir = temp_dir();
    struct temp_path file = temp_write(&dir, "extq.yaml", "redis:\n  ulr: x\n");
    struct process *p = extq_start(plain, "stats", "-c", file.text);

    process_expect(p, EXITS_CONFIG, LIMIT_MS);
    has(process_err(p), file.text);
    has(process_err(p), ":2:");
    process_close(&p);
    p = extq_start(plain, "stats", "--redis", "http://x");
    process_expect(p, EXITS_CONFIG, LIMIT_MS);
    process_close(&p);
}
END_TEST

START_TEST(a_missing_configuration_file_is_78)
{
    struct process *p = extq_start(plain, "stats", "-c", "/nowhere/extq.yaml");

    process_expect(p, EXITS_CONFIG, LIMIT_MS);
    has(process_err(p), "/nowhere/extq.yaml");
    process_close(&p);
}
END_TEST

START_TEST(a_redis_that_wants_a_password_says_how_to_give_it)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    (void)redis_server_ask(s, "ACL", "SETUSER", "default", "resetpass",
                           ">sesame", NULL);
    p = extq_start(plain, "stats", "--redis", redis_server_url(s));
    process_expect(p, EXITS_CONFIG, LIMIT_MS);
    has(process_err(p), "password_file");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_password_in_a_url_is_refused_and_not_repeated)
{
    struct process *p =
        extq_start(plain, "stats", "--redis", "redis://ada:sesame@localhost/0");

    process_expect(p, EXITS_CONFIG, LIMIT_MS);
    ck_assert_ptr_null(strstr(process_err(p), "sesame"));
    has(process_err(p), "extq stats: --redis: a password");
    process_close(&p);
}
END_TEST

/* A pseudo-file that takes nothing. */
START_TEST(output_that_cannot_be_written_is_a_failure)
{
    char line[1024];
    const char *argv[] = {"sh", "-c", line, NULL};
    struct process *p;

    (void)snprintf(line, sizeof line, "'%s' version >/dev/full", extq_path());
    p = process_start(argv, plain);
    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "could not be written");
    process_close(&p);
}
END_TEST

START_TEST(a_reader_that_went_away_is_no_failure)
{
    struct temp_path dir = temp_dir();
    char line[2048];
    const char *argv[] = {"sh", "-c", line, NULL};
    struct process *p;

    /* The reader is gone before anything is written. */
    (void)snprintf(line, sizeof line,
                   "cd %s && mkfifo pipe && { true <pipe & } && exec 3>pipe && "
                   "wait && '%s' help >&3; echo $? >&2",
                   dir.text, extq_path());
    p = process_start(argv, plain);
    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_err(p), "0\n");
    process_close(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli");
    TCase *tests = tcase_create("cli");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, help_lists_every_command);
    tcase_add_loop_test(tests, every_command_has_help_with_examples, 0,
                        COMMANDS);
    tcase_add_test(tests, shells_are_told_each_word_that_may_follow);
    tcase_add_loop_test(tests, every_command_refuses_a_wrong_option_in_one_line,
                        0, COMMANDS);
    tcase_add_test(tests, an_unknown_command_is_met_with_the_nearest);
    tcase_add_test(tests, no_command_is_no_success);
    tcase_add_test(tests, what_was_typed_cannot_steer_the_terminal);
    tcase_add_test(tests, versions_name_every_library);
    tcase_add_test(tests, redis_that_is_not_there_is_69_and_a_sentence);
    tcase_add_test(tests,
                   an_embedded_redis_that_does_not_run_says_what_to_type);
    tcase_add_test(tests, a_bad_configuration_is_78_and_names_the_place);
    tcase_add_test(tests, a_missing_configuration_file_is_78);
    tcase_add_test(tests, a_redis_that_wants_a_password_says_how_to_give_it);
    tcase_add_test(tests, a_password_in_a_url_is_refused_and_not_repeated);
    tcase_add_test(tests, output_that_cannot_be_written_is_a_failure);
    tcase_add_test(tests, a_reader_that_went_away_is_no_failure);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
