/* A registry, listed extensions, and a platform in trouble. */
#include "support/inquiry.h"
#include "support/main.h"

#include <string.h>

static struct inquiry *w;

static void open_inquiry(void)
{
    w = inquiry_open();
}

static void close_inquiry(void)
{
    inquiry_close(&w);
}

static void use_registry(void)
{
    inquiry_use(w, DISCOVER_HTTP);
    INQUIRY_SET(w->options.url,
                peer_url(w->peer, "/ext/{container}/{point}").text);
}

START_TEST(a_url_that_may_not_be_called_is_refused)
{
    use_registry();
    peer_on(w->peer, .body = "{\"url\":\"ftp://e/\"}");
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "the extension's URL is refused");
    peer_on(w->peer, .body = "{\"url\":\"https://user:pw@e/\"}");
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "the extension's URL is refused");
    ck_assert_ptr_null(strstr(w->finding.why.text, "pw"));
    peer_on(w->peer, .body = "{\"url\":\"https://e/#x\"}");
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "the extension's URL is refused");
}
END_TEST

static const struct {
    struct peer_rule rule;
    const char *why;
} troubles[] = {
    {{.status = 500, .body = "[]"}, "discovery answered 500"},
    {{.status = 302, .headers = "Location: /elsewhere\r\n"},
     "discovery answered 302"},
    {{.status = 400, .body = "[]"}, "discovery answered 400"},
    {{.status = 429, .body = "[]"}, "discovery answered 429"},
    {{.act = PEER_RESET}, "discovery did not answer"},
    {{.act = PEER_RESET_IN_HEAD}, "broke off"},
    {{.act = PEER_CUT_IN_BODY, .body = "[{\"name\":\"a\"}]"}, "broke off"},
    {{.act = PEER_RESET_IN_BODY, .body = "[{\"name\":\"a\"}]"}, "broke off"},
    {{.act = PEER_ENDLESS}, "larger than 4 MiB"},
    {{.act = PEER_RAW, .body = "SSH-2.0-hello\r\n"}, "discovery did not"},
    {{.body = "<html>"}, "not JSON"},
    {{.body = ""}, "not JSON"},
};

START_TEST(trouble_is_a_failure_with_a_reason)
{
    peer_add(w->peer, &troubles[_i].rule);
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, troubles[_i].why);
    ck_assert_uint_eq(inquiry_count(w), 1);
}
END_TEST

START_TEST(nobody_at_home_is_a_failure)
{
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d", refused_port());
    INQUIRY_SET(w->options.url, url);
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "discovery did not answer");
}
END_TEST

START_TEST(a_silent_platform_is_given_up_in_time)
{
    w->options.timeout_ms = 100;
    peer_on(w->peer, .act = PEER_HANG);
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "discovery did not answer");
}
END_TEST

START_TEST(a_registry_is_asked_by_its_template)
{
    const struct peer_request *r;

    use_registry();
    INQUIRY_SET(w->options.token_file,
                temp_write(&w->dir, "token", "reg").text);
    peer_on(w->peer, .path = "/ext/acme/on-new-lead",
            .body = "{\"url\":\"https://e/x\",\"secret\":\"abc\"}");
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_found(w, "https://e/x", "abc");
    ck_assert_str_eq(w->finding.source, "http");
    r = inquiry_request(w, "/ext/acme/on-new-lead", 0);
    ck_assert_str_eq(request_header(r, "authorization"), "Bearer reg");
}
END_TEST

START_TEST(a_registry_says_none_by_404_or_204)
{
    use_registry();
    inquiry_ask(w, "acme", "on-new-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_NONE);
    peer_on(w->peer, .status = 204);
    inquiry_ask(w, "acme", "on-new-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_NONE);
    peer_on(w->peer, .status = 503);
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "discovery answered 503");
}
END_TEST

START_TEST(without_a_token_file_no_authorization_is_sent)
{
    use_registry();
    inquiry_ask(w, "acme", "on-new-lead");
    ck_assert_ptr_null(
        request_header(inquiry_request(w, NULL, 0), "authorization"));
}
END_TEST

START_TEST(listed_extensions_need_nobody)
{
    static struct listed_extension listed[4] = {
        {.key = {"acme", "on-new-lead"}, .url = "https://e/acme"},
        {.key = {"globex", "on-new-lead"}, .url = "https://e/globex"},
        {.key = {"twice", "on-new-lead"}, .url = "https://e/1"},
        {.key = {"twice", "on-new-lead"}, .url = "https://e/2"},
    };

    inquiry_use(w, DISCOVER_CONFIG);
    INQUIRY_SET(listed[0].secret_file, temp_write(&w->dir, "s", "one\n").text);
    w->options.listed = listed;
    w->options.listed_count = 4;
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_found(w, "https://e/acme", "one");
    ck_assert_str_eq(w->finding.source, "config");
    temp_write(&w->dir, "s", "two");
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_found(w, "https://e/acme", "two");
    inquiry_ask(w, "globex", "on-new-lead");
    inquiry_found(w, "https://e/globex", "");
    inquiry_ask(w, "globex", "on-old-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_NONE);
    inquiry_ask(w, "twice", "on-new-lead");
    inquiry_failed(w, "inconsistent configuration: 2 extensions");
    INQUIRY_SET(listed[0].secret_file, temp_join(&w->dir, "gone").text);
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "/gone");
}
END_TEST

START_TEST(questions_pending_at_the_end_fail)
{
    static const struct extension_key key = {"acme", "on-new-lead"};

    peer_on(w->peer, .act = PEER_HANG);
    for (int i = 0; i < 3; i++)
        discovery_ask(w->discovery, &key, inquiry_keep, w);
    while (inquiry_count(w) < 3)
        uv_run(&w->loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(w->answers, 0);
    discovery_close(&w->discovery);
    ck_assert_uint_eq(w->answers, 3);
    inquiry_failed(w, "discovery did not answer");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live.discovery_backends");
    TCase *tests = tcase_create("discovery");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_inquiry, close_inquiry);
    tcase_add_test(tests, a_url_that_may_not_be_called_is_refused);
    tcase_add_loop_test(tests, trouble_is_a_failure_with_a_reason, 0,
                        (int)(sizeof troubles / sizeof troubles[0]));
    tcase_add_test(tests, nobody_at_home_is_a_failure);
    tcase_add_test(tests, a_silent_platform_is_given_up_in_time);
    tcase_add_test(tests, a_registry_is_asked_by_its_template);
    tcase_add_test(tests, a_registry_says_none_by_404_or_204);
    tcase_add_test(tests, without_a_token_file_no_authorization_is_sent);
    tcase_add_test(tests, listed_extensions_need_nobody);
    tcase_add_test(tests, questions_pending_at_the_end_fail);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
