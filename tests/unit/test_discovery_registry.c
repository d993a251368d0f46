/* JSON pointers, URL templates and the answers of a platform's own registry. */
#include "link/discovery_backend.h"
#include "support/main.h"

#include <cjson/cJSON.h>
#include <string.h>

/* The example document of RFC 6901, section 5, and some. */
static const char document[] =
    "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
    "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,"
    "\"deep\":[{\"x\":{\"y\":9}},[10,11,12,13,14,15,16,17,18,19,20]],"
    "\"~1\":21,\"Foo\":22}";

static const struct {
    const char *pointer;
    const char *value; /* NULL = leads nowhere */
} pointers[] = {
    {"/foo", "[\"bar\",\"baz\"]"},
    {"/foo/0", "\"bar\""},
    {"/foo/1", "\"baz\""},
    {"/foo/2", NULL},
    {"/foo/-", NULL},
    {"/foo/-1", NULL},
    {"/foo/+1", NULL},
    {"/foo/01", NULL},
    {"/foo/00", NULL},
    {"/foo/1e0", NULL},
    {"/foo/ 1", NULL},
    {"/foo/", NULL},
    {"/foo/4294967296", NULL},
    {"/foo/4294967297", NULL},
    {"/foo/18446744073709551617", NULL},
    {"/foo/bar", NULL},
    {"/", "0"},
    {"//", NULL},
    {"/a~1b", "1"},
    {"/a/b", NULL},
    {"/c%d", "2"},
    {"/e^f", "3"},
    {"/g|h", "4"},
    {"/i\\j", "5"},
    {"/k\"l", "6"},
    {"/ ", "7"},
    {"/m~0n", "8"},
    {"/m~n", NULL},
    {"/~01", "21"},
    {"/deep/0/x/y", "9"},
    {"/deep/1/10", "20"},
    {"/deep/0/x/y/z", NULL},
    {"/Foo", "22"},
    {"/FOO", NULL},
    {"/fo", NULL},
    {"/fooo", NULL},
    {"/foo~", NULL},
    {"/foo~2", NULL},
    {"foo", NULL},
};

START_TEST(a_pointer_leads_to_its_value)
{
    struct why why;
    cJSON *root = answer_open(span_of(document), &why);
    const cJSON *at = pointer_find(root, pointers[_i].pointer);
    char *text = cJSON_PrintUnformatted(at);

    if (pointers[_i].value)
        ck_assert_pstr_eq(text, pointers[_i].value);
    else
        ck_assert_msg(!at, "%s leads to %s", pointers[_i].pointer, text);
    cJSON_free(text);
    answer_close(&root);
}
END_TEST

START_TEST(the_empty_pointer_is_the_whole_answer)
{
    struct why why;
    cJSON *root = answer_open(span_of(document), &why);

    ck_assert_ptr_eq(pointer_find(root, ""), root);
    answer_close(&root);
}
END_TEST

static const struct {
    const char *template;
    const char *url; /* NULL = refused */
} templates[] = {
    {"https://r/ext/{container}/{point}", "https://r/ext/acme.1/on~new"},
    {"https://r/{point}?c={container}", "https://r/on~new?c=acme.1"},
    {"https://r/{container}{container}", "https://r/acme.1acme.1"},
    {"https://{container}.r/", "https://acme.1.r/"},
    {"https://r/", "https://r/"},
    {"", ""},
    {"{point}", "on~new"},
    {"https://r/{Container}", NULL},
    {"https://r/{}", NULL},
    {"https://r/{", NULL},
    {"https://r/}", NULL},
    {"https://r/{container", NULL},
    {"https://r/{{container}}", NULL},
    {"https://r/{tenant}", NULL},
};

START_TEST(a_template_is_filled_or_refused)
{
    static const struct extension_key key = {"acme.1", "on~new"};
    struct buf out = buf_make(URL_MAX);
    enum err e = uri_fill(&out, templates[_i].template, &key);

    if (templates[_i].url) {
        ck_assert_int_eq(e, ERR_OK);
        ck_assert(span_is(buf_span(&out), templates[_i].url));
    } else {
        ck_assert_int_eq(e, ERR_SYNTAX);
    }
    buf_clear(&out);
}
END_TEST

