/* The HTTP client over TLS: messages of the protocol without end do not keep
 * the loop. */
#include "support/hostile.h"
#include "support/main.h"
#include "support/temp.h"
#include "support/web.h"

#include <stdio.h>

enum { TRIES = 3 };

static struct web w;
static struct exchange x;
static struct hostile_kit kit;
static struct hostile *peers;

static void open_all(void)
{
    struct temp_path dir = temp_dir();
    struct temp_path ca = temp_join(&dir, "ca.pem");

    web_open(&w);
    hostile_kit_open(&kit, ca.text);
    (void)snprintf(w.options.ca_file, sizeof w.options.ca_file, "%s", ca.text);
    web_start(&w);
    peers = hostile_open(&kit);
}

static void close_all(void)
{
    web_close(&w);
    hostile_close(&peers);
    hostile_kit_close(&kit);
}

/* None of them ever stops by itself. */
static const struct {
    struct hostile_script script;
    enum attempt_end end;
} floods[] = {
    {{{TLS, READ, REKEY(100000000)}, TLS_GOOD}, ATTEMPT_RESET},
    {{{TLS, READ, TICKETS(100000000)}, TLS_GOOD}, ATTEMPT_RESET},
    {{{TLS, READ, RENEW, RENEW, RENEW, HOLD}, TLS_ONLY_1_2}, ATTEMPT_RESET},
    {{{STORM("\x16\x03\x03\x00\x04\x00\x00\x00\x00")}, TLS_GOOD},
     ATTEMPT_UNREACHABLE},
};

START_TEST(a_flood_of_messages_ends_the_connection)
{
    struct hostile_port *p = hostile_listen(peers, &floods[_i].script);
    char url[64];

    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d/", hostile_number(p));
    for (int i = 0; i < TRIES; i++)
        ck_assert_int_eq(web_ask(&w, &x, url)->end, floods[_i].end);
}
END_TEST

START_TEST(a_few_messages_harm_nothing)
{
    static const struct hostile_script script = {
        .steps = {TLS, READ, REKEY(3), TICKETS(3),
                  SAY("HTTP/1.1 204 Done\r\n\r\n"), BYE}};
    struct hostile_port *p = hostile_listen(peers, &script);
    char url[64];

    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d/", hostile_number(p));
    ck_assert_int_eq(web_ask(&w, &x, url)->status, 204);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http_tls_bounds");
    TCase *t = tcase_create("link.http_tls_bounds");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(t, a_flood_of_messages_ends_the_connection, 0,
                        ROWS(floods));
    tcase_add_test(t, a_few_messages_harm_nothing);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
