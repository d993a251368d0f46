/* Every way to get the configuration wrong, and what is said about it. */
#include "service/config.h"
#include "service/config_yaml.h"
#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Refused, with this message behind the file's path. */
static void refused(const char *text, size_t len, const char *says)
{
    struct temp_path dir = temp_dir();
    struct temp_path file = temp_write_bytes(&dir, "x.yaml", text, len);
    struct config untouched;
    struct config *c = &untouched;
    struct why why = {""};
    char want[1024];

    snprintf(want, sizeof want, "%s:%s", file.text, says);
    ck_assert_int_eq(config_read(file.text, &c, &why), ERR_CONFIG);
    ck_assert_str_eq(why.text, want);
    ck_assert_ptr_eq(c, &untouched);
}

static const struct bad {
    const char *text, *says;
} keys[] = {
    {"redis:\n  urll: x\n",
     "2:3: redis.urll: unknown key (did you mean redis.url?)"},
    {"redis: {ulr: x}\n",
     "1:9: redis.ulr: unknown key (did you mean redis.url?)"},
    {"inflight: 3\n", "1:1: inflight: unknown key (did you mean in_flight?)"},
    {"redis_url: x\n", "1:1: redis_url: unknown key (did you mean redis.url?)"},
    {"queue: {}\n", "1:1: queue: unknown key (did you mean queues?)"},
    {"attempts: 3\n",
     "1:1: attempts: unknown key (did you mean points.*.retry.attempts?)"},
    {"points: {p: {retries: {}}}\n",
     "1:14: points.p.retries: unknown key (did you mean points.p.retry?)"},
    {"points: {p: {attempts: 3}}\n",
     "1:14: points.p.attempts: unknown key (did you mean "
     "points.p.retry.attempts?)"},
    {"extensions: [{contaner: a}]\n",
     "1:15: extensions[0].contaner: unknown key (did you mean "
     "extensions[0].container?)"},
    {"points:\n  p:\n    rules:\n      time_out: dead\n",
     "4:7: points.p.rules.time_out: unknown key (did you mean "
     "points.p.rules.timeout?)"},
    {"points: {p: {rules: {extension_eror: 3}}}\n",
     "1:22: points.p.rules.extension_eror: unknown key (did you mean "
     "points.p.rules.extension_error?)"},
    {"points: {p: {rules: {xyzzyx: dead}}}\n",
     "1:22: points.p.rules.xyzzyx: unknown key"},
    {"points: {p: {rules: {ok: retry}}}\n",
     "1:22: points.p.rules.ok: what was delivered is not called again"},
    {"points: {p: {rules: {malformed: retry}}}\n",
     "1:22: points.p.rules.malformed: what is no job cannot be called"},
    {"points: {p: {rules: {expired: 3}}}\n",
     "1:22: points.p.rules.expired: what has expired is not called again"},
    {"points: {default: {rules: {worker_killer: retry}}}\n",
     "1:28: points.default.rules.worker_killer: a job that kills its workers "
     "is not tried again"},
    {"points: {p: {rule: {timeout: dead}}}\n",
     "1:14: points.p.rule: unknown key (did you mean points.p.rules?)"},
    {"zzzzzzzz: 1\n", "1:1: zzzzzzzz: unknown key"},
    {"redis.url: x\n",
     "1:1: redis.url: unknown key (keys are nested, not joined by dots)"},
    {"points.*: {timeout: 1s}\n",
     "1:1: points.*: unknown key (keys are nested, not joined by dots)"},
    {"points: {p: {<<: {timeout: 1s}}}\n", "1:14: points.p.<<: unknown key"},
    {"\"lea\\u00e9se\\n\": 8s\n",
     "1:1: lea??se?: unknown key (did you mean lease?)"},
    {"\"lease\\0\": 8s\n", "1:1: lease?: unknown key (did you mean lease?)"},
    {"\"\": 8s\n", "1:1: unknown key"},
    {"lease: 8s\nworkers: 1\nlease: 9s\n",
     "3:1: lease: given twice, first on line 1"},
    {"points:\n  a: {}\n  a: {}\n",
     "3:3: points.a: given twice, first on line 2"},
    {"? [a]\n: b\n", "1:3: expected a key, found a list"},
    {"redis: {~: b}\n", "1:9: redis: expected a key, found nothing"},
    {"redis: [a]\n", "1:8: redis: expected a group of keys, found a list"},
    {"redis: a\n",
     "1:8: redis: expected a group of keys, found a single value"},
    {"- a\n", "1:1: expected a group of keys, found a list"},
    {"hello\n", "1:1: expected a group of keys, found a single value"},
};

