/* The HTTP client over TLS, against openssl's own server with certificates of
 * an authority made for the test. */
#include "support/main.h"
#include "support/peer.h"
#include "support/port.h"
#include "support/process.h"
#include "support/temp.h"
#include "support/web.h"

#include <stdio.h>

enum { OPENSSL_MS = 30000 };

static struct web w;
static struct exchange x;
static struct temp_path dir;
static struct process *server;
static char url[128];

static void openssl(const char *const *argv)
{
    struct process *p = process_start(argv, NULL);

    process_expect(p, 0, OPENSSL_MS);
    process_close(&p);
}

#define run_openssl(...)                                                       \
    openssl((const char *const[]){"openssl", __VA_ARGS__, NULL})

static struct temp_path in_dir(const char *name, const char *suffix)
{
    char file[64];

    (void)snprintf(file, sizeof file, "%s%s", name, suffix);
    return temp_join(&dir, file);
}

/* An authority: <name>.pem and <name>.key. */
static void make_authority(const char *name)
{
    run_openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Test CA",
                "-days", "2", "-keyout", in_dir(name, ".key").text, "-out",
                in_dir(name, ".pem").text);
}

/* A certificate of `ca` for these names: <name>.pem and <name>.key. */
static void make_certificate(const char *name, const char *ca,
                             const char *names, const char *days)
{
    char line[128];
    struct temp_path extensions;

    (void)snprintf(line, sizeof line, "subjectAltName=%s\n", names);
    extensions = temp_write(&dir, "extensions", line);
    run_openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-subj", "/CN=e.example", "-keyout",
                in_dir(name, ".key").text, "-out", in_dir(name, ".csr").text);
    run_openssl("x509", "-req", "-in", in_dir(name, ".csr").text, "-CA",
                in_dir(ca, ".pem").text, "-CAkey", in_dir(ca, ".key").text,
                "-CAcreateserial", "-days", days, "-extfile", extensions.text,
                "-out", in_dir(name, ".pem").text);
}

/* Serves a page on every path of https://<host>:<port>/, with one more option
 * of s_server's. */
static void serve(const char *host, const char *name, const char *option)
{
    char accept[32];
    int port = port_free();

    (void)snprintf(accept, sizeof accept, "127.0.0.1:%d", port);
    server = process_start(
        (const char *const[]){
            "openssl", "s_server", "-www", "-quiet", "-accept", accept, "-cert",
            in_dir(name, ".pem").text, "-key", in_dir(name, ".key").text,
            "-cipher", "DEFAULT:@SECLEVEL=0", option, NULL},
        NULL);
    wait_until(port_listens(port) || process_ended(server), OPENSSL_MS,
               "the TLS server");
    ck_assert_msg(!process_ended(server), "openssl ended: %s",
                  process_err(server));
    (void)snprintf(url, sizeof url, "https://%s:%d/", host, port);
}

static void trust(const char *authority)
{
    (void)snprintf(w.options.ca_file, sizeof w.options.ca_file, "%s",
                   in_dir(authority, ".pem").text);
}

static void open_all(void)
{
    web_open(&w);
    /* localhost may be both, and a name needs all of its addresses. */
    ck_assert_int_eq(
        address_range_read(span_of("::1"), &w.options.addresses.allow[1]),
        ERR_OK);
    w.options.addresses.allow_count = 2;
    dir = temp_dir();
    make_authority("ca");
    make_certificate("good", "ca", "IP:127.0.0.1,DNS:localhost", "2");
}

static void close_all(void)
{
    web_close(&w);
    process_close(&server);
}

static void refused_because(const char *sentence)
{
    const struct attempt *a;

    web_start(&w);
    a = web_ask(&w, &x, url);
    ck_assert_int_eq(a->end, ATTEMPT_UNREACHABLE);
    ck_assert_int_eq(a->status, 0);
    ck_assert_msg(strstr(a->error, sentence), "%s", a->error);
}

static const char *const good_hosts[] = {"127.0.0.1", "localhost"};

