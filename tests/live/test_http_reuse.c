/* The HTTP client: how it uses connections. */
#include "support/main.h"
#include "support/web_case.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY = 1000, FEW = 50, CHAINS = 300, LONG = 1 << 18 };

static struct exchange more[MANY];

static void open_all(void)
{
    const struct rlimit files = {4 * MANY, 4 * MANY};

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    open_web();
    http_close(&w.http);
    w.options.max_connections = MANY;
    web_start(&w);
    peer_on(peer, .path = "/a", .body = "hello");
}

START_TEST(connections_are_used_again_and_counted)
{
    struct http_stats stats;

    for (int i = 0; i < 20; i++) {
        web_ask(&w, &x, peer_url(peer, "/a").text);
        ck_assert_int_eq(x.attempt.reused, i > 0);
        ck_assert_int_eq(x.attempt.dns_us + x.attempt.connect_us > 0, i == 0);
    }
    stats = http_stats(w.http);
    ck_assert_uint_eq(stats.opened, 1);
    ck_assert_uint_eq(stats.reused, 19);
    ck_assert_uint_eq(stats.handshakes, 0);
    ck_assert_uint_eq(peer_connections(peer), 1);
}
END_TEST

START_TEST(a_connection_that_the_peer_ends_is_not_used_again)
{
    peer_on(peer, .path = "/a", .close = _i == 0, .drop = _i == 1);
    for (int i = 0; i < 5; i++) {
        web_ask(&w, &x, peer_url(peer, "/a").text);
        ck_assert_int_eq(x.attempt.status, 200);
        web_until(&w, peer_open_connections(peer) == 0, "the end");
    }
    ck_assert_uint_eq(peer_connections(peer), 5);
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), NULL), 5);
}
END_TEST

/* To open a lane anew may cost far more than a connection. */
START_TEST(a_lane_stays_open_for_a_while_whatever_may_be_idle)
{
    http_close(&w.http);
    w.options.idle_ms = 0;
    web_start(&w);
    for (int i = 0; i < FEW; i++) {
        web_ask(&w, &x, peer_url(peer, "/a").text);
        for (int turns = 0; turns < 5; turns++)
            (void)web_step(&w);
    }
    ck_assert_uint_gt(http_stats(w.http).reused, 0);
}
END_TEST

static void ask_at_once(int count)
{
    unsigned before = w.done;

    for (int i = 0; i < count; i++)
        ck_assert_int_eq(web_send(&w, &more[i], peer_url(peer, "/a").text),
                         ERR_OK);
    ck_assert_uint_eq(http_busy(w.http), (unsigned)count);
    web_until(&w, w.done == before + (unsigned)count, "all answers");
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(more[i].attempt.status, 200);
        ck_assert(span_is(more[i].attempt.body, "hello"));
    }
}

/* All of them, but none that a request has. */
START_TEST(connections_that_nobody_uses_close)
{
    static struct exchange slow;

    peer_on(peer, .path = "/slow", .body = "late", .delay_ms = 2500);
    http_close(&w.http);
    w.options.idle_ms = 1000;
    web_start(&w);
    for (unsigned i = 1; i <= 2; i++) {
        ask_at_once(FEW);
        ck_assert_uint_eq(peer_connections(peer), i * FEW);
        web_until(&w, peer_open_connections(peer) == 0, "the end");
    }
    ck_assert_int_eq(web_send(&w, &slow, peer_url(peer, "/slow").text), ERR_OK);
    web_until(&w, slow.done == 1, "the late answer");
    ck_assert_int_eq(slow.attempt.status, 200);
}
END_TEST

START_TEST(a_thousand_requests_at_once_all_end)
{
    ask_at_once(MANY);
    for (int i = 0; i < MANY; i++)
        ck_assert_uint_eq(more[i].done, 1);
    ck_assert_uint_eq(http_busy(w.http), 0);
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), "/a"), MANY);
}
END_TEST

/* Some go where there is no room for them, and their connections are not kept.
 */
START_TEST(all_end_where_fewer_connections_are_kept)
{
    http_close(&w.http);
    w.options.max_connections = 40;
    web_start(&w);
    for (int i = 0; i < 3; i++)
        ask_at_once(MANY);
    ck_assert_uint_eq(http_busy(w.http), 0);
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), "/a"), 3 * MANY);
}
END_TEST

/* However many there are at once. */
START_TEST(requests_go_where_a_connection_is_idle)
{
    static const int rounds[] = {MANY, MANY, 1, 500, 33, MANY, 64, 999};

    for (int i = 0; i < ROWS(rounds); i++)
        ask_at_once(rounds[i]);
    ck_assert_uint_eq(peer_connections(peer), MANY);
    ck_assert_uint_eq(http_stats(w.http).opened, MANY);
}
END_TEST

/* Of more than one slice: libcurl may have asked to read none of them, or all
 * but the first, when it finds the end. */
