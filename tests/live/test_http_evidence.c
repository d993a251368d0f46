/* What is kept of an answer's head for the platform's support, and what of a
 * hostile one. */
#include "base/utf8.h"
#include "support/main.h"
#include "support/web_case.h"

#include <stdio.h>
#include <stdlib.h>

#define SECRET "wHs3cr3t/+=tail"
#define STARS  "***************"
#define STATS  "{\"proxy_host\":\"10.0.0.1\",\"req_id\":\"1511.2\"}"
#define HEAD   "HTTP/1.1 200 OK\r\n"
/* 59 bytes. */
#define FILL  "12345678901234567890123456789012345678901234567890123456789"
#define EMPTY "Content-Length: 0\r\n\r\n"

/* What came of this answer, byte for byte. */
static const struct attempt *answer_to(const char *bearer, const char *answer)
{
    memset(&x, 0, sizeof x);
    x.bearer = bearer;
    peer_on(peer, .path = "/", .act = PEER_RAW, .body = answer);
    (void)web_ask(&w, &x, peer_url(peer, "/").text);
    return &x.attempt;
}

static const struct {
    const char *answer, *headers;
} rows[] = {
    {HEAD EMPTY, ""},
    {HEAD "x-auth0-proxy-stats: " STATS "\r\n" EMPTY,
     "x-auth0-proxy-stats=" STATS},
    {HEAD "X-Auth0-Stats: a\r\ns-auth0-stats: b\r\n" EMPTY,
     "X-Auth0-Stats=a; s-auth0-stats=b"},
    {HEAD "x-wt-response-source: webtask\r\nX-Request-Id: 7\r\n"
          "request-id:8\r\n" EMPTY,
     "x-wt-response-source=webtask; X-Request-Id=7; request-id=8"},
    /* Others, and names that only begin or end like these. */
    {HEAD "Set-Cookie: a=b\r\nx-auth0: 1\r\nx-auth0-: 1\r\nx-request-ids: 1\r\n"
          "my-x-auth0-a: 1\r\nx-wt-: 1\r\nServer: x-auth0-a=1\r\n" EMPTY,
     ""},
    {HEAD "x-wt-a:\r\nx-wt-b:   \t \r\nx-wt-c: \t1 2 \r\n" EMPTY, "x-wt-c=1 2"},
    /* What no terminal and no reader of lines may be given. */
    {HEAD "x-wt-a: \x1b[2J\x1b]0;owned\x07\r\n" EMPTY, "x-wt-a= [2J ]0;owned "},
    {HEAD "x-wt-a: \x01\x02\x7f\xc2\x9b"
          "31m\r\n" EMPTY,
     "x-wt-a=    31m"},
    {HEAD "x-wt-a: \xff\xfe\xc0\xaf\xed\xa0\x80\r\n" EMPTY, "x-wt-a=???????"},
    {HEAD "x-wt-\x1b[1m: v\r\n" EMPTY, "x-wt- [1m=v"},
    {HEAD "x-wt-a: gr\xc3\xbc\xc3\x9f\r\n" EMPTY, "x-wt-a=gr\xc3\xbc\xc3\x9f"},
    /* The bearer, in a value and in a name. */
    {HEAD "x-auth0-echo: Bearer " SECRET "!\r\n" EMPTY,
     "x-auth0-echo=Bearer " STARS "!"},
    {HEAD "x-auth0-" SECRET ": v\r\n" EMPTY, "x-auth0-" STARS "=v"},
    /* A name is cut within it. */
    {HEAD "x-auth0-" FILL FILL FILL FILL SECRET ": v\r\n" EMPTY,
     "x-auth0-" FILL FILL FILL FILL "************=v"},
    /* A head of its own, before the answer's and behind its body. */
    {"HTTP/1.1 103 Early\r\nx-wt-a: 1\r\nx-wt-response-source: "
     "proxy\r\n\r\n" HEAD "x-wt-b: 2\r\n" EMPTY,
     "x-wt-b=2"},
    {HEAD "x-wt-a: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n.\r\n0\r\n"
          "x-wt-b: 2\r\n\r\n",
     "x-wt-a=1"},
    {HEAD "x-wt-a: 1\r\nHTTP/1.1 500 No: 1\r\nx-wt-b: 2\r\n" EMPTY,
     "x-wt-a=1; x-wt-b=2"},
};

