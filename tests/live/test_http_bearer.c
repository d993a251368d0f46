/* A bearer that an answer echoes stays with the two who know it. */
#include "support/main.h"
#include "support/web_case.h"

#include <stdio.h>

#define SECRET "wHs3cr3t/+=tail"
#define STARS  "***************"

/* What the client has of that answer to a request with the bearer. */
static const char *kept(const char *bearer, const char *body, size_t keep_bytes)
{
    memset(&x, 0, sizeof x);
    x.bearer = bearer;
    x.request.keep_bytes = keep_bytes;
    peer_on(peer, .path = "/", .body = body);
    (void)web_ask(&w, &x, peer_url(peer, "/").text);
    ck_assert_int_eq(x.attempt.end, ATTEMPT_ANSWERED);
    return x.body;
}

static const struct {
    const char *bearer, *body;
    size_t keep_bytes;
    const char *kept;
} rows[] = {
    {SECRET, "Bearer " SECRET " is you", 0, "Bearer " STARS " is you"},
    {SECRET, SECRET SECRET, 0, STARS STARS},
    {SECRET, "{\"a\":\"" SECRET "\"}", 0, "{\"a\":\"" STARS "\"}"},
    {SECRET, "", 0, ""},
    {SECRET, "wHs3cr3t", 0, "wHs3cr3t"},
    /* Cut within it. */
    {SECRET, "x" SECRET, 11, "x**********"},
    {SECRET, "x" SECRET, 5, "xwHs3"},
    /* Too short to be told from a word. */
    {"true", "true", 0, "true"},
    {NULL, SECRET, 0, SECRET},
};

START_TEST(an_echoed_bearer_is_masked)
{
    ck_assert_str_eq(kept(rows[_i].bearer, rows[_i].body, rows[_i].keep_bytes),
                     rows[_i].kept);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("link.http_bearer");
    TCase *t = tcase_create("http_bearer");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_web, close_web);
    tcase_add_loop_test(t, an_echoed_bearer_is_masked, 0, ROWS(rows));
    return run_suite(s);
}