static const struct bad values[] = {
    {"lease: soon\n",
     "1:8: lease: expected a duration such as 20s, found \"soon\""},
    {"lease: 20\n",
     "1:8: lease: expected a duration such as 20s, found \"20\""},
    {"lease: \"\"\n",
     "1:8: lease: expected a duration such as 20s, found nothing"},
    {"lease:\n", "1:7: lease: expected a single value (duration, 1s to 1h), "
                 "found nothing"},
    {"lease: [8s]\n", "1:8: lease: expected a single value (duration, 1s to "
                      "1h), found a list"},
    {"lease: {}\n", "1:8: lease: expected a single value (duration, 1s to "
                    "1h), found a group of keys"},
    {"lease: !!int 8\n", "1:8: lease: tags have no meaning here"},
    {"lease: 999ms\n", "1:8: lease: must be from 1s to 1h"},
    {"lease: \"8s\\0\"\n",
     "1:8: lease: expected a duration such as 20s, found \"8s?\""},
    {"answer_max: 64KB\n",
     "1:13: answer_max: expected a size such as 64KiB, found \"64KB\""},
    {"answer_max: 1GiB\n", "1:13: answer_max: must be from 1 to 64MiB"},
    {"workers: many\n",
     "1:10: workers: expected a whole number, found \"many\""},
    {"workers: -1\n", "1:10: workers: expected a whole number, found \"-1\""},
    {"workers: 257\n", "1:10: workers: must be from 0 to 256"},
    {"in_flight: 4294967552\n", "1:12: in_flight: must be from 1 to 65536"},
    {"workers: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeee\n",
     "1:10: workers: expected a whole number, found "
     "\"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...\""},
    {"points: {p: {envelope: yes}}\n",
     "1:24: points.p.envelope: expected one of false, true, found \"yes\""},
    {"points: {p: {http_version: h2}}\n",
     "1:28: points.p.http_version: expected one of 1.1, 2, found \"h2\""},
    {"discovery: {hosts: \"a b\"}\n",
     "1:20: discovery.hosts: expected domains such as "
     "run.example.com,tasks.example.net, or *"},
    {"discovery: {hosts: .com}\n",
     "1:20: discovery.hosts: expected domains such as "
     "run.example.com,tasks.example.net, or *"},
    {"discovery: {hosts: \"*.com\"}\n",
     "1:20: discovery.hosts: expected domains such as "
     "run.example.com,tasks.example.net, or *"},
    {"discovery: {hosts: \"a.com,,b.com\"}\n",
     "1:20: discovery.hosts: expected domains such as "
     "run.example.com,tasks.example.net, or *"},
    {"points: {p: {rules: {timeout: dad}}}\n",
     "1:31: points.p.rules.timeout: expected retry, dead or calls, 1 to 1000, "
     "found \"dad\""},
    {"points: {p: {rules: {timeout: 0}}}\n",
     "1:31: points.p.rules.timeout: expected retry, dead or calls, 1 to 1000, "
     "found \"0\""},
    {"points: {p: {rules: {timeout: 1001}}}\n",
     "1:31: points.p.rules.timeout: expected retry, dead or calls, 1 to 1000, "
     "found \"1001\""},
    {"points: {p: {rules: {timeout: 4294967297}}}\n",
     "1:31: points.p.rules.timeout: expected retry, dead or calls, 1 to 1000, "
     "found \"4294967297\""},
    {"points: {p: {rules: {timeout: skip}}}\n",
     "1:31: points.p.rules.timeout: expected retry, dead or calls, 1 to 1000, "
     "found \"skip\""},
    {"points: {p: {rules: {timeout: {retry: 2}}}}\n",
     "1:31: points.p.rules.timeout: expected a single value (retry, dead or "
     "calls, 1 to 1000), found a group of keys"},
    {"points: {p: {rules: dead}}\n",
     "1:21: points.p.rules: expected a group of keys, found a single value"},
    {"points: {p: {method: post}}\n",
     "1:22: points.p.method: expected one of POST, PUT, PATCH, DELETE, GET, "
     "found \"post\""},
    {"points: {p: {content_type: json}}\n",
     "1:28: points.p.content_type: expected a type such as application/json"},
    {"points: {p: {content_type: \"a/\\u00e4\"}}\n",
     "1:28: points.p.content_type: expected a type such as application/json"},
    {"redis: {cert_file: a.pem, url: redis://h}\n",
     "1:20: redis.cert_file: redis.cert_file and redis.key_file go together: "
     "one of them is missing"},
    {"ops: {hosts: \"a.example:80\"}\n",
     "1:14: ops.hosts: expected names without ports, such as "
     "extq-1.example.net,extq.example.net"},
    {"extensions:\n- {container: a, point: b, url: \"https://x y/\"}\n",
     "2:33: extensions[0].url: a URL holds no space, no backslash, no # and "
     "nothing outside ASCII"},
    {"points: {p: {content_type: \"a/b\\r\\nx: y\"}}\n",
     "1:28: points.p.content_type: control characters do not belong here"},
    {"points: {p: {retry: {schedule: 1s}}}\n",
     "1:32: points.p.retry.schedule: expected a list of durations, 0 to 30d, "
     "found a single value"},
    {"points: {p: {retry: {schedule: [1s, 31d]}}}\n",
     "1:37: points.p.retry.schedule: must be from 0 to 30d"},
    {"points: {\"p q\": {}}\n",
     "1:10: points: a name is wrong: expected 1 to 128 of the characters A-Z "
     "a-z 0-9 . _ ~ -"},
    {"queues: {\"a{b\": {}}\n",
     "1:10: queues: a name is wrong: expected 1 to 64 of the characters A-Z "
     "a-z 0-9 . _ -"},
    {"queues: {\"a\\0b\": {}}\n",
     "1:10: queues: a name is wrong: expected 1 to 64 of the characters A-Z "
     "a-z 0-9 . _ -"},
    {"queues: {}\n", "1:9: queues: at least one queue is needed"},
    {"queues: {a: {weight: 0}}\n",
     "1:22: queues.a.weight: must be from 1 to 1000"},
    {"redis: {prefix: \"a b\"}\n",
     "1:17: redis.prefix: expected 1 to 64 of the characters A-Z a-z 0-9 . _ "
     "-"},
    {"name: a b\n", "1:7: name: expected a name without spaces"},
    {"name: 12345678901234567890123456789012345678901234567890123456789012345"
     "\n",
     "1:7: name: longer than 64 bytes"},
    {"discovery: {meta_key: \"a:b\"}\n",
     "1:23: discovery.meta_key: expected a name without colon and space"},
    {"discovery: {url_pointer: url}\n",
     "1:26: discovery.url_pointer: expected a JSON pointer, which begins with "
     "a slash"},
    {"discovery: {secret_pointer: /a~2}\n",
     "1:29: discovery.secret_pointer: in a JSON pointer ~ is written ~0 and / "
     "is written ~1"},
    {"ops: {listen: 9464}\n",
     "1:15: ops.listen: expected host:port, such as 127.0.0.1:9464 or "
     "[::1]:9464"},
    {"ops: {listen: \"::1:9464\"}\n",
     "1:15: ops.listen: expected host:port, such as 127.0.0.1:9464 or "
     "[::1]:9464"},
    {"network: {allow: [10.0.0.0/8, nonsense]}\n",
     "1:31: network.allow: expected an address or a range such as "
     "10.1.2.0/24, found \"nonsense\""},
    {"network: {allow: [[10.0.0.0/8]]}\n",
     "1:19: network.allow: expected a single value, found a list"},
    {"network: {schemes: [ftp]}\n",
     "1:21: network.schemes: expected http or https, found \"ftp\""},
};