START_TEST(a_head_leaves_what_support_asks_for)
{
    const struct attempt *a = answer_to(SECRET, rows[_i].answer);

    ck_assert_int_eq(a->end, ATTEMPT_ANSWERED);
    ck_assert_str_eq(a->headers, rows[_i].headers);
}
END_TEST

/* Who wrote the body wrote the trailers: nothing there says who answered. */
START_TEST(neither_trailers_nor_odd_lines_say_who_answered)
{
    const struct attempt *a = answer_to(
        NULL, "HTTP/1.1 429 No\r\nx-wt-response-source: webtask\r\n"
              "HTTP/1.1 200 OK: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
              "x-wt-response-source: proxy\r\nretry-after: 99\r\n\r\n");

    ck_assert_int_eq(a->status, 429);
    ck_assert_str_eq(a->source, "webtask");
    ck_assert_int_eq(a->retry_after_ms, 0);
}
END_TEST

START_TEST(what_an_interim_answer_says_is_not_the_answer_s)
{
    const struct attempt *a =
        answer_to(NULL, "HTTP/1.1 103 Early\r\nx-wt-response-source: proxy\r\n"
                        "retry-after: 99\r\n\r\nHTTP/1.1 503 No\r\n" EMPTY);

    ck_assert_int_eq(a->status, 503);
    ck_assert_str_eq(a->source, "");
    ck_assert_int_eq(a->retry_after_ms, 0);
}
END_TEST

/* Each of so many, so long: the first that fit are kept, whole UTF-8. */
static const struct attempt *answer_with(unsigned count, unsigned len)
{
    static char text[300000];
    size_t at = (size_t)snprintf(text, sizeof text, HEAD);

    for (unsigned n = 0; n < count; n++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "x-wt-%u: ", n);
        for (unsigned i = 0; i < len; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "\xc3\xbc");
        at += (size_t)snprintf(text + at, sizeof text - at, "\r\n");
    }
    (void)snprintf(text + at, sizeof text - at, EMPTY);
    return answer_to(NULL, text);
}

static const unsigned sizes[][2] = {{1000, 1},  {1000, 10}, {3, 400}, {2, 5000},
                                    {1, 20000}, {5, 253},   {9, 100}};

START_TEST(what_is_kept_is_bounded_however_much_comes)
{
    const struct attempt *a = answer_with(sizes[_i][0], sizes[_i][1]);
    size_t len = strlen(a->headers), one;

    ck_assert_int_eq(a->end, ATTEMPT_ANSWERED);
    ck_assert_uint_gt(len, 0);
    ck_assert_uint_lt(len, ATTEMPT_HEADERS_MAX);
    ck_assert_ptr_eq(strstr(a->headers, "x-wt-0="), a->headers);
    for (size_t i = 0; i < len; i += one) {
        one = utf8_len(a->headers + i, len - i);
        ck_assert_uint_gt(one, 0);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("link.http_evidence");
    TCase *t = tcase_create("http_evidence");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_web, close_web);
    tcase_add_loop_test(t, a_head_leaves_what_support_asks_for, 0, ROWS(rows));
    tcase_add_test(t, neither_trailers_nor_odd_lines_say_who_answered);
    tcase_add_test(t, what_an_interim_answer_says_is_not_the_answer_s);
    tcase_add_loop_test(t, what_is_kept_is_bounded_however_much_comes, 0,
                        ROWS(sizes));
    return run_suite(s);
}
