/* The webtask management API is asked over real HTTP. */
#include "support/inquiry.h"
#include "support/main.h"

#include <stdlib.h>
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

START_TEST(a_webtask_is_asked_for_as_the_platform_expects)
{
    const struct peer_request *r;

    INQUIRY_SET(w->options.token_file,
                temp_write(&w->dir, "token", "master+/==\n").text);
    peer_on(w->peer, .path = "/base/api/webtask/acme",
            .body = "[" INQUIRY_ITEM("a") "]");
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_found(w, "https://ext.example/a", "s3cr3t");
    ck_assert_str_eq(w->finding.source, "webtask");
    r = inquiry_request(w, NULL, 0);
    ck_assert_str_eq(r->method, "GET");
    ck_assert_str_eq(r->target,
                     "/base/api/webtask/acme?meta=auth0-extension-type%3A"
                     "on-new-lead&offset=0&limit=100");
    ck_assert_str_eq(request_header(r, "authorization"), "Bearer master+/==");
    ck_assert_str_eq(request_header(r, "accept"), "application/json");
    ck_assert_str_eq(request_header(r, "user-agent"), "extq/test");
}
END_TEST

START_TEST(another_metadata_key_is_encoded)
{
    INQUIRY_SET(w->options.meta_key, "my key&");
    peer_on(w->peer, .body = "[]");
    inquiry_ask(w, "acme", "on-new-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_NONE);
    ck_assert_str_eq(inquiry_request(w, NULL, 0)->query,
                     "meta=my%20key%26%3Aon-new-lead&offset=0&limit=100");
}
END_TEST

START_TEST(the_token_is_read_for_each_question)
{
    INQUIRY_SET(w->options.token_file,
                temp_write(&w->dir, "token", "old").text);
    peer_on(w->peer, .body = "[]");
    inquiry_ask(w, "acme", "on-new-lead");
    temp_write(&w->dir, "token", "new");
    inquiry_ask(w, "acme", "on-new-lead");
    ck_assert_str_eq(
        request_header(inquiry_request(w, NULL, 0), "authorization"),
        "Bearer old");
    ck_assert_str_eq(
        request_header(inquiry_request(w, NULL, 1), "authorization"),
        "Bearer new");
}
END_TEST

START_TEST(a_folder_of_tokens_has_one_for_each_container)
{
    INQUIRY_SET(w->options.token_file, w->dir.text);
    temp_write(&w->dir, "acme", "for-acme");
    temp_write(&w->dir, "globex", "for-globex");
    peer_on(w->peer, .body = "[]");
    inquiry_ask(w, "globex", "on-new-lead");
    ck_assert_str_eq(
        request_header(inquiry_request(w, NULL, 0), "authorization"),
        "Bearer for-globex");
    inquiry_ask(w, "initech", "on-new-lead");
    inquiry_failed(w, "/initech");
    ck_assert_uint_eq(inquiry_count(w), 1);
}
END_TEST

START_TEST(a_name_of_dots_leaves_neither_the_folder_nor_the_path)
{
    INQUIRY_SET(w->options.token_file, w->dir.text);
    peer_on(w->peer, .body = "[]");
    inquiry_ask(w, "..", "on-new-lead");
    inquiry_failed(w, "not a name");
    inquiry_ask(w, ".", "on-new-lead");
    inquiry_failed(w, "not a name");
    inquiry_ask(w, "acme", "..");
    inquiry_failed(w, "not a name");
    inquiry_ask(w, "a/b", "on-new-lead");
    inquiry_failed(w, "not a name");
    ck_assert_uint_eq(inquiry_count(w), 0);
}
END_TEST

START_TEST(a_missing_token_file_is_named_and_nothing_is_sent)
{
    INQUIRY_SET(w->options.token_file, temp_join(&w->dir, "nowhere").text);
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "/nowhere");
    ck_assert_uint_eq(inquiry_count(w), 0);
}
END_TEST