START_TEST(a_template_filled_beyond_the_bound_is_refused)
{
    static const struct extension_key key = {"acme", "on-new-lead"};
    struct buf out = buf_make(8);

    ck_assert_int_eq(uri_fill(&out, "https://{container}", &key), ERR_LIMIT);
    buf_clear(&out);
}
END_TEST

START_TEST(only_unreserved_bytes_stay_as_they_are)
{
    struct buf out = buf_make(URL_MAX);

    ck_assert_int_eq(uri_encode(&out, span_of("aZ09-._~ :/?#%&+\"\n\xc3\xa4")),
                     ERR_OK);
    ck_assert_str_eq(out.at, "aZ09-._~%20%3A%2F%3F%23%25%26%2B%22%0A%C3%A4");
    buf_clear(&out);
}
END_TEST

static const struct {
    const char *body;
    const char *url;    /* NULL = failed */
    const char *secret; /* "" = none; the reason when failed */
} answers[] = {
    {"{\"url\":\"https://e/a\",\"secret\":\"s3\"}", "https://e/a", "s3"},
    {"{\"url\":\"https://e/a\"}", "https://e/a", ""},
    {"{\"url\":\"https://e/a\",\"secret\":null}", "https://e/a", ""},
    {"{\"url\":\"https://e/a\",\"secret\":\"\"}", "https://e/a", ""},
    {"{\"url\":\"https://e/a\",\"Secret\":\"x\"}", "https://e/a", ""},
    {"{\"url\":\"https://e/a\",\"secret\":7}", NULL, "at /secret is not"},
    {"{\"url\":\"https://e/a\",\"secret\":\"a b\"}", NULL, "secret"},
    {"{\"url\":\"https://e/a\",\"secret\":\"a\\nb\"}", NULL, "secret"},
    {"{\"url\":\"\"}", NULL, "no text at /url"},
    {"{\"url\":null}", NULL, "no text at /url"},
    {"{\"url\":[\"https://e/a\"]}", NULL, "no text at /url"},
    {"{}", NULL, "no text at /url"},
    {"[]", NULL, "no text at /url"},
    {"null", NULL, "no text at /url"},
    {"", NULL, "not JSON"},
    {"{\"url\":\"https://e/a\"}x", NULL, "not JSON"},
    {"{\"url\":\"https://e/a\",\"url\":\"https://e/b\"}", NULL, "not JSON"},
    {"{\"url\":\"https://e/\\u0000\"}", NULL, "not JSON"},
};

START_TEST(a_registry_answer_is_an_extension_or_a_reason)
{
    struct discovery_options options = {.url_pointer = "/url",
                                        .secret_pointer = "/secret"};
    struct finding f;

    registry_read(&options, span_of(answers[_i].body), &f);
    if (answers[_i].url) {
        const char *secret = f.extension->secret ? f.extension->secret : "";

        ck_assert_int_eq(f.kind, FINDING_EXTENSION);
        ck_assert_str_eq(f.extension->url, answers[_i].url);
        ck_assert_str_eq(secret, answers[_i].secret);
    } else {
        ck_assert_int_eq(f.kind, FINDING_FAILED);
        ck_assert_msg(strstr(f.why.text, answers[_i].secret) != NULL, "%s",
                      f.why.text);
    }
    extension_drop(&f.extension);
}
END_TEST

START_TEST(pointers_reach_into_the_answer)
{
    struct discovery_options options = {.url_pointer = "/data/0/href"};
    struct finding f;

    registry_read(&options,
                  span_of("{\"data\":[{\"href\":\"https://e/a\"}],"
                          "\"secret\":\"not asked for\"}"),
                  &f);
    ck_assert_int_eq(f.kind, FINDING_EXTENSION);
    ck_assert_ptr_null(f.extension->secret);
    extension_drop(&f.extension);
}
END_TEST

