/* extq resolve: what it finds, where from, and what it keeps to itself. */
#include "support/command.h"
#include "support/main.h"
#include "support/redis_server.h"
#include "support/temp.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 30000, EXITS_USAGE = 64, EXITS_REDIS = 69 };

#define SECRET "c0rrect-h0rse-battery-staple"

/* A configuration that lists one extension. */
static struct temp_path write_config(const struct temp_path *dir,
                                     const char *secret_file)
{
    char text[2048];

    (void)snprintf(text, sizeof text,
                   "discovery: {backend: config}\n"
                   "extensions:\n"
                   "  - container: acme\n"
                   "    point: on-new-lead\n"
                   "    url: https://ext.acme.example/lead\n"
                   "    secret_file: %s\n",
                   secret_file);
    return temp_write(dir, "extq.yaml", text);
}

struct scene {
    struct redis_server *redis;
    struct temp_path dir, secret, config;
};

static struct scene open_scene(void)
{
    struct scene s = {.redis = redis_server_start(false, NULL),
                      .dir = temp_dir()};

    s.secret = temp_write(&s.dir, "secret", SECRET "\n");
    s.config = write_config(&s.dir, s.secret.text);
    return s;
}

#define resolve(s, ...)                                                        \
    extq_start(plain, "resolve", "-c", (s)->config.text, "--redis",            \
               redis_server_url((s)->redis), __VA_ARGS__)

static void expect_source(struct scene *s, const char *option,
                          const char *source)
{
    struct process *p = resolve(s, "acme", "on-new-lead", "--json", option);
    char field[64];

    (void)snprintf(field, sizeof field, "\"source\":\"%s\"", source);
    process_expect(p, 0, LIMIT_MS);
    has(process_out(p), field);
    process_close(&p);
}

START_TEST(an_extension_is_shown_and_its_secret_is_not)
{
    struct scene s = open_scene();
    struct process *p = resolve(&s, "acme", "on-new-lead");

    process_expect(p, 0, LIMIT_MS);
    has(process_out(p), "url        https://ext.acme.example/lead\n");
    has(process_out(p), "source     discovery\n");
    has(process_out(p), "secret     c0... (length 28)\n");
    ck_assert_ptr_null(strstr(process_out(p), "rect-h0rse"));
    ck_assert_ptr_null(strstr(process_err(p), "rect-h0rse"));
    process_close(&p);
    redis_server_close(&s.redis);
}
END_TEST

START_TEST(the_source_is_the_cache_until_it_is_passed_by)
{
    struct scene s = open_scene();

    expect_source(&s, "--json", "discovery");
    expect_source(&s, "--json", "cache");
    expect_source(&s, "--no-cache", "discovery");
    expect_source(&s, "--json", "cache");
    expect_source(&s, "--forget", "discovery");
    redis_server_close(&s.redis);
}
END_TEST

START_TEST(no_extension_is_exit_code_1)
{
    struct scene s = open_scene();
    struct process *p = resolve(&s, "acme", "on-something-else");

    process_expect(p, 1, LIMIT_MS);
    has(process_out(p), "kind       none\n");
    process_close(&p);
    redis_server_close(&s.redis);
}
END_TEST

START_TEST(a_failure_says_why_and_is_exit_code_1)
{
    struct scene s = open_scene();
    struct process *p;

    s.config = write_config(&s.dir, "/nowhere/secret");
    p = resolve(&s, "acme", "on-new-lead", "--json");
    process_expect(p, 1, LIMIT_MS);
    has(process_out(p), "\"kind\":\"failed\"");
    has(process_out(p), "/nowhere/secret");
    process_close(&p);
    redis_server_close(&s.redis);
}
END_TEST

START_TEST(wrong_names_and_options_are_64)
{
    static const char *const wrong[][4] = {
        {"acme"},
        {"ac/me", "on-new-lead"},
        {"acme", "on new lead"},
        {"acme", "on-new-lead", "more"},
        {"--no-cache", "--forget", "acme"},
        {"--no-cache", "--forget", "acme", "on-new-lead"},
    };
    const char *argv[8] = {extq_path(), "resolve"};
    struct process *p;

    for (size_t i = 0; i < 4; i++)
        argv[2 + i] = wrong[_i][i];
    p = process_start(argv, plain);
    process_expect(p, EXITS_USAGE, LIMIT_MS);
    process_close(&p);
}
END_TEST

START_TEST(without_redis_it_ends_with_69)
{
    struct process *p = extq_start(plain, "resolve", "--redis",
                                   "unix:///nowhere/s", "acme", "on-new-lead");

    process_expect(p, EXITS_REDIS, LIMIT_MS);
    has(process_err(p), "Redis is unreachable");
    process_close(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli_resolve");
    TCase *tests = tcase_create("resolve");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_extension_is_shown_and_its_secret_is_not);
    tcase_add_test(tests, the_source_is_the_cache_until_it_is_passed_by);
    tcase_add_test(tests, no_extension_is_exit_code_1);
    tcase_add_test(tests, a_failure_says_why_and_is_exit_code_1);
    tcase_add_loop_test(tests, wrong_names_and_options_are_64, 0, 6);
    tcase_add_test(tests, without_redis_it_ends_with_69);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
