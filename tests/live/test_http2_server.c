/* The HTTP client over HTTP/2, against nghttpd. */
#include "support/http2_case.h"
#include "support/main.h"

#include <stdio.h>
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

static void send_for(struct exchange *e, const char *path)
{
    char text[160];

    (void)snprintf(text, sizeof text, "%.*s/%s", (int)(strrchr(url, '/') - url),
                   url, path);
    e->request.http2 = true;
    e->request.cap_bytes = 1 << 20;
    ck_assert_int_eq(web_send(&w, e, text), ERR_OK);
}

/* One is cancelled while it waits for its turn and another one is under way on
 * its connection; the next one gets its handle. */
START_TEST(no_answer_begins_with_bytes_of_another)
{
    enum { ROUNDS = 20, LENGTH = 600000 };
    static char body[LENGTH + 1];
    struct exchange *first = more, *other = more + 1, *next = more + 2;

    if (!serve())
        return;
    (void)temp_write(&dir, "first", memset(body, 'a', LENGTH));
    (void)temp_write(&dir, "next", memset(body, 'b', LENGTH));
    for (unsigned round = 1; round <= ROUNDS; round++) {
        uint64_t slices = http_stats(w.http).slices;

        send_for(other, "first");
        send_for(first, "first");
        web_until(&w, http_stats(w.http).slices > slices + 2, "a few slices");
        if (first->done < round)
            http_cancel(first->ticket);
        send_for(next, "next");
        web_until(&w, other->done == round && next->done == round, "the ends");
        ck_assert_int_eq(next->attempt.end, ATTEMPT_ANSWERED);
        ck_assert_uint_eq(next->attempt.body.len, WEB_BODY_MAX);
        ck_assert_mem_eq(next->body, body, WEB_BODY_MAX);
    }
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
    tcase_add_test(t, no_answer_begins_with_bytes_of_another);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