static const struct bad relations[] = {
    {"redis: {url: \"redis://:sekret@h/0\"}\n",
     "1:14: redis.url: a password does not belong in the URL: write it to a "
     "file and name that in redis.password_file"},
    {"redis: {url: embedded://lib}\n",
     "1:14: redis.url: the folder must be absolute, as in "
     "embedded:///var/lib/extq"},
    {"redis: {url: embedded:///23456789012345678901234567890123456789012345678"
     "90123456789012345678901234567890123456789012345678}\n",
     "1:14: redis.url: the folder's path has 98 bytes; at most 96 leave room "
     "for the socket in it"},
    {"extensions: {a: b}\n", "1:13: extensions: expected a list"},
    {"extensions: [a]\n", "1:14: extensions[0]: expected {container: ..., "
                          "point: ..., url: ...}"},
    {"extensions:\n- {container: a, url: \"https://x/\"}\n",
     "2:3: extensions[0]: point is missing"},
    {"extensions:\n- {container: a, point: b, url: \"http://x/\"}\n",
     "2:33: extensions[0]: an http:// URL needs http in network.schemes"},
    {"extensions:\n- {container: a, point: b, url: \"https://u:p@x/\"}\n",
     "2:33: extensions[0].url: a user or password does not belong in a URL"},
    {"extensions:\n- {container: a, point: b, url: \"https:///x\"}\n",
     "2:33: extensions[0].url: the URL has no host"},
    {"extensions:\n- {container: a, point: b, url: \"ftp://x\"}\n",
     "2:33: extensions[0].url: expected a URL that begins with https:// or "
     "http://"},
    {"extensions:\n- &a {container: a, point: b, url: https://x}\n"
     "- {container: c, point: b, url: https://x}\n- *a\n",
     "2:3: extensions: a/b is given twice, first as extensions[0]"},
    {"extensions:\n- {container: a, point: b, url: https://x}\n"
     "- {container: a, point: b, url: https://y}\n",
     "3:3: extensions: a/b is given twice, first as extensions[0]"},
    {"discovery:\n  backend: http\n",
     "2:12: discovery.backend: backend http needs discovery.url"},
    {"discovery: {backend: webtask, url: http://x}\n",
     "1:36: discovery.url: an http:// URL needs http in network.schemes"},
    {"discovery: {backend: http, url: \"https://x/{container}\"}\n",
     "1:33: discovery.url: must hold {container} and {point}, as in "
     "https://registry.example.com/ext/{container}/{point}"},
    {"discovery: {backend: http,\n"
     " url: \"https://x/{container}/{point}/{tenant}\"}\n",
     "2:7: discovery.url: has braces that are neither {container} nor {point}"},
    {"discovery: {backend: webtask, url: \"https://x/?a=b\"}\n",
     "1:36: discovery.url: a base URL has neither query nor fragment"},
    /* The first by position, in whatever order things are looked at. */
    {"points: {p: {timeout: x}}\nlease: x\n",
     "1:23: points.p.timeout: expected a duration such as 20s, found \"x\""},
    {"lease: x\npoints: {p: {timeout: x}}\n",
     "1:8: lease: expected a duration such as 20s, found \"x\""},
    {"extensions: [{container: a, point: b, url: http://x}]\nlease: x\n",
     "1:44: extensions[0]: an http:// URL needs http in network.schemes"},
    {"points: {p: {timeout: x}, default: {timeout: x}}\n",
     "1:23: points.p.timeout: expected a duration such as 20s, found \"x\""},
};

