/* The HTTP client: how requests end, from the address to the last byte. */
#include "support/main.h"
#include "support/web_case.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static char large[256 << 10];

static void open_all(void)
{
    open_web();
    memset(large, 'x', sizeof large - 1);
}

static const struct attempt *ask(void)
{
    return web_ask(&w, &x, peer_url(peer, "/a").text);
}

#define HEAD "HTTP/1.1 200 OK\r\n"

/* "hello". */
#define DEFLATED "\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15"

/* What the peer does, and what it is called. */
static const struct {
    struct peer_rule rule;
    enum attempt_end end;
    int status;
    const char *body;
    bool cut;
} ends[] = {
    {{.status = 200, .body = "b"}, ATTEMPT_ANSWERED, 200, "b", false},
    {{.status = 204}, ATTEMPT_ANSWERED, 204, "", false},
    {{.status = 302, .headers = "Location: /b\r\n"},
     ATTEMPT_ANSWERED,
     302,
     "",
     false},
    {{.status = 404, .body = "no"}, ATTEMPT_ANSWERED, 404, "no", false},
    {{.status = 503}, ATTEMPT_ANSWERED, 503, "", false},
    {{.status = 599}, ATTEMPT_ANSWERED, 599, "", false},
    {{.act = PEER_RESET}, ATTEMPT_RESET, 0, "", true},
    {{.act = PEER_RAW, .body = "x", .body_len = 0, .close = true},
     ATTEMPT_GARBLED,
     0,
     "",
     true},
    {{.act = PEER_RAW, .body = "SSH-2.0-OpenSSH_9.2\r\n"},
     ATTEMPT_GARBLED,
     0,
     "",
     true},
    {{.act = PEER_RAW, .body = "HTTP/1.1 abc\r\n\r\n"},
     ATTEMPT_GARBLED,
     0,
     "",
     true},
    {{.act = PEER_RAW, .body = "\r\n\r\n"}, ATTEMPT_GARBLED, 0, "", true},
    /* A status line decides; what breaks off behind it is evidence. */
    {{.act = PEER_RESET_IN_HEAD}, ATTEMPT_ANSWERED, 200, "", true},
    {{.act = PEER_RESET_IN_BODY, .body = "12345678"},
     ATTEMPT_ANSWERED,
     200,
     "1234",
     true},
    {{.act = PEER_CUT_IN_BODY, .body = "12345678"},
     ATTEMPT_ANSWERED,
     200,
     "1234",
     true},
    {{.act = PEER_RAW, .body = HEAD "\r\nuntil the end"},
     ATTEMPT_ANSWERED,
     200,
     "until the end",
     false},
    {{.act = PEER_RAW,
      .body = HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc"
                   "\r\n0\r\n\r\n"},
     ATTEMPT_ANSWERED,
     200,
     "abc",
     false},
    {{.act = PEER_RAW, .body = HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
     ATTEMPT_ANSWERED,
     200,
     "",
     true},
    {{.act = PEER_RAW, .body = HEAD "Content-Encoding: gzip\r\n\r\n\x1f\x8b"},
     ATTEMPT_ANSWERED,
     200,
     "\x1f\x8b",
     false},
    /* Packed without having been asked: nothing is unpacked, or even read. */
    {{.act = PEER_RAW,
      .body = HEAD "Transfer-Encoding: deflate\r\n\r\n" DEFLATED},
     ATTEMPT_ANSWERED,
     200,
     "",
     true},
    {{.act = PEER_RAW,
      .body = HEAD "transfer-encoding: Chunked\r\n"
                   "Transfer-Encoding: deflate\r\n\r\n" DEFLATED},
     ATTEMPT_ANSWERED,
     200,
     "",
     true},
    {{.act = PEER_RAW,
      .body = "HTTP/1.1 103 Early\r\nTransfer-Encoding: deflate\r\n\r\n" HEAD
              "Transfer-Encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n"},
     ATTEMPT_ANSWERED,
     200,
     "a",
     false},
    {{.act = PEER_RAW, .body = "HTTP/1.1 100 Continue\r\n\r\n" HEAD "\r\nb"},
     ATTEMPT_ANSWERED,
     200,
     "b",
     false},
    {{.act = PEER_RAW, .body = "HTTP/1.1 103 Early\r\n\r\n"},
     ATTEMPT_RESET,
     0,
     "",
     true},
    {{.act = PEER_RAW, .body = "HTTP/1.0 201 Old\r\n\r\nb"},
     ATTEMPT_ANSWERED,
     201,
     "b",
     false},
};

START_TEST(each_end_has_its_name)
{
    const struct attempt *a;

    peer_add(peer, &ends[_i].rule);
    a = ask();
    ck_assert_int_eq(a->end, ends[_i].end);
    ck_assert_int_eq(a->status, ends[_i].status);
    ck_assert_msg(span_is(a->body, ends[_i].body), "%.*s", (int)a->body.len,
                  a->body.at);
    ck_assert_int_eq(a->body_cut, ends[_i].cut);
    ck_assert_msg((a->error[0] != '\0') == ends[_i].cut, "%s", a->error);
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), NULL), 1);
}
END_TEST

