/* The HTTP client: requests that are ended by us. */
#include "support/main.h"
#include "support/web_case.h"

static struct exchange other;

static const struct attempt *ask(void)
{
    return web_ask(&w, &x, peer_url(peer, "/a").text);
}

/* What libcurl remembers of the ticket's last request must not leak. */
START_TEST(a_request_cancelled_before_it_left_has_no_answer)
{
    peer_on(peer, .path = "/a", .body = "old", .headers = "Retry-After: 5\r\n");
    ask();
    ck_assert_int_eq(web_send(&w, &x, peer_url(peer, "/a").text), ERR_OK);
    http_cancel(x.ticket);
    ck_assert_uint_eq(x.done, 2);
    ck_assert_int_eq(x.attempt.end, ATTEMPT_RESET);
    ck_assert_int_eq(x.attempt.status, 0);
    ck_assert_int_eq(x.attempt.retry_after_ms, 0);
    ck_assert_uint_eq(x.attempt.body.len, 0);
    ck_assert(!x.attempt.reused);
    ck_assert_uint_eq(http_busy(w.http), 0);
    ck_assert_uint_eq(http_stats(w.http).opened, 1);
    ck_assert_uint_eq(http_stats(w.http).reused, 0);
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), NULL), 1);
    ck_assert_int_eq(ask()->status, 200);
}
END_TEST

START_TEST(a_request_cancelled_under_way_is_a_reset)
{
    peer_on(peer, .act = PEER_HANG);
    ck_assert_int_eq(web_send(&w, &x, peer_url(peer, "/a").text), ERR_OK);
    web_until(&w, ledger_count(peer_ledger(peer), NULL) == 1, "the request");
    http_cancel(x.ticket);
    ck_assert_uint_eq(x.done, 1);
    ck_assert_int_eq(x.attempt.end, ATTEMPT_RESET);
    ck_assert_uint_eq(http_busy(w.http), 0);
    web_until(&w, peer_open_connections(peer) == 0, "the end");
}
END_TEST

static void cancel_other(void *arg, const struct attempt *attempt)
{
    struct exchange *e = arg;

    (void)attempt;
    e->done++;
    if (other.done == 0)
        http_cancel(other.ticket);
}

START_TEST(a_request_may_be_cancelled_from_the_end_of_another)
{
    struct why why;

    peer_on(peer, .path = "/a", .delay_ms = 50);
    ck_assert_int_eq(web_send(&w, &other, peer_url(peer, "/a").text), ERR_OK);
    ck_assert_int_eq(http_target_open(&w.options, peer_url(peer, "/a").text,
                                      NULL, &x.request.target, &why),
                     ERR_OK);
    x.request.method = "GET";
    x.request.connect_ms = x.request.total_ms = WEB_LIMIT_MS;
    x.request.arg = &x;
    x.request.done = cancel_other;
    ck_assert_int_eq(http_send(w.http, &x.request, &x.ticket), ERR_OK);
    http_target_close(&x.request.target);
    web_until(&w, x.done == 1 && other.done == 1, "both ends");
}
END_TEST

START_TEST(closing_ends_what_is_under_way)
{
    peer_on(peer, .act = PEER_HANG);
    ck_assert_int_eq(web_send(&w, &x, peer_url(peer, "/a").text), ERR_OK);
    web_until(&w, ledger_count(peer_ledger(peer), NULL) == 1, "the request");
    ck_assert_int_eq(web_send(&w, &other, peer_url(peer, "/b").text), ERR_OK);
    http_close(&w.http);
    ck_assert_ptr_null(w.http);
    ck_assert_uint_eq(x.done, 1);
    ck_assert_uint_eq(other.done, 1);
    ck_assert_int_eq(x.attempt.end, ATTEMPT_RESET);
    ck_assert_int_eq(other.attempt.end, ATTEMPT_RESET);
    wait_until(peer_open_connections(peer) == 0, WEB_LIMIT_MS, "the end");
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), NULL), 1);
}
END_TEST

START_TEST(closing_during_a_lookup_is_quiet)
{
    ck_assert_int_eq(web_send(&w, &x, "http://localhost:1/"), ERR_OK);
    http_flush(w.http);
    http_close(&w.http);
    ck_assert_uint_eq(x.done, 1);
    ck_assert_int_eq(x.attempt.end, ATTEMPT_RESET);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http_cancel");
    TCase *t = tcase_create("link.http_cancel");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_web, close_web);
    tcase_add_test(t, a_request_cancelled_before_it_left_has_no_answer);
    tcase_add_test(t, a_request_cancelled_under_way_is_a_reset);
    tcase_add_test(t, a_request_may_be_cancelled_from_the_end_of_another);
    tcase_add_test(t, closing_ends_what_is_under_way);
    tcase_add_test(t, closing_during_a_lookup_is_quiet);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
