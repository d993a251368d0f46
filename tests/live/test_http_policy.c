/* The HTTP client: where it does not go. */
#include "link/redis.h"
#include "support/dns_stub.h"
#include "support/main.h"
#include "support/peer.h"
#include "support/redis_server.h"
#include "support/temp.h"
#include "support/web.h"

#include <stdio.h>
#include <stdlib.h>

static struct web w;
static struct dns_stub *dns;
static struct peer *peer;
static struct exchange x;

static void open_all(void)
{
    web_open(&w);
    dns = dns_stub_open();
    dns_stub_on(dns, .name = "127.0.0.1.nip.test", .a = "127.0.0.1");
    dns_stub_on(dns, .name = "mixed.test", .a = "127.0.0.1,10.0.0.1");
    dns_stub_on(dns, .name = "mixed6.test", .a = "127.0.0.1", .aaaa = "::1");
    dns_stub_on(dns, .name = "crowd.test", .a = "10.0.0.1", .many = 99);
    (void)snprintf(w.options.dns.servers, sizeof w.options.dns.servers, "%s",
                   dns_stub_server(dns));
    peer = peer_open();
    peer_on(peer, .path = "/a", .body = "hello");
}

static void close_all(void)
{
    web_close(&w);
    peer_close(&peer);
    dns_stub_close(&dns);
}

static void allow(const char *range)
{
    w.options.addresses.allow_count = range ? 1 : 0;
    if (range)
        ck_assert_int_eq(
            address_range_read(span_of(range), &w.options.addresses.allow[0]),
            ERR_OK);
}

static char *url_to(const char *host)
{
    static char url[256];

    (void)snprintf(url, sizeof url, "http://%s:%d/a", host, peer_port(peer));
    return url;
}

/* Spellings of the loopback address; what may be reached with which
 * exception. */
static const struct {
    const char *allow, *host;
    enum attempt_end end;
} hosts[] = {
    {NULL, "127.0.0.1", ATTEMPT_BLOCKED},
    {NULL, "localhost", ATTEMPT_BLOCKED},
    {NULL, "127.1", ATTEMPT_BLOCKED},
    {NULL, "2130706433", ATTEMPT_BLOCKED},
    {NULL, "0x7f.1", ATTEMPT_BLOCKED},
    {NULL, "0177.0.0.1", ATTEMPT_BLOCKED},
    {NULL, "[::1]", ATTEMPT_BLOCKED},
    {NULL, "[::ffff:127.0.0.1]", ATTEMPT_BLOCKED},
    {NULL, "0.0.0.0", ATTEMPT_BLOCKED},
    {NULL, "[::]", ATTEMPT_BLOCKED},
    {NULL, "[fe80::1]", ATTEMPT_BLOCKED},
    {NULL, "169.254.169.254", ATTEMPT_BLOCKED},
    {"10.0.0.0/8", "127.0.0.1", ATTEMPT_BLOCKED},
    {"127.0.0.2", "127.0.0.1", ATTEMPT_BLOCKED},
    {"127.0.0.1", "127.0.0.1", ATTEMPT_ANSWERED},
    {"127.0.0.0/8", "127.1", ATTEMPT_ANSWERED},
    {"127.0.0.1", "127.0.0.1.nip.test", ATTEMPT_ANSWERED},
    {NULL, "127.0.0.1.nip.test", ATTEMPT_BLOCKED},
    /* One of the addresses is enough. */
    {"127.0.0.1", "mixed.test", ATTEMPT_BLOCKED},
    {"127.0.0.1", "mixed6.test", ATTEMPT_BLOCKED},
    {"127.0.0.1", "crowd.test", ATTEMPT_BLOCKED},
    {"127.0.0.1", "none.test", ATTEMPT_UNREACHABLE},
};

START_TEST(addresses_are_judged_when_dialling)
{
    const struct attempt *a;

    allow(hosts[_i].allow);
    web_start(&w);
    a = web_ask(&w, &x, url_to(hosts[_i].host));
    ck_assert_msg(a->end == hosts[_i].end, "%s: %d %s", hosts[_i].host, a->end,
                  a->error);
    ck_assert_int_eq(peer_connections(peer), a->end == ATTEMPT_ANSWERED);
    if (a->end == ATTEMPT_BLOCKED)
        ck_assert_ptr_nonnull(strstr(a->error, "network.allow"));
}
END_TEST

START_TEST(redirects_are_not_followed)
{
    char headers[600];

    (void)snprintf(headers, sizeof headers, "Location: %s\r\n",
                   peer_url(peer, "/b").text);
    peer_on(peer, .path = "/a", .status = 307, .headers = headers);
    peer_on(peer, .path = "/b");
    web_start(&w);
    web_ask(&w, &x, peer_url(peer, "/a").text);
    ck_assert_int_eq(x.attempt.status, 307);
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), "/b"), 0);
}
END_TEST

