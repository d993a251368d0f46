/* The HTTP client over HTTP/2, against a peer that writes frames by hand. */
#include "support/http2_case.h"
#include "support/main.h"
#include "support/port.h"
#include "support/process.h"

#include <stdio.h>

enum { FEW = 50 };

static struct exchange x;

/* The hand-written one. */
static void play(const char *act)
{
    server = http2_peer_start(&dir, act, url, sizeof url);
}

static unsigned printed(const char *word)
{
    return http2_peer_count(server, word);
}

static const struct attempt *ask(void)
{
    unsigned before = x.done;

    send_one(&x);
    web_until(&w, x.done > before, "the end of the request");
    return &x.attempt;
}

START_TEST(requests_share_a_connection)
{
    play("answer");
    ask();
    send_many(FEW);
    web_until(&w, w.done == FEW + 1, "all answers");
    expect_answers(FEW);
    ck_assert_uint_eq(printed("connection"), 1);
    ck_assert_uint_eq(printed("request"), FEW + 1);
    ck_assert_uint_eq(http_stats(w.http).opened, 1);
    ck_assert_uint_eq(http_stats(w.http).reused, FEW);
    ck_assert_uint_eq(http_stats(w.http).http2, FEW + 1);
}
END_TEST

START_TEST(those_that_come_together_wait_for_the_first_one_s_connection)
{
    play("answer");
    send_many(FEW);
    web_until(&w, w.done == FEW, "all answers");
    expect_answers(FEW);
    ck_assert_uint_eq(printed("connection"), 1);
}
END_TEST

START_TEST(http_1_1_is_asked_for_unless_told_otherwise)
{
    play("answer");
    ck_assert_int_eq(web_send(&w, &x, url), ERR_OK);
    web_until(&w, x.done == 1, "the end");
    ck_assert_uint_eq(printed("request"), 0);
    ck_assert_uint_eq(http_stats(w.http).http2, 0);
}
END_TEST

START_TEST(one_stream_that_hangs_delays_no_other_and_ends_alone)
{
    play("second-hangs");
    ask();
    x.request.total_ms = 300;
    send_one(&x);
    web_until(&w, printed("request") == 2, "the one that hangs");
    send_many(FEW);
    web_until(&w, w.done == FEW + 2, "all ends");
    expect_answers(FEW);
    ck_assert_int_eq(x.attempt.end, ATTEMPT_TIMEOUT);
    send_many(1);
    web_until(&w, w.done == FEW + 3, "one more");
    expect_answers(1);
    web_until(&w, printed("reset 1 3\n") == 1, "its stream to be given up");
    ck_assert_uint_eq(printed("connection"), 1);
}
END_TEST

/* More than fit one connection; the first one is there, or not yet. */
START_TEST(all_are_sent_however_many_hang)
{
    play("hang");
    if (_i == 1) {
        send_one(&x);
        web_until(&w, printed("request") == 1, "the first one");
    }
    send_many(MANY / 2);
    web_until(&w, printed("request") == (unsigned)(MANY / 2 + _i),
              "all requests");
    ck_assert_uint_le(printed("connection"), 8);
}
END_TEST

/* For a stream, or for what the first one's connection will speak. */
static const struct {
    const char *act, *seen;
    unsigned others;
    int64_t connect_ms, total_ms;
} queues[] = {
    {"one-hangs", "agreed", 8, WEB_LIMIT_MS, 300},
    {"one-hangs", "agreed", 8, 300, WEB_LIMIT_MS},
    {"silent", "connection", 1, WEB_LIMIT_MS, 300},
    {"silent", "connection", 1, 300, WEB_LIMIT_MS},
};

START_TEST(those_that_wait_have_deadlines_of_their_own)
{
    play(queues[_i].act);
    for (unsigned i = 0; i < queues[_i].others; i++) {
        send_one(&more[i]);
        web_until(&w, printed(queues[_i].seen) == i + 1, "the others");
    }
    x.request.connect_ms = queues[_i].connect_ms;
    x.request.total_ms = queues[_i].total_ms;
    ask();
    ck_assert_uint_eq(w.done, 1);
    ck_assert_int_eq(x.attempt.end, ATTEMPT_UNREACHABLE);
    ck_assert_str_eq(x.attempt.error, "no connection in time");
    ck_assert_uint_eq(printed(queues[_i].seen), queues[_i].others);
}
END_TEST

