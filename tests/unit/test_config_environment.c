/* Environment variables override the file, and the file is found. */
#include "service/config.h"
#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"

#include <stdlib.h>
#include <unistd.h>

static struct config *read_with(const char *text, enum err want,
                                struct why *why)
{
    struct temp_path dir = temp_dir();
    struct temp_path file = temp_write(&dir, "extq.yaml", text);
    struct config *c = NULL;

    why->text[0] = '\0';
    ck_assert_msg(config_read(file.text, &c, why) == want, "%s", why->text);
    return c;
}

static void set(const char *variable, const char *value)
{
    ck_assert_int_eq(setenv(variable, value, 1), 0);
}

START_TEST(a_variable_wins_over_the_file)
{
    struct why why;
    struct config *c;

    set("EXTQ_REDIS_URL", "unix:///run/r.sock");
    set("EXTQ_LEASE", "4s");
    set("EXTQ_WORKERS", "2");
    set("EXTQ_ANSWER_MAX", "1KiB");
    set("EXTQ_DISCOVERY_BACKEND", "webtask");
    set("EXTQ_DISCOVERY_URL", "http://x");
    set("EXTQ_DISCOVERY_TOKEN_FILE", "token");
    set("EXTQ_LOG_LEVEL", "warn");
    c = read_with("redis: {url: redis://h}\nlease: 9s\nworkers: 7\n"
                  "network: {schemes: [http]}\n",
                  ERR_OK, &why);
    ck_assert_str_eq(c->redis.socket, "/run/r.sock");
    ck_assert_str_eq(c->redis.place.host, "");
    ck_assert_int_eq(c->lease_ms, 4000);
    ck_assert_uint_eq(c->workers, 2);
    ck_assert_uint_eq(c->answer_max, 1024);
    ck_assert_int_eq(c->discovery.backend, DISCOVER_WEBTASK);
    ck_assert_str_eq(c->discovery.token_file, "token");
    ck_assert_int_eq(c->log_level, LOG_WARN);
    config_close(&c);
}
END_TEST

START_TEST(lists_are_written_with_commas)
{
    struct why why;
    struct config *c;

    set("EXTQ_NETWORK_ALLOW", "127.0.0.0/8, 10.0.0.0/8");
    set("EXTQ_NETWORK_SCHEMES", "https,http");
    c = read_with("network: {allow: [1.1.1.1], schemes: [https]}\n"
                  "extensions: [{container: a, point: b, url: http://x}]\n",
                  ERR_OK, &why);
    ck_assert_uint_eq(c->http.addresses.allow_count, 2);
    ck_assert(c->http.allow_http);
    config_close(&c);
}
END_TEST

START_TEST(empty_and_unknown_variables_are_ignored)
{
    struct why why;
    struct config *c;

    set("EXTQ_LEASE", "");
    set("EXTQ_CONFIG", "/nowhere.yaml");
    set("EXTQ_BOGUS", "x");
    set("EXTQ_POINTS_DEFAULT_TIMEOUT", "x");
    c = read_with("lease: 9s\n", ERR_OK, &why);
    ck_assert_int_eq(c->lease_ms, 9000);
    config_close(&c);
}
END_TEST

static const struct bad {
    const char *variable, *value, *file, *says;
} bads[] = {
    {"EXTQ_LEASE", "soon", "",
     "EXTQ_LEASE: expected a duration such as 20s, found \"soon\""},
    {"EXTQ_LEASE", "1ms", "", "EXTQ_LEASE: must be from 1s to 1h"},
    {"EXTQ_REDIS_PREFIX", "a{b", "",
     "EXTQ_REDIS_PREFIX: expected 1 to 64 of the characters A-Z a-z 0-9 . _ "
     "-"},
    {"EXTQ_REDIS_URL", "redis://:sekret@h", "",
     "EXTQ_REDIS_URL: a password does not belong in the URL: write it to a "
     "file and name that in redis.password_file"},
    {"EXTQ_NETWORK_ALLOW", "10.0.0.0/8,x", "",
     "EXTQ_NETWORK_ALLOW: expected an address or a range such as "
     "10.1.2.0/24, found \"x\""},
    {"EXTQ_DISCOVERY_BACKEND", "http", "",
     "EXTQ_DISCOVERY_BACKEND: backend http needs discovery.url"},
    {"EXTQ_DISCOVERY_URL", "http://h/",
     "discovery: {backend: webtask, url: https://h}\n",
     "EXTQ_DISCOVERY_URL: an http:// URL needs http in network.schemes"},
};

START_TEST(a_bad_variable_is_named)
{
    const struct bad *b = &bads[_i];
    struct why why;

    set(b->variable, b->value);
    ck_assert_ptr_null(read_with(b->file, ERR_CONFIG, &why));
    ck_assert_str_eq(why.text, b->says);
}
END_TEST

START_TEST(what_is_wrong_in_the_file_comes_first)
{
    struct why why;

    set("EXTQ_LEASE", "soon");
    ck_assert_ptr_null(read_with("workers: x\n", ERR_CONFIG, &why));
    ck_assert_ptr_nonnull(strstr(why.text, "extq.yaml:1:10: workers: "));
}
END_TEST

START_TEST(a_good_variable_does_not_excuse_a_bad_file)
{
    struct why why;

    set("EXTQ_LEASE", "4s");
    ck_assert_ptr_null(read_with("lease: x\n", ERR_CONFIG, &why));
}
END_TEST

START_TEST(the_file_is_found)
{
    struct temp_path dir = temp_dir();

    ck_assert_int_eq(unsetenv("EXTQ_CONFIG"), 0);
    ck_assert_int_eq(chdir(dir.text), 0);
    if (access("/etc/extq/extq.yaml", F_OK) != 0) {
        ck_assert_str_eq(config_find(NULL), "");
        (void)temp_write(&dir, "config/extq.yaml", "");
        ck_assert_str_eq(config_find(NULL), "config/extq.yaml");
    }
    set("EXTQ_CONFIG", "/from/variable");
    ck_assert_str_eq(config_find(NULL), "/from/variable");
    ck_assert_str_eq(config_find("option"), "option");
    set("EXTQ_CONFIG", "");
    ck_assert_str_ne(config_find(NULL), "/from/variable");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.config_environment");
    TCase *tests = tcase_create("config_environment");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_variable_wins_over_the_file);
    tcase_add_test(tests, lists_are_written_with_commas);
    tcase_add_test(tests, empty_and_unknown_variables_are_ignored);
    tcase_add_loop_test(tests, a_bad_variable_is_named, 0, ROWS(bads));
    tcase_add_test(tests, what_is_wrong_in_the_file_comes_first);
    tcase_add_test(tests, a_good_variable_does_not_excuse_a_bad_file);
    tcase_add_test(tests, the_file_is_found);
    return run_suite(suite);
}