static const struct {
    enum discovery_backend backend;
    const char *url;
    enum err e;
} urls[] = {
    {DISCOVER_HTTP, "https://r/{container}/{point}", ERR_OK},
    {DISCOVER_HTTP, "https://r/{container}/{point}/{tenant}", ERR_SYNTAX},
    {DISCOVER_HTTP, "https://r/{container}/{point}?x={", ERR_SYNTAX},
    {DISCOVER_HTTP, "https://r/{point}", ERR_SYNTAX},
    {DISCOVER_HTTP, "https://r/{container}", ERR_SYNTAX},
    {DISCOVER_WEBTASK, "https://r/base/", ERR_OK},
    {DISCOVER_WEBTASK, "https://r/?key=1", ERR_SYNTAX},
    {DISCOVER_WEBTASK, "https://r/#x", ERR_SYNTAX},
    {DISCOVER_CONFIG, "", ERR_OK},
};

START_TEST(urls_are_checked_before_they_are_used)
{
    struct why why = {""};

    ck_assert_int_eq(discovery_check_url(urls[_i].backend, urls[_i].url, &why),
                     urls[_i].e);
    ck_assert_int_eq(why.text[0] == '\0', urls[_i].e == ERR_OK);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof(table)[0])

static const struct {
    const char *host, *deployment, *domains;
    bool ours;
} hosts[] = {
    {"sandbox.example.com", "sandbox.example.com", "", true},
    {"acme.sandbox.example.com", "sandbox.example.com", "", true},
    {"a.b.sandbox.example.com", "sandbox.example.com", "", true},
    {"example.com", "sandbox.example.com", "", false},
    {"evilsandbox.example.com", "sandbox.example.com", "", false},
    {"evil-sandbox.example.com", "sandbox.example.com", "", false},
    {"sandbox.example.com.evil.net", "sandbox.example.com", "", false},
    {"evil.net", "sandbox.example.com", "", false},
    {"com", "sandbox.example.com", "", false},
    {"", "sandbox.example.com", "", false}, /* an address */
    {"a.run.example.net", "sandbox.example.com", "run.example.net", true},
    {"run.example.net", "sandbox.example.com", "x.net,run.example.net", true},
    {"a.run.example.net", "sandbox.example.com", "RUN.Example.NET", true},
    {"trun.example.net", "sandbox.example.com", "run.example.net", false},
    {"a.sandbox.example.com", "sandbox.example.com", "x.net", true},
    {"evil.net", "sandbox.example.com", ",,", false},
    {"evil.net", "sandbox.example.com", "*", true},
    {"", "sandbox.example.com", "x.net,*", true},
    {"evil.net", "", "", true}, /* a deployment at an address */
    {"evil.net", "localhost", "", true},
};

START_TEST(an_extension_s_host_is_the_deployment_s_or_not)
{
    ck_assert_int_eq(
        host_is_ours(hosts[_i].host, hosts[_i].deployment, hosts[_i].domains),
        hosts[_i].ours);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.discovery_registry");
    TCase *tests = tcase_create("pure");

    tcase_add_loop_test(tests, an_extension_s_host_is_the_deployment_s_or_not,
                        0, (int)(sizeof hosts / sizeof hosts[0]));
    tcase_add_loop_test(tests, a_pointer_leads_to_its_value, 0,
                        COUNT(pointers));
    tcase_add_test(tests, the_empty_pointer_is_the_whole_answer);
    tcase_add_loop_test(tests, a_template_is_filled_or_refused, 0,
                        COUNT(templates));
    tcase_add_test(tests, a_template_filled_beyond_the_bound_is_refused);
    tcase_add_test(tests, only_unreserved_bytes_stay_as_they_are);
    tcase_add_loop_test(tests, a_registry_answer_is_an_extension_or_a_reason, 0,
                        COUNT(answers));
    tcase_add_test(tests, pointers_reach_into_the_answer);
    tcase_add_loop_test(tests, urls_are_checked_before_they_are_used, 0,
                        COUNT(urls));
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