START_TEST(an_unreachable_peer_got_nothing)
{
    char url[64];
    const struct attempt *a;

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/", refused_port());
    a = web_ask(&w, &x, url);
    ck_assert_int_eq(a->end, ATTEMPT_UNREACHABLE);
    ck_assert_str_ne(a->error, "");
    ck_assert(!a->reused);
    a = web_ask(&w, &x, "http://no-such-host.invalid/");
    ck_assert_int_eq(a->end, ATTEMPT_UNREACHABLE);
    ck_assert_ptr_nonnull(strstr(a->error, "resolve"));
}
END_TEST

START_TEST(silence_after_the_request_is_a_timeout)
{
    const struct attempt *a;

    peer_on(peer, .act = PEER_HANG);
    x.request.total_ms = 100;
    a = ask();
    ck_assert_int_eq(a->end, ATTEMPT_TIMEOUT);
    ck_assert_int_eq(a->status, 0);
    ck_assert_int_ge(a->total_us, 99000);
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), NULL), 1);
}
END_TEST

START_TEST(a_dripping_body_ends_at_the_deadline)
{
    const struct attempt *a;

    peer_on(peer, .act = PEER_DRIP, .drip_ms = 10);
    x.request.total_ms = 200;
    a = ask();
    ck_assert_int_eq(a->end, ATTEMPT_ANSWERED);
    ck_assert_int_eq(a->status, 200);
    ck_assert(a->body_cut);
    ck_assert_ptr_nonnull(strstr(a->error, "timed out"));
}
END_TEST

/* A listener that accepts in the kernel only: nothing is ever answered. */
static int silent_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(listen(fd, 5), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    return ntohs(at.sin_port);
}

START_TEST(a_handshake_that_hangs_has_sent_nothing)
{
    char url[64];

    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d/", silent_port());
    x.request.connect_ms = 100;
    ck_assert_int_eq(web_ask(&w, &x, url)->end, ATTEMPT_UNREACHABLE);
    x.request.connect_ms = WEB_LIMIT_MS;
    x.request.total_ms = 100;
    ck_assert_int_eq(web_ask(&w, &x, url)->end, ATTEMPT_UNREACHABLE);
}
END_TEST

START_TEST(only_the_first_bytes_of_a_body_are_kept)
{
    const struct attempt *a;

    peer_on(peer, .body = "0123456789");
    x.request.keep_bytes = 4;
    a = ask();
    ck_assert(span_is(a->body, "0123"));
    ck_assert(a->body_cut);
    ck_assert_str_eq(a->error, "");
    x.request.keep_bytes = 10;
    a = ask();
    ck_assert(span_is(a->body, "0123456789"));
    ck_assert(!a->body_cut);
    ck_assert(a->reused);
}
END_TEST

static const struct peer_rule too_long[] = {
    {.body = large, .body_len = sizeof large},
    {.act = PEER_ENDLESS},
};