START_TEST(cookies_are_not_kept)
{
    peer_on(peer, .path = "/a", .headers = "Set-Cookie: a=b\r\n");
    web_start(&w);
    web_ask(&w, &x, peer_url(peer, "/a").text);
    web_ask(&w, &x, peer_url(peer, "/a").text);
    ck_assert_ptr_null(
        request_header(ledger_at(peer_ledger(peer), "/a", 1), "cookie"));
}
END_TEST

START_TEST(a_proxy_of_the_environment_is_ignored)
{
    static const char *const names[] = {
        "http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"};
    struct peer *proxy = peer_open();

    for (int i = 0; i < ROWS(names); i++)
        (void)setenv(names[i], peer_url(proxy, "").text, 1);
    peer_on(proxy, .body = "proxy");
    web_start(&w);
    web_ask(&w, &x, peer_url(peer, "/a").text);
    ck_assert(span_is(x.attempt.body, "hello"));
    ck_assert_uint_eq(peer_connections(proxy), 0);
    peer_close(&proxy);
}
END_TEST

START_TEST(passwords_of_the_home_folder_are_not_sent)
{
    struct temp_path home = temp_dir();

    (void)temp_write(&home, ".netrc",
                     "machine 127.0.0.1 login me password mine\n"
                     "default login me password mine\n");
    (void)setenv("HOME", home.text, 1);
    web_start(&w);
    web_ask(&w, &x, peer_url(peer, "/a").text);
    ck_assert_ptr_null(
        request_header(ledger_at(peer_ledger(peer), "/a", 0), "authorization"));
}
END_TEST

START_TEST(a_connection_has_a_longest_life)
{
    w.options.life_ms = 1000;
    web_start(&w);
    web_until(&w,
              web_ask(&w, &x, peer_url(peer, "/a").text)->status == 200 &&
                  peer_connections(peer) == 2,
              "another connection");
    ck_assert_uint_gt(ledger_count(peer_ledger(peer), "/a"), 2);
}
END_TEST

static void ask_in_vain(const char *tls)
{
    int64_t usual_ms = x.request.connect_ms;

    x.request.connect_ms = 200; /* the handshake gets no answer */
    web_ask(&w, &x, tls);
    x.request.connect_ms = usual_ms;
    ck_assert_int_eq(x.attempt.end, ATTEMPT_UNREACHABLE);
}

/* Names are looked up beside the loop; nothing of it may stay there. */
START_TEST(names_and_failures_leave_no_socket_behind)
{
    struct redis_server *server = redis_server_start(false, NULL);
    const struct redis_options options = {
        .address = redis_server_address(server),
        .connect_ms = WEB_LIMIT_MS,
        .reply_ms = WEB_LIMIT_MS,
    };
    struct redis *redis[6];
    char tls[64];

    (void)snprintf(tls, sizeof tls, "https://127.0.0.1:%d/", peer_port(peer));
    web_start(&w);
    for (int i = 0; i < 4; i++) {
        web_ask(&w, &x, url_to("no-such-host.invalid"));
        ck_assert_int_eq(x.attempt.end, ATTEMPT_UNREACHABLE);
        web_ask(&w, &x, "http://127.0.0.1:1/");
        ck_assert_int_eq(x.attempt.end, ATTEMPT_UNREACHABLE);
        ask_in_vain(tls);
        web_ask(&w, &x, url_to("127.0.0.1.nip.test"));
        ck_assert_int_eq(x.attempt.end, ATTEMPT_ANSWERED);
    }
    /* Another link on this loop gets the numbers of their sockets. */
    for (int i = 0; i < 6; i++) {
        if (i % 2)
            web_ask(&w, &x, url_to("no-such-host.invalid"));
        else
            ask_in_vain(tls);
        ck_assert_int_eq(redis_open(&w.loop, &options, &redis[i]), ERR_OK);
        web_until(&w, redis_is_up(redis[i]), "the connection");
    }
    for (int i = 0; i < 6; i++)
        redis_close(&redis[i]);
    redis_server_close(&server);
}
END_TEST