START_TEST(a_certificate_of_the_authority_is_accepted)
{
    const struct attempt *a;

    serve(good_hosts[_i], "good", NULL);
    trust("ca");
    web_start(&w);
    a = web_ask(&w, &x, url);
    ck_assert_msg(a->end == ATTEMPT_ANSWERED, "%s", a->error);
    ck_assert_int_eq(a->status, 200);
    ck_assert_int_gt(a->tls_us, 0);
    ck_assert_uint_eq(http_stats(w.http).handshakes, 1);
}
END_TEST

/* What s_server writes of its connection. */
static bool is_resumed(const struct exchange *e)
{
    ck_assert_int_eq(e->attempt.status, 200);
    return strstr(e->body, "Reused, TLSv1.3") != NULL;
}

/* The handle of the first one is under way elsewhere then. */
START_TEST(one_request_resumes_the_session_of_another)
{
    static struct exchange long_one;
    struct peer *peer = peer_open();

    serve("127.0.0.1", "good", NULL);
    trust("ca");
    peer_on(peer, .path = "/", .act = PEER_HANG);
    web_start(&w);
    (void)web_ask(&w, &x, url);
    ck_assert(!is_resumed(&x));
    ck_assert_int_eq(web_send(&w, &long_one, peer_url(peer, "/").text), ERR_OK);
    (void)web_ask(&w, &x, url);
    ck_assert(is_resumed(&x));
    http_cancel(long_one.ticket);
    peer_close(&peer);
}
END_TEST

START_TEST(an_unknown_authority_is_refused)
{
    serve("127.0.0.1", "good", NULL);
    if (_i == 1) {
        make_authority("other");
        trust("other");
    }
    refused_because("certificate");
}
END_TEST

START_TEST(a_certificate_for_another_name_is_refused)
{
    make_certificate("named", "ca", "DNS:e.example,IP:127.0.0.2", "2");
    serve(good_hosts[_i], "named", NULL);
    trust("ca");
    refused_because("name");
}
END_TEST

/* Its name has no other kind to be compared with; errors quote it. */
START_TEST(a_certificate_named_as_the_bearer_does_not_tell_it)
{
    make_certificate("mail", "ca", "email:a@example", "2");
    serve("127.0.0.1", "mail", "-tls1_2");
    trust("ca");
    x.bearer = "e.example";
    refused_because("name '*********' does not match");
}
END_TEST

START_TEST(a_certificate_that_ran_out_is_refused)
{
    /* It ends in the second in which it begins. */
    make_certificate("old", "ca", "IP:127.0.0.1", "0");
    serve("127.0.0.1", "old", NULL);
    trust("ca");
    refused_because("certificate has expired");
}
END_TEST

START_TEST(versions_before_1_2_are_refused)
{
    serve("127.0.0.1", "good", "-tls1_1");
    trust("ca");
    refused_because("version");
}
END_TEST

START_TEST(version_1_2_is_spoken)
{
    serve("127.0.0.1", "good", "-tls1_2");
    trust("ca");
    web_start(&w);
    ck_assert_int_eq(web_ask(&w, &x, url)->status, 200);
}
END_TEST

START_TEST(an_authority_file_that_is_not_there_lets_nothing_through)
{
    serve("127.0.0.1", "good", NULL);
    trust("missing");
    refused_because("");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http_tls");
    TCase *t = tcase_create("link.http_tls");

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(t, a_certificate_of_the_authority_is_accepted, 0, 2);
    tcase_add_test(t, one_request_resumes_the_session_of_another);
    tcase_add_loop_test(t, an_unknown_authority_is_refused, 0, 2);
    tcase_add_loop_test(t, a_certificate_for_another_name_is_refused, 0, 2);
    tcase_add_test(t, a_certificate_named_as_the_bearer_does_not_tell_it);
    tcase_add_test(t, a_certificate_that_ran_out_is_refused);
    tcase_add_test(t, versions_before_1_2_are_refused);
    tcase_add_test(t, version_1_2_is_spoken);
    tcase_add_test(t, an_authority_file_that_is_not_there_lets_nothing_through);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
