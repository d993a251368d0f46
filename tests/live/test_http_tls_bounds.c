/* The HTTP client over TLS: messages of the protocol without end do not keep
 * the loop. */
#include "support/hostile_case.h"
#include "support/main.h"

enum { TRIES = 3 };

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
    struct hostile_url url = listen_as("https", &floods[_i].script);

    for (int i = 0; i < TRIES; i++)
        ck_assert_int_eq(web_ask(&w, &x, url.text)->end, floods[_i].end);
}
END_TEST

START_TEST(a_few_messages_harm_nothing)
{
    static const struct hostile_script script = {
        .steps = {TLS, READ, REKEY(3), TICKETS(3),
                  SAY("HTTP/1.1 204 Done\r\n\r\n"), BYE}};
    struct hostile_url url = listen_as("https", &script);

    ck_assert_int_eq(web_ask(&w, &x, url.text)->status, 204);
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
