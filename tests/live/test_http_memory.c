/* The HTTP client where libcurl runs out of memory between a request and its
 * answer: requests fail, the client goes on. */
#include "support/main.h"
#include "support/peer.h"
#include "support/web.h"

#include <dlfcn.h>

/* Stands in front of libcurl's, whose memory cannot be made scarce at a moment
 * of our choice. */
int curl_multi_socket_action(void *multi, int fd, int what, int *running);

static bool scarce;
static unsigned failures;

int curl_multi_socket_action(void *multi, int fd, int what, int *running)
{
    enum { OUT_OF_MEMORY = 3 }; /* CURLM_OUT_OF_MEMORY */
    int (*real)(void *multi, int fd, int what, int *running);

    if (scarce) {
        failures++;
        return OUT_OF_MEMORY;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "curl_multi_socket_action");
    return real(multi, fd, what, running);
}

static struct web w;
static struct peer *peer;

static void open_all(void)
{
    scarce = false;
    web_open(&w);
    web_start(&w);
    peer = peer_open();
    peer_on(peer, .path = "/hang", .act = PEER_HANG);
    peer_on(peer, .path = "/a", .body = "b");
}

static void close_all(void)
{
    web_close(&w);
    peer_close(&peer);
}

START_TEST(requests_under_way_fail_and_later_ones_succeed)
{
    enum { COUNT = 3 };
    static struct exchange x[COUNT], starved, after;
    const struct attempt *a;

    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(web_send(&w, &x[i], peer_url(peer, "/hang").text),
                         ERR_OK);
    web_until(&w, ledger_count(peer_ledger(peer), "/hang") == COUNT,
              "the requests");
    scarce = true;
    ck_assert_int_eq(web_send(&w, &starved, peer_url(peer, "/a").text), ERR_OK);
    web_until(&w, w.done == COUNT + 1, "the ends");
    ck_assert_uint_gt(failures, 0);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_uint_eq(x[i].done, 1);
        ck_assert_int_eq(x[i].attempt.end, ATTEMPT_RESET);
        ck_assert_str_eq(x[i].attempt.error, "out of memory");
    }
    ck_assert_int_eq(starved.attempt.end, ATTEMPT_UNREACHABLE);
    scarce = false;
    a = web_ask(&w, &after, peer_url(peer, "/a").text);
    ck_assert_int_eq(a->end, ATTEMPT_ANSWERED);
    ck_assert_uint_eq(http_busy(w.http), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http_memory");
    TCase *t = tcase_create("link.http_memory");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, requests_under_way_fail_and_later_ones_succeed);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
