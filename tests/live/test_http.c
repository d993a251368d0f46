/* The HTTP client: what it sends. */
#include "support/main.h"
#include "support/web_case.h"

#include <stdio.h>

static void open_all(void)
{
    open_web();
    peer_on(peer, .path = "/a", .body = "hello");
}

static const struct peer_request *sent(size_t i)
{
    return ledger_at(peer_ledger(peer), "/a", i);
}

START_TEST(an_answer_is_measured)
{
    const struct attempt *a = web_ask(&w, &x, peer_url(peer, "/a").text);

    ck_assert_int_eq(a->end, ATTEMPT_ANSWERED);
    ck_assert_int_eq(a->status, 200);
    ck_assert(span_is(a->body, "hello"));
    ck_assert(!a->body_cut);
    ck_assert(!a->reused);
    ck_assert_str_eq(a->error, "");
    ck_assert_str_eq(a->source, "");
    ck_assert_int_eq(a->retry_after_ms, 0);
    ck_assert_int_gt(a->total_us, 0);
    ck_assert_int_gt(a->ttfb_us, 0);
    ck_assert_int_ge(a->total_us, a->connect_us + a->ttfb_us);
    ck_assert_int_eq(a->tls_us, 0);
}
END_TEST

START_TEST(headers_of_the_answer_are_read_in_any_case)
{
    peer_on(peer, .path = "/a", .status = 503,
            .headers = "RETRY-after:\t 7 \r\n"
                       "X-WT-Response-Source:  WebTask-Proxy \r\n");
    web_ask(&w, &x, peer_url(peer, "/a").text);
    ck_assert_int_eq(x.attempt.retry_after_ms, 7000);
    ck_assert_str_eq(x.attempt.source, "webtask-proxy");
    peer_on(peer, .path = "/a", .headers = "Retry-After-Not: 7\r\nX-Wt: a\r\n");
    web_ask(&w, &x, peer_url(peer, "/a").text);
    ck_assert_int_eq(x.attempt.retry_after_ms, 0);
    ck_assert_str_eq(x.attempt.source, "");
}
END_TEST

/* Methods and bodies, and what the peer must see of them. */
static const struct {
    const char *method, *content_type;
    struct span body;
    const char *length; /* the Content-Length sent; NULL = none */
} requests[] = {
    {"POST", "application/json", BYTES("{\"a\":1}"), "7"},
    {"POST", "application/json", BYTES(""), "0"},
    {"POST", "application/json", {NULL, 0}, "0"},
    {"POST", "application/octet-stream", BYTES("a\0b\0\r\n\0"), "7"},
    {"POST", NULL, BYTES(""), NULL},
    {"PUT", "text/plain", BYTES("x"), "1"},
    {"PATCH", "text/plain", BYTES("x"), "1"},
    {"DELETE", "text/plain", BYTES("x"), "1"},
    {"GET", "text/plain", BYTES("x"), "1"},
    {"GET", NULL, BYTES(""), NULL},
    {"DELETE", NULL, BYTES(""), NULL},
};

static void header_is(const struct peer_request *r, const char *name,
                      const char *want)
{
    const char *value = request_header(r, name);

    if (!want)
        ck_assert_msg(!value, "%s: %s", name, value);
    else
        ck_assert_msg(value && strcmp(value, want) == 0, "%s: %s", name,
                      value ? value : "(none)");
}

START_TEST(methods_and_bodies_arrive_as_they_are)
{
    const struct peer_request *r;

    x.request.method = requests[_i].method;
    x.request.content_type = requests[_i].content_type;
    x.request.body = requests[_i].body;
    web_ask(&w, &x, peer_url(peer, "/a?q=%20").text);
    ck_assert_int_eq(x.attempt.status, 200);
    r = sent(0);
    ck_assert_str_eq(r->method, requests[_i].method);
    ck_assert_str_eq(r->target, "/a?q=%20");
    header_is(r, "content-length", requests[_i].length);
    header_is(r, "content-type", requests[_i].content_type);
    header_is(r, "user-agent", "extq/test");
    header_is(r, "expect", NULL);
    header_is(r, "authorization", NULL);
    header_is(r, "accept-encoding", NULL);
    header_is(r, "transfer-encoding", NULL);
    ck_assert_uint_eq(r->body.len, requests[_i].body.len);
    if (r->body.len > 0)
        ck_assert_int_eq(memcmp(r->body.at, requests[_i].body.at, r->body.len),
                         0);
}
END_TEST

START_TEST(tickets_used_again_keep_nothing_of_the_last_request)
{
    for (int i = 0; i < 2 * ROWS(requests); i++) {
        const struct peer_request *r;
        int row = i * 7 % ROWS(requests);

        x.request = (struct http_request){
            .method = requests[row].method,
            .content_type = requests[row].content_type,
            .body = requests[row].body,
        };
        web_ask(&w, &x, peer_url(peer, "/a").text);
        r = sent((size_t)i);
        ck_assert_str_eq(r->method, requests[row].method);
        header_is(r, "content-type", requests[row].content_type);
        header_is(r, "content-length", requests[row].length);
        ck_assert_uint_eq(r->body.len, requests[row].body.len);
    }
}
END_TEST