START_TEST(reading_stops_at_the_cap)
{
    const struct attempt *a;

    peer_add(peer, &too_long[_i]);
    x.request.cap_bytes = 100000;
    a = ask();
    ck_assert_int_eq(a->end, ATTEMPT_ANSWERED);
    ck_assert_int_eq(a->status, 200);
    ck_assert(a->body_cut);
    ck_assert_uint_eq(a->body.len, WEB_BODY_MAX);
    ck_assert_str_eq(a->error, "the answer's body is too large");
    web_until(&w, peer_open_connections(peer) == 0, "the end");
}
END_TEST

START_TEST(a_body_of_just_the_cap_is_read)
{
    peer_on(peer, .body = large, .body_len = 1000);
    x.request.cap_bytes = 1000;
    ck_assert(!ask()->body_cut);
    x.request.cap_bytes = 999;
    ck_assert(ask()->body_cut);
}
END_TEST

/* An answer whose head has about that many bytes. */
static char *long_head(size_t bytes)
{
    static char text[400 << 10];
    size_t len = (size_t)snprintf(text, sizeof text, HEAD);

    while (len < bytes)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "X-Filler-%zu: %.990s\r\n", len, large);
    (void)snprintf(text + len, sizeof text - len, "\r\nbody");
    return text;
}

START_TEST(heads_are_bounded)
{
    const struct attempt *a;

    peer_on(peer, .act = PEER_RAW, .body = long_head(50 << 10));
    ck_assert_int_eq(ask()->end, ATTEMPT_ANSWERED);
    peer_on(peer, .act = PEER_RAW, .body = long_head(70 << 10));
    a = ask();
    ck_assert_int_eq(a->end, ATTEMPT_GARBLED);
    ck_assert_int_eq(a->status, 0);
    ck_assert_str_eq(a->error, "the answer's head is too large");
    peer_on(peer, .act = PEER_RAW, .body = long_head(390 << 10));
    ck_assert_int_eq(ask()->end, ATTEMPT_GARBLED);
}
END_TEST

START_TEST(a_line_of_a_head_is_bounded)
{
    static char text[210 << 10];

    (void)snprintf(text, sizeof text, HEAD "X: %.200000s\r\n\r\n", large);
    peer_on(peer, .act = PEER_RAW, .body = text);
    ck_assert_int_eq(ask()->end, ATTEMPT_GARBLED);
    ck_assert_int_eq(x.attempt.status, 0);
}
END_TEST

/* libcurl may take the line for the end of the last answer's head. */
START_TEST(a_head_that_begins_with_a_folded_line_is_its_own)
{
    static char head[1024];

    for (int i = 0; i < 30; i++) {
        (void)snprintf(head, sizeof head, HEAD "X-Long: %0*d\r\n\r\n",
                       1 + 20 * i, 0);
        peer_on(peer, .act = PEER_RAW, .body = head);
        ck_assert_int_eq(ask()->status, 200);
        peer_on(peer, .act = PEER_RAW,
                .body = HEAD " X-Folded: more than what it follows\r\n\r\n");
        ck_assert_int_ge(ask()->end, ATTEMPT_GARBLED);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http_end");
    TCase *t = tcase_create("link.http_end");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_web);
    tcase_add_loop_test(t, each_end_has_its_name, 0, ROWS(ends));
    tcase_add_test(t, an_unreachable_peer_got_nothing);
    tcase_add_test(t, silence_after_the_request_is_a_timeout);
    tcase_add_test(t, a_dripping_body_ends_at_the_deadline);
    tcase_add_test(t, a_handshake_that_hangs_has_sent_nothing);
    tcase_add_test(t, only_the_first_bytes_of_a_body_are_kept);
    tcase_add_loop_test(t, reading_stops_at_the_cap, 0, ROWS(too_long));
    tcase_add_test(t, a_body_of_just_the_cap_is_read);
    tcase_add_test(t, heads_are_bounded);
    tcase_add_test(t, a_line_of_a_head_is_bounded);
    tcase_add_test(t, a_head_that_begins_with_a_folded_line_is_its_own);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
