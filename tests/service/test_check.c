/* extq check: the answer, the message, the exit code. */
#include "support/main.h"
#include "support/process.h"
#include "support/temp.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 20000 };

static const char good[] =
    "redis: {url: redis://h:1/2, prefix: p}\n"
    "queues: {a: {weight: 3}, b: {}}\n"
    "workers: 2\n"
    "discovery: {backend: http, token_file: missing,"
    " url: \"https://x/{container}/{point}?key=sekret\"}\n"
    "points: {on-sale: {timeout: 1s}}\n";

static struct process *check_text(const char *text, const char *option,
                                  struct temp_path *ret_file)
{
    struct temp_path dir = temp_dir();

    *ret_file = temp_write(&dir, "extq.yaml", text);
    return extq_start(NULL, "check", "-c", ret_file->text, option);
}

static void wrote(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

START_TEST(a_good_file_is_ok_and_says_what_it_comes_to)
{
    struct temp_path file;
    struct process *p = check_text(good, NULL, &file);
    const char *out;
    char first[600];

    process_expect(p, 0, LIMIT_MS);
    out = process_out(p);
    snprintf(first, sizeof first, "OK %s\n", file.text);
    ck_assert_int_eq(strncmp(out, first, strlen(first)), 0);
    wrote(out, "redis://h:1/2, prefix p\n");
    wrote(out, "a (weight 3), b (weight 1)\n");
    wrote(out, "http, https://x/{container}/{point}\n");
    wrote(out, "on-sale, others as default\n");
    ck_assert_ptr_null(strstr(out, "sekret"));
    wrote(process_err(p), "note: discovery.token_file ");
    process_close(&p);
}
END_TEST

START_TEST(programs_get_one_json_object)
{
    struct temp_path file;
    struct process *p = check_text(good, "--json", &file);
    const char *out;

    process_expect(p, 0, LIMIT_MS);
    out = process_out(p);
    ck_assert_int_eq(strncmp(out, "{\"ok\":true,", 11), 0);
    ck_assert_ptr_eq(strchr(out, '\n'), out + strlen(out) - 1);
    wrote(out, "\"redis\":\"redis://h:1/2\"");
    wrote(out, "\"workers\":2,");
    wrote(out, "\"queues\":{\"a\":{\"weight\":3},\"b\":{\"weight\":1}}");
    wrote(out, "\"points\":[\"on-sale\"]");
    ck_assert_ptr_null(strstr(out, "sekret"));
    process_close(&p);
}
END_TEST

START_TEST(a_bad_file_ends_with_78_and_one_line)
{
    struct temp_path file;
    struct process *p = check_text("lease: 8s\nworker: 1\n", NULL, &file);
    char want[700];

    process_expect(p, 78, LIMIT_MS);
    snprintf(want, sizeof want,
             "%s:2:1: worker: unknown key (did you mean workers?)\n",
             file.text);
    ck_assert_str_eq(process_err(p), want);
    ck_assert_str_eq(process_out(p), "");
    process_close(&p);
}
END_TEST

START_TEST(a_bad_redis_option_ends_with_78_and_hides_the_password)
{
    struct process *p =
        extq_start(NULL, "check", "--redis", "redis://:sekret@h");

    process_expect(p, 78, LIMIT_MS);
    wrote(process_err(p), "redis.password_file");
    ck_assert_ptr_null(strstr(process_err(p), "sekret"));
    process_close(&p);
}
END_TEST

START_TEST(a_missing_file_ends_with_78_and_a_bad_option_with_64)
{
    struct process *p = extq_start(NULL, "check", "-c", "/nowhere.yaml");

    process_expect(p, 78, LIMIT_MS);
    ck_assert_str_eq(process_err(p),
                     "/nowhere.yaml: No such file or directory\n");
    process_close(&p);
    p = extq_start(NULL, "check", "--bogus");
    process_expect(p, 64, LIMIT_MS);
    process_close(&p);
}
END_TEST

START_TEST(output_that_cannot_be_written_is_a_failure)
{
    struct process *p = process_start(
        (const char *const[]){"sh", "-c", "\"$0\" check > /dev/full",
                              extq_path(), NULL},
        NULL);

    process_expect(p, 1, LIMIT_MS);
    process_close(&p);
}
END_TEST

int main(void)
{
    return run_tests(
        "cli.check", 60, a_good_file_is_ok_and_says_what_it_comes_to,
        programs_get_one_json_object, a_bad_file_ends_with_78_and_one_line,
        a_bad_redis_option_ends_with_78_and_hides_the_password,
        a_missing_file_ends_with_78_and_a_bad_option_with_64,
        output_that_cannot_be_written_is_a_failure);
}