static const struct {
    struct span text;
    const char *says;
} syntaxes[] = {
    {BYTES("redis: {url: x\nworkers: 1\n"),
     "2:8: not YAML: while parsing a flow mapping, did not find expected ',' "
     "or '}'"},
    {BYTES("redis:\n\turl: x\n"),
     "2:1: not YAML: while scanning for the next token, found character that "
     "cannot start any token (a tab: indent by spaces)"},
    {BYTES("redis:\n  @url: x\n"),
     "2:3: not YAML: while scanning for the next token, found character that "
     "cannot start any token"},
    {BYTES("a: b: c\n"),
     "1:5: not YAML: mapping values are not allowed in this context"},
    {BYTES("lease: *x\n"), "1:8: not YAML: found undefined alias"},
    {BYTES("lease: 8s\n---\nlease: 9s\n"),
     "2:1: a second document begins here; only one is read"},
    {BYTES("workers: 1\nlease: 8s\0\n"),
     "2:10: not YAML: control characters are not allowed"},
    {BYTES("lease: 8s # \xe9\n"),
     "1:13: not YAML: incomplete UTF-8 octet sequence"},
    {BYTES("\xff\xfel\0e\0"), "1:1: not YAML: invalid leading UTF-8 octet"},
    {BYTES("points: &a {x: *a}\n"), "1:13: points.x.x: unknown key"},
    {BYTES("redis: &a {? *a : *a}\n"),
     "1:8: redis: expected a key, found a group of keys"},
    {BYTES("a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n"),
     "1:1: a: unknown key"},
};

