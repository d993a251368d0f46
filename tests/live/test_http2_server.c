/* The HTTP client over HTTP/2, against nghttpd. */
#include "support/http2_case.h"
#include "support/main.h"

#include <string.h>

/* False, said aloud, where it is not installed. */
static bool serve(void)
{
    server = http2_files_start(&dir, "--max-concurrent-streams=100", url,
                               sizeof url);
    if (!server)
        printf("SKIPPED: nghttpd is not installed\n");
    return server;
}

START_TEST(a_thousand_requests_need_few_connections)
{
    if (!serve())
        return;
    for (int round = 1; round <= 3; round++) {
        send_many(MANY);
        web_until(&w, w.done == (unsigned)round * MANY, "all answers");
        expect_answers(MANY);
    }
    ck_assert_uint_eq(http_stats(w.http).http2, 3 * MANY);
    ck_assert_uint_le(http_stats(w.http).opened, 20);
}
END_TEST

/* Some at a time, each followed by the next one, as jobs are. */
START_TEST(many_large_answers_come_over_one_connection)
{
    enum { AT_ONCE = 10, ANSWERS = 300, LENGTH = 60000 };
    static char large[LENGTH + 1];
    unsigned sent = 0, ended;

    if (!serve())
        return;
    memset(large, 'a', LENGTH);
    (void)temp_write(&dir, "index.html", large);
    while (w.done < ANSWERS) {
        for (; sent < ANSWERS && sent < w.done + AT_ONCE; sent++)
            send_one(&more[sent]);
        ended = w.done;
        web_until(&w, w.done > ended, "the next answer");
    }
    for (unsigned n = 0; n < ANSWERS; n++)
        ck_assert_msg(more[n].attempt.end == ATTEMPT_ANSWERED, "%u: %s", n,
                      more[n].attempt.error);
    ck_assert_uint_eq(http_stats(w.http).opened, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http2_server");
    TCase *t = tcase_create("link.http2_server");

    tcase_set_timeout(t, 120);
    tcase_add_unchecked_fixture(t, make_certificates, NULL);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_thousand_requests_need_few_connections);
    tcase_add_test(t, many_large_answers_come_over_one_connection);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