START_TEST(each_stream_has_its_own_deadline)
{
    play("first-answers");
    ask();
    for (int i = 0; i < 10; i++)
        more[i].request.total_ms = i % 2 ? 300 : WEB_LIMIT_MS;
    send_many(10);
    web_until(&w, w.done == 6, "those in a hurry");
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq((int)more[i].done, i % 2);
    ck_assert_int_eq(more[1].attempt.end, ATTEMPT_TIMEOUT);
    http_cancel(more[0].ticket);
    ck_assert_int_eq(more[0].attempt.end, ATTEMPT_RESET);
    ck_assert_uint_eq(http_busy(w.http), 4);
}
END_TEST

START_TEST(a_body_over_its_cap_ends_its_stream_alone)
{
    play("first-floods");
    send_one(&x);
    web_until(&w, printed("request") == 1, "the flood");
    send_many(FEW);
    web_until(&w, w.done == FEW + 1, "all ends");
    expect_answers(FEW);
    ck_assert_int_eq(x.attempt.end, ATTEMPT_ANSWERED);
    ck_assert(x.attempt.body_cut);
    ck_assert_str_eq(x.attempt.error, "the answer's body is too large");
    ck_assert_uint_eq(printed("connection"), 1);
}
END_TEST

/* What hangs keeps its connection in use, which nothing else may be then. */
START_TEST(a_connection_in_use_gets_no_request_when_it_is_old)
{
    http_close(&w.http);
    w.options.life_ms = 200;
    web_start(&w);
    play("first-hangs");
    send_one(&x);
    web_until(&w, printed("request") == 1, "the one that hangs");
    for (unsigned i = 0; printed("connection") == 1 && x.done == 0; i++) {
        send_many(1);
        web_until(&w, more[0].done > i, "an answer");
    }
    ck_assert_uint_eq(x.done, 0);
    ck_assert_uint_eq(printed("end"), 0);
    http_cancel(x.ticket);
    web_until(&w, printed("end 1\n") == 1, "the old connection's end");
}
END_TEST

/* What GOAWAY leaves unprocessed was not taken, and goes elsewhere. */
START_TEST(goaway_loses_nothing_and_sends_nothing_twice)
{
    play("goaway");
    send_many(FEW);
    web_until(&w, w.done == FEW, "all answers");
    expect_answers(FEW);
    ck_assert_uint_eq(printed("request"), FEW);
    ck_assert_uint_ge(printed("connection"), FEW / 20);
}
END_TEST

START_TEST(a_refused_stream_is_asked_for_again)
{
    play("refuse-first");
    send_many(3);
    web_until(&w, w.done == 3, "all answers");
    expect_answers(3);
    ck_assert_uint_eq(printed("request"), 3);
}
END_TEST

/* How a request ends that meets the act: with libcurl 7.88; and with 8.14, told
 * of a head before all of it is there, which waits at times for a deadline. */
static const struct {
    const char *act;
    enum attempt_end ends[2];
    bool cut;
} ends[] = {
    {"refuse", {ATTEMPT_RESET, ATTEMPT_RESET}, true},
    {"break-off", {ATTEMPT_RESET, ATTEMPT_RESET}, true},
    {"cut", {ATTEMPT_RESET, ATTEMPT_RESET}, true},
    {"garble", {ATTEMPT_RESET, ATTEMPT_TIMEOUT}, true},
    {"pings", {ATTEMPT_RESET, ATTEMPT_RESET}, true},
    {"settings", {ATTEMPT_RESET, ATTEMPT_RESET}, true},
    {"unknown", {ATTEMPT_RESET, ATTEMPT_RESET}, true},
    {"continuations", {ATTEMPT_RESET, ATTEMPT_ANSWERED}, true},
    {"bomb", {ATTEMPT_RESET, ATTEMPT_GARBLED}, true},
    {"empty-data", {ATTEMPT_ANSWERED, ATTEMPT_ANSWERED}, true},
    {"push", {ATTEMPT_RESET, ATTEMPT_RESET}, true},
    {"interim", {ATTEMPT_ANSWERED, ATTEMPT_ANSWERED}, false},
    {"one-stream", {ATTEMPT_ANSWERED, ATTEMPT_ANSWERED}, false},
};