START_TEST(a_wrong_key_is_named_and_the_nearest_offered)
{
    refused(keys[_i].text, strlen(keys[_i].text), keys[_i].says);
}
END_TEST

START_TEST(a_wrong_value_is_named_with_what_was_expected)
{
    refused(values[_i].text, strlen(values[_i].text), values[_i].says);
}
END_TEST

START_TEST(what_does_not_go_together_is_refused)
{
    refused(relations[_i].text, strlen(relations[_i].text), relations[_i].says);
}
END_TEST

START_TEST(what_is_not_yaml_is_refused_with_its_place)
{
    refused(syntaxes[_i].text.at, syntaxes[_i].text.len, syntaxes[_i].says);
}
END_TEST

START_TEST(ranges_of_ports_are_so_many_at_the_most)
{
    char text[512] = "network: {ports: [";
    char says[64];
    size_t len = strlen(text);

    for (int port = 1; port <= PORT_RANGES_MAX; port++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%d,", port);
    (void)snprintf(says, sizeof says,
                   "1:%zu: network.ports: more than %d ranges", len + 1,
                   (int)PORT_RANGES_MAX);
    len += (size_t)snprintf(text + len, sizeof text - len, "999]}\n");
    refused(text, len, says);
}
END_TEST

START_TEST(a_path_or_a_file_without_end_is_refused)
{
    size_t len = YAML_BYTES_MAX + 1;
    char *text = malloc(len + 1), path[PATH_MAX + 2];
    struct config *c = NULL;
    struct why why = {""};

    ck_assert_ptr_nonnull(text);
    memset(text, '#', len);
    text[len] = '\0';
    memcpy(path, text, sizeof path - 1);
    path[sizeof path - 1] = '\0';
    ck_assert_int_eq(config_read(path, &c, &why), ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(why.text, "too long"));
    refused(text, len, " larger than 4 MiB");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.config_errors");
    TCase *tests = tcase_create("config_errors");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, a_wrong_key_is_named_and_the_nearest_offered, 0,
                        ROWS(keys));
    tcase_add_loop_test(tests, a_wrong_value_is_named_with_what_was_expected, 0,
                        ROWS(values));
    tcase_add_loop_test(tests, what_does_not_go_together_is_refused, 0,
                        ROWS(relations));
    tcase_add_loop_test(tests, what_is_not_yaml_is_refused_with_its_place, 0,
                        ROWS(syntaxes));
    tcase_add_test(tests, ranges_of_ports_are_so_many_at_the_most);
    tcase_add_test(tests, a_path_or_a_file_without_end_is_refused);
    return run_suite(suite);
}