START_TEST(a_refused_token_is_blamed_on_its_file_and_not_shown)
{
    INQUIRY_SET(w->options.token_file,
                temp_write(&w->dir, "token", "tok-abc123").text);
    peer_on(w->peer, .status = 403, .body = "{\"message\":\"tok-abc123\"}");
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "403: token missing or insufficient");
    inquiry_failed(w, "/token");
    ck_assert_ptr_null(strstr(w->finding.why.text, "tok-abc123"));
    peer_on(w->peer, .status = 401);
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "401: token missing or insufficient");
}
END_TEST

START_TEST(an_unknown_container_has_no_extension)
{
    inquiry_ask(w, "acme", "on-new-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_NONE);
    ck_assert_uint_eq(inquiry_count(w), 1);
}
END_TEST

static char full_page[16 << 10];

/* The first page is full, the second one holds the match; a third is 404. */
static void page(void *arg, const struct peer_request *r,
                 struct peer_rule *answer)
{
    (void)arg;
    if (strstr(r->query, "offset=0&"))
        answer->body = full_page;
    else if (strstr(r->query, "offset=100&"))
        answer->body = "[" INQUIRY_ITEM("z") "]";
    else
        answer->status = 404;
}

static void fill_page(unsigned first)
{
    size_t len = 0;

    for (unsigned i = 0; i < 100; i++)
        len +=
            (size_t)snprintf(full_page + len, sizeof full_page - len,
                             "%c{\"name\":\"w%u\"}", i ? ',' : '[', first + i);
    snprintf(full_page + len, sizeof full_page - len, "]");
}

START_TEST(pages_are_asked_for_until_one_is_short)
{
    fill_page(0);
    peer_on(w->peer, .script = page);
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_found(w, "https://ext.example/z", "s3cr3t");
    ck_assert_uint_eq(inquiry_count(w), 2);
}
END_TEST

/* Every page is full of names that were never seen. */
static void endless_page(void *arg, const struct peer_request *r,
                         struct peer_rule *answer)
{
    const char *offset = strstr(r->query, "offset=");

    (void)arg;
    fill_page((unsigned)strtoul(offset + strlen("offset="), NULL, 10));
    answer->body = full_page;
}

START_TEST(a_list_without_end_is_given_up)
{
    peer_on(w->peer, .script = endless_page);
    inquiry_ask(w, "acme", "on-new-lead");
    inquiry_failed(w, "more than 5000 webtasks");
    ck_assert_uint_eq(inquiry_count(w), 50);
}
END_TEST

START_TEST(the_timeout_covers_all_pages_together)
{
    w->options.timeout_ms = 300;
    peer_on(w->peer, .script = endless_page, .delay_ms = 40);
    inquiry_ask(w, "acme", "on-new-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_FAILED);
    ck_assert_uint_lt(inquiry_count(w), 50);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live.discovery");
    TCase *tests = tcase_create("discovery");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_inquiry, close_inquiry);
    tcase_add_test(tests, a_webtask_is_asked_for_as_the_platform_expects);
    tcase_add_test(tests, another_metadata_key_is_encoded);
    tcase_add_test(tests, the_token_is_read_for_each_question);
    tcase_add_test(tests, a_folder_of_tokens_has_one_for_each_container);
    tcase_add_test(tests,
                   a_name_of_dots_leaves_neither_the_folder_nor_the_path);
    tcase_add_test(tests, a_missing_token_file_is_named_and_nothing_is_sent);
    tcase_add_test(tests, a_refused_token_is_blamed_on_its_file_and_not_shown);
    tcase_add_test(tests, an_unknown_container_has_no_extension);
    tcase_add_test(tests, pages_are_asked_for_until_one_is_short);
    tcase_add_test(tests, a_list_without_end_is_given_up);
    tcase_add_test(tests, the_timeout_covers_all_pages_together);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