static const struct {
    const char *url;
    bool http;       /* plain http is allowed */
    const char *why; /* part of the sentence; NULL = accepted */
} targets[] = {
    {"https://e.example/", false, NULL},
    {"https://e.example", false, NULL},
    {"https://e.example:8443/a/b?c=d&e=%20%0a", false, NULL},
    {"HTTPS://E.example/", false, NULL},
    {"http://e.example/", true, NULL},
    {"https://[2001:db8::1]:443/", false, NULL},
    {"https://xn--bcher-kva.example/", false, NULL},
    {"http://e.example/", false, "network.schemes"},
    {"", false, "empty"},
    {"e.example/", false, ""},
    {"//e.example/", false, ""},
    {"/a", false, ""},
    {"ftp://e.example/", true, "scheme"},
    {"file:///etc/passwd", true, "scheme"},
    {"gopher://e.example/", true, "scheme"},
    {"httpss://e.example/", true, ""},
    {"javascript:alert(1)", true, ""},
    {"https://u@e.example/", false, "user"},
    {"https://u:p@e.example/", false, "user"},
    {"https://:p@e.example/", false, "user"},
    {"https://@e.example/", false, "user"},
    {"https://e.example/#f", false, "fragment"},
    {"https://e.example/#", false, "fragment"},
    {"https://", false, ""},
    {"https:///", false, ""},
    {"https:e.example", false, ""},
    {"https://:443/", false, ""},
    {"https://e.example:0x50/", false, ""},
    {"https://e.example:99999/", false, ""},
    {"https://e.example:-1/", false, ""},
    {"https://e.example:/", false, NULL},
    {"https://[::1/", false, ""},
    {"https://e.example/a b", false, "offset 19"},
    {" https://e.example/", false, "offset 0"},
    {"https://e.example/\r\nHost: x", false, "offset 18"},
    {"https://e.example/\n", false, "offset 18"},
    {"https://e.example/\t", false, "offset 18"},
    {"https://e.example/\x7f", false, "offset 18"},
    {"https://e.example/\xc3\xa4", false, "offset 18"},
    {"https://\xc3\xa4.example/", false, "offset 8"},
    {"https://e.example\\@x/", false, ""},
    {"https://e%00.example/", false, ""},
    {"https://e%0d%0a.example/", false, ""},
    {"https://%65.example/", false, "percent"},
    {"http://[fe80::1%25lo]/", true, "percent"},
    {"http://[fe80::1%lo]/", true, ""},
    {"https://e.example./", false, NULL},
    {"https://e.example../", false, ""},
    {"https://.e.example/", false, ""},
    {"https://e..example/", false, ""},
    {"https://./", false, ""},
    {"https://e_x.example/", false, NULL},
    {"https://e!x.example/", false, ""},
    {"https://1.2.3.4.5/", false, "number"},
    {"https://256.256.256.256/", false, "number"},
    {"https://127.0.0.1./", false, "number"},
    {"https://e.example.0x7f/", false, "number"},
    {"https://99999999999/", false, "number"},
    {"https://e.example:22/", false, "network.ports"},
    {"https://e.example:444/", false, "network.ports"},
    {"http://e.example:81/", true, "network.ports"},
    {"https://e.example:0/", false, ""},
};

START_TEST(urls_are_vetted)
{
    const char *why;

    w.options.allow_http = targets[_i].http;
    w.options.ports =
        (struct port_policy){{{80, 80}, {443, 443}, {1024, 65535}}, 3};
    why = web_refusal(&w.options, targets[_i].url, NULL);
    if (!targets[_i].why)
        ck_assert_msg(!why, "%s: %s", targets[_i].url, why);
    else
        ck_assert_msg(why && strstr(why, targets[_i].why), "%s: %s",
                      targets[_i].url, why ? why : "(accepted)");
}
END_TEST

START_TEST(urls_are_bounded)
{
    static char url[2100] = "https://e.example/";

    memset(url + strlen(url), 'a', 2048 - strlen(url));
    ck_assert_ptr_null(web_refusal(&w.options, url, NULL));
    url[2048] = 'a';
    ck_assert_ptr_nonnull(strstr(web_refusal(&w.options, url, NULL), "longer"));
}
END_TEST

static const char *const bearers[] = {"",     "a b",  "a\r\nX: y", "a\n",
                                      "\x7f", "\xff", "a\tb",      " "};

START_TEST(secrets_are_vetted_and_not_repeated)
{
    const char *why =
        web_refusal(&w.options, "https://e.example/", bearers[_i]);

    ck_assert_ptr_nonnull(why);
    ck_assert_ptr_nonnull(strstr(why, "secret"));
    if (strlen(bearers[_i]) > 1)
        ck_assert_ptr_null(strstr(why, bearers[_i]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http_policy");
    TCase *t = tcase_create("link.http_policy");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(t, addresses_are_judged_when_dialling, 0, ROWS(hosts));
    tcase_add_test(t, redirects_are_not_followed);
    tcase_add_test(t, cookies_are_not_kept);
    tcase_add_test(t, a_proxy_of_the_environment_is_ignored);
    tcase_add_test(t, passwords_of_the_home_folder_are_not_sent);
    tcase_add_test(t, a_connection_has_a_longest_life);
    tcase_add_test(t, names_and_failures_leave_no_socket_behind);
    tcase_add_loop_test(t, urls_are_vetted, 0, ROWS(targets));
    tcase_add_test(t, urls_are_bounded);
    tcase_add_loop_test(t, secrets_are_vetted_and_not_repeated, 0,
                        ROWS(bearers));
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