START_TEST(what_a_peer_does_wrong_ends_the_request)
{
    const struct attempt *a;

    play(ends[_i].act);
    a = ask();
    ck_assert_msg(a->end == ends[_i].ends[0] || a->end == ends[_i].ends[1],
                  "%s: %d %s", ends[_i].act, a->end, a->error);
    ck_assert_int_eq(a->status, a->end == ATTEMPT_ANSWERED ? 200 : 0);
    ck_assert_msg(a->body_cut == ends[_i].cut, "%s: %s", ends[_i].act,
                  a->error);
}
END_TEST

/* The others: their deadline ends them, on a slow machine before there is a
 * connection. */
static const char *const stalls[] = {"no-streams", "no-window"};

START_TEST(a_peer_that_lets_nothing_through_meets_the_deadline)
{
    play(stalls[_i]);
    x.request.method = "POST";
    x.request.content_type = "text/plain";
    x.request.body = span_of("hello");
    x.request.total_ms = 300;
    ask();
    ck_assert_msg(
        x.attempt.end == ATTEMPT_TIMEOUT ||
            (x.attempt.end == ATTEMPT_UNREACHABLE && printed("request") == 0),
        "%d %s", x.attempt.end, x.attempt.error);
}
END_TEST

START_TEST(one_stream_at_a_time_is_enough)
{
    play("one-stream");
    send_many(FEW);
    web_until(&w, w.done == FEW, "all answers");
    expect_answers(FEW);
}
END_TEST

START_TEST(a_dead_server_costs_each_its_own_time_to_connect)
{
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d/", port_full());
    for (int i = 0; i < FEW; i++)
        more[i].request.connect_ms = 300;
    send_many(FEW);
    web_until(&w, w.done == FEW, "all ends");
    for (int i = 0; i < FEW; i++)
        ck_assert_int_eq(more[i].attempt.end, ATTEMPT_UNREACHABLE);
}
END_TEST

/* They did not wait for each other's connection. */
START_TEST(a_server_without_http2_gets_http_1_1)
{
    play("http1");
    for (int round = 1; round <= 2; round++) {
        send_many(FEW);
        web_until(&w, w.done == (unsigned)round * FEW, "all answers");
        expect_answers(FEW);
    }
    ck_assert_uint_eq(http_stats(w.http).http2, 0);
    ck_assert_uint_eq(printed("request"), 2 * FEW);
    ck_assert_uint_ge(printed("connection"), FEW / 2);
    ck_assert_uint_le(printed("connection"), FEW + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http2");
    TCase *t = tcase_create("link.http2");

    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, make_certificates, NULL);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, requests_share_a_connection);
    tcase_add_test(
        t, those_that_come_together_wait_for_the_first_one_s_connection);
    tcase_add_test(t, http_1_1_is_asked_for_unless_told_otherwise);
    tcase_add_test(t, one_stream_that_hangs_delays_no_other_and_ends_alone);
    tcase_add_loop_test(t, all_are_sent_however_many_hang, 0, 2);
    tcase_add_loop_test(t, those_that_wait_have_deadlines_of_their_own, 0,
                        ROWS(queues));
    tcase_add_test(t, each_stream_has_its_own_deadline);
    tcase_add_test(t, a_body_over_its_cap_ends_its_stream_alone);
    tcase_add_test(t, a_connection_in_use_gets_no_request_when_it_is_old);
    tcase_add_test(t, goaway_loses_nothing_and_sends_nothing_twice);
    tcase_add_test(t, a_refused_stream_is_asked_for_again);
    tcase_add_loop_test(t, what_a_peer_does_wrong_ends_the_request, 0,
                        ROWS(ends));
    tcase_add_loop_test(t, a_peer_that_lets_nothing_through_meets_the_deadline,
                        0, ROWS(stalls));
    tcase_add_test(t, one_stream_at_a_time_is_enough);
    tcase_add_test(t, a_dead_server_costs_each_its_own_time_to_connect);
    tcase_add_test(t, a_server_without_http2_gets_http_1_1);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