START_TEST(long_answers_leave_their_connections_to_the_next)
{
    static const size_t lengths[] = {40000, LONG};
    static char body[LONG];

    peer_on(peer, .path = "/long", .body = body, .body_len = lengths[_i]);
    for (unsigned round = 1; round <= 6; round++) {
        for (int i = 0; i < FEW; i++) {
            more[i].request.cap_bytes = LONG;
            ck_assert_int_eq(
                web_send(&w, &more[i], peer_url(peer, "/long").text), ERR_OK);
        }
        web_until(&w, w.done == round * FEW, "all answers");
        for (int i = 0; i < FEW; i++)
            ck_assert_str_eq(more[i].attempt.error, "");
    }
    ck_assert_uint_eq(http_stats(w.http).opened, FEW);
}
END_TEST

/* The next one is sent from where the last one's end is told. */
static void send_next(void *arg, const struct attempt *a)
{
    struct http_request *q = arg;
    struct http_ticket *ticket;

    ck_assert_int_eq(a->status, 200);
    if (++w.done <= 20 * CHAINS - CHAINS)
        ck_assert_int_eq(http_send(w.http, q, &ticket), ERR_OK);
}

START_TEST(requests_that_follow_each_other_open_no_connections)
{
    struct http_request q = {.method = "GET",
                             .connect_ms = WEB_LIMIT_MS,
                             .total_ms = WEB_LIMIT_MS,
                             .cap_bytes = WEB_BODY_MAX,
                             .done = send_next,
                             .arg = &q};
    struct http_ticket *ticket;
    struct why why;

    ck_assert_int_eq(http_target_open(&w.options, peer_url(peer, "/a").text,
                                      NULL, &q.target, &why),
                     ERR_OK);
    for (int i = 0; i < CHAINS; i++)
        ck_assert_int_eq(http_send(w.http, &q, &ticket), ERR_OK);
    web_until(&w, w.done == 20 * CHAINS, "all answers");
    ck_assert_uint_eq(peer_connections(peer), CHAINS);
    http_target_close(&q.target);
}
END_TEST

static void send_again(void *arg, const struct attempt *attempt)
{
    struct exchange *e = arg;

    ck_assert_int_eq(attempt->status, 200);
    w.done++;
    if (w.done < 50)
        ck_assert_int_eq(http_send(w.http, &e->request, &e->ticket), ERR_OK);
    else
        http_target_close(&e->request.target);
}

START_TEST(the_next_request_may_be_sent_from_the_end_of_one)
{
    struct why why;

    web_ask(&w, &x, peer_url(peer, "/a").text);
    ck_assert_int_eq(http_target_open(&w.options, peer_url(peer, "/a").text,
                                      NULL, &x.request.target, &why),
                     ERR_OK);
    x.request.done = send_again;
    ck_assert_int_eq(http_send(w.http, &x.request, &x.ticket), ERR_OK);
    web_until(&w, w.done == 50, "the last one");
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), "/a"), 50);
}
END_TEST

/* Listens on a port of the system's choice. */
static int listen_here(char *ret_url, size_t size)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(ret_url, size, "http://127.0.0.1:%d/", ntohs(at.sin_port));
    return fd;
}

/* Closing with unread bytes resets the connection: the client finds both. */
START_TEST(an_answer_before_a_reset_counts)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                                 "hello";
    char url[64], byte;
    int listener = listen_here(url, sizeof url), fd = -1;

    ck_assert_int_eq(web_send(&w, &x, url), ERR_OK);
    web_until(&w, (fd = accept(listener, NULL, NULL)) >= 0, "a connection");
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    web_until(&w, recv(fd, &byte, 1, 0) == 1, "the request");
    ck_assert_int_eq(write(fd, answer, sizeof answer - 1), sizeof answer - 1);
    (void)close(fd);
    web_until(&w, x.done == 1, "the end");
    ck_assert_int_eq(x.attempt.end, ATTEMPT_ANSWERED);
    ck_assert(span_is(x.attempt.body, "hello"));
    (void)close(listener);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http_reuse");
    TCase *t = tcase_create("link.http_reuse");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_web);
    tcase_add_test(t, connections_are_used_again_and_counted);
    tcase_add_loop_test(t, a_connection_that_the_peer_ends_is_not_used_again, 0,
                        2);
    tcase_add_test(t, connections_that_nobody_uses_close);
    tcase_add_test(t, a_lane_stays_open_for_a_while_whatever_may_be_idle);
    tcase_add_test(t, a_thousand_requests_at_once_all_end);
    tcase_add_test(t, all_end_where_fewer_connections_are_kept);
    tcase_add_test(t, requests_go_where_a_connection_is_idle);
    tcase_add_loop_test(t, long_answers_leave_their_connections_to_the_next, 0,
                        2);
    tcase_add_test(t, requests_that_follow_each_other_open_no_connections);
    tcase_add_test(t, the_next_request_may_be_sent_from_the_end_of_one);
    tcase_add_test(t, an_answer_before_a_reset_counts);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