START_TEST(a_large_body_is_sent_whole_and_without_asking)
{
    static char large[3 << 20];

    memset(large, 'x', sizeof large);
    x.request.method = "POST";
    x.request.content_type = "text/plain";
    x.request.body = (struct span){large, sizeof large};
    web_ask(&w, &x, peer_url(peer, "/a").text);
    ck_assert_int_eq(x.attempt.status, 200);
    ck_assert_uint_eq(sent(0)->body.len, sizeof large);
    header_is(sent(0), "expect", NULL);
}
END_TEST

START_TEST(headers_and_bearer_are_sent)
{
    static const char *const lines[] = {"webhook-id: evt_1", "x-empty;", NULL};
    struct http_target *target;
    struct why why;

    x.request.headers = lines;
    x.request.accept = "application/json";
    web_ask(&w, &x, peer_url(peer, "/a").text);
    header_is(sent(0), "webhook-id", "evt_1");
    header_is(sent(0), "accept", "application/json");
    ck_assert_int_eq(http_target_open(&w.options, peer_url(peer, "/a").text,
                                      "s3cret", &target, &why),
                     ERR_OK);
    x.request.target = target;
    ck_assert_int_eq(http_send(w.http, &x.request, &x.ticket), ERR_OK);
    http_target_close(&target);
    web_until(&w, x.done == 2, "the answer");
    header_is(sent(1), "authorization", "Bearer s3cret");
    web_ask(&w, &x, peer_url(peer, "/a").text);
    header_is(sent(2), "authorization", NULL);
}
END_TEST

/* In whatever order, and whether libcurl has such a line of its own or not. */
START_TEST(every_header_is_sent_once)
{
    static const char *const lines[] = {
        "extq-first: 1",      "Accept-Encoding: br", "x-empty;",
        "tea: black",         "User-Agent: mine",    "Content-Language: it",
        "x-colons: a:b; c:d", "HOST: other.test",    "webhook-id: evt_1",
        "x-removed:",         "x-last: a;",          NULL};
    static const struct peer_header want[] = {
        {"Authorization", "Bearer s3cret"},
        {"Content-Type", "text/plain; charset=utf-8"},
        {"Content-Length", "3"},
        {"Accept", "text/html"},
        {"extq-first", "1"},
        {"Accept-Encoding", "br"},
        {"x-empty", ""},
        {"tea", "black"},
        {"User-Agent", "mine"},
        {"Content-Language", "it"},
        {"x-colons", "a:b; c:d"},
        {"Host", "other.test"},
        {"webhook-id", "evt_1"},
        {"x-last", "a;"},
    };
    const struct peer_request *r;

    x.bearer = "s3cret";
    x.request.method = "POST";
    x.request.content_type = "text/plain; charset=utf-8";
    x.request.accept = "text/html";
    x.request.body = span_of("abc");
    x.request.headers = lines;
    web_ask(&w, &x, peer_url(peer, "/a").text);
    ck_assert_int_eq(x.attempt.status, 200);
    r = sent(0);
    ck_assert_uint_eq(r->header_count, ROWS(want));
    for (int i = 0; i < ROWS(want); i++)
        header_is(r, want[i].name, want[i].value);
}
END_TEST

static const char *const injections[] = {
    "x: a\r\ny: b", "x: a\nb", "x: a\rb",           "x: \x01",
    "x: \x7f",      "x: a\tb", "Cookie: a\r\ny: b",
};

START_TEST(headers_with_control_bytes_are_refused)
{
    const char *lines[] = {"ok: 1", injections[_i], NULL};

    x.request.headers = lines;
    ck_assert_int_eq(web_send(&w, &x, peer_url(peer, "/a").text), ERR_SYNTAX);
    x.request.headers = NULL;
    x.request.content_type = injections[_i];
    ck_assert_int_eq(web_send(&w, &x, peer_url(peer, "/a").text), ERR_SYNTAX);
    x.request.content_type = NULL;
    x.request.accept = injections[_i];
    ck_assert_int_eq(web_send(&w, &x, peer_url(peer, "/a").text), ERR_SYNTAX);
    ck_assert_uint_eq(http_busy(w.http), 0);
    x.request.accept = NULL;
    web_ask(&w, &x, peer_url(peer, "/a").text);
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), NULL), 1);
    ck_assert_uint_eq(x.done, 1);
}
END_TEST

START_TEST(a_header_that_does_not_fit_is_refused)
{
    static char type[200];

    memset(type, 'a', sizeof type - 1);
    x.request.content_type = type;
    ck_assert_int_eq(web_send(&w, &x, peer_url(peer, "/a").text), ERR_SYNTAX);
    x.request.content_type = NULL;
    x.request.accept = type;
    ck_assert_int_eq(web_send(&w, &x, peer_url(peer, "/a").text), ERR_SYNTAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http");
    TCase *t = tcase_create("link.http");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_web);
    tcase_add_test(t, an_answer_is_measured);
    tcase_add_test(t, headers_of_the_answer_are_read_in_any_case);
    tcase_add_loop_test(t, methods_and_bodies_arrive_as_they_are, 0,
                        ROWS(requests));
    tcase_add_test(t, tickets_used_again_keep_nothing_of_the_last_request);
    tcase_add_test(t, a_large_body_is_sent_whole_and_without_asking);
    tcase_add_test(t, headers_and_bearer_are_sent);
    tcase_add_test(t, every_header_is_sent_once);
    tcase_add_loop_test(t, headers_with_control_bytes_are_refused, 0,
                        ROWS(injections));
    tcase_add_test(t, a_header_that_does_not_fit_is_refused);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
