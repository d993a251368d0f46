/* The HTTP client: no peer keeps a turn of the loop for itself. Counted, not
 * timed: how often work was put off for others to go first. */
#include "support/hostile_case.h"
#include "support/main.h"

enum { SLICE = 32 << 10, SLICES_A_TURN = 8, LARGE = 1 << 20, CROWD = 32 };

static struct exchange crowd[CROWD];

static struct hostile_url listen_to(const struct hostile_script *script)
{
    bool tls = script->steps[0].op == HOSTILE_TLS;

    return listen_as(tls ? "https" : "http", script);
}

#define CHUNKS "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define LENGTH "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n"

/* A body of LARGE bytes, in each way that bodies come. */
static const struct hostile_script large[] = {
    {.steps = {READ, SAY(LENGTH), SAY_TIMES(LARGE / 8, "01234567"), HOLD}},
    {.steps = {READ, SAY(CHUNKS), SAY_TIMES(LARGE / 8, "8\r\n01234567\r\n"),
               SAY("0\r\n\r\n"), HOLD}},
    {.steps = {TLS, READ, SAY(LENGTH), SAY_TIMES(LARGE / 8, "01234567"), HOLD}},
};

START_TEST(an_answer_lets_others_go_first_after_each_slice)
{
    struct hostile_url url = listen_to(&large[_i]);

    x.request.cap_bytes = LARGE;
    ck_assert_int_eq(web_ask(&w, &x, url.text)->status, 200);
    ck_assert_str_eq(x.attempt.error, "");
    ck_assert_uint_eq(x.attempt.body.len, WEB_BODY_MAX);
    for (size_t i = 0; i < WEB_BODY_MAX; i++)
        ck_assert_int_eq(x.body[i], "01234567"[i % 8]);
    ck_assert_uint_ge(http_stats(w.http).slices, LARGE / SLICE - 1);
}
END_TEST

START_TEST(answers_without_end_share_each_turn)
{
    static const struct hostile_script storm = {
        .steps = {READ, SAY(CHUNKS), STORM("8\r\n01234567\r\n")}};
    struct hostile_url url = listen_to(&storm);
    uint64_t slices = 0, most = 0;

    for (int n = 0; n < CROWD; n++) {
        crowd[n].request.cap_bytes = LARGE;
        ck_assert_int_eq(web_send(&w, &crowd[n], url.text), ERR_OK);
    }
    while (w.done < CROWD) {
        uint64_t now;

        (void)web_step(&w);
        now = http_stats(w.http).slices;
        most = now - slices > most ? now - slices : most;
        slices = now;
    }
    ck_assert_uint_le(most, SLICES_A_TURN);
    for (int n = 0; n < CROWD; n++)
        ck_assert_str_eq(crowd[n].attempt.error,
                         "the answer's body is too large");
}
END_TEST

/* Bytes that no callback sees: the kernel's count ends them, not the cap. */
START_TEST(a_flood_beside_the_body_is_cut_off)
{
    static const struct hostile_script floods[] = {
        {.steps = {READ, SAY(CHUNKS "1;x="), STORM("x")}},
        {.steps = {READ, SAY("HTTP/1.1 204 No\r\n" CHUNKS), STORM("x")}},
    };

    for (size_t n = 0; n < ROWS(floods); n++) {
        x.request.cap_bytes = SIZE_MAX / 2;
        (void)web_ask(&w, &x, listen_to(&floods[n]).text);
        ck_assert_ptr_null(strstr(x.attempt.error, "imed out"));
    }
}
END_TEST

START_TEST(a_request_may_be_cancelled_while_its_answer_waits)
{
    struct hostile_url url = listen_to(&large[0]);

    x.request.cap_bytes = LARGE;
    ck_assert_int_eq(web_send(&w, &x, url.text), ERR_OK);
    web_until(&w, http_stats(w.http).slices > 0, "more than a slice");
    http_cancel(x.ticket);
    ck_assert_int_eq(x.attempt.end, ATTEMPT_RESET);
    ck_assert_int_eq(web_ask(&w, &x, url.text)->status, 200);
}
END_TEST

START_TEST(handshakes_are_carried_on_few_at_a_time)
{
    static const struct hostile_script good = {
        .steps = {TLS, READ, SAY("HTTP/1.1 204 Done\r\n\r\n"), HOLD}};
    struct hostile_url url = listen_to(&good);

    for (int n = 0; n < CROWD; n++)
        ck_assert_int_eq(web_send(&w, &crowd[n], url.text), ERR_OK);
    web_until(&w, w.done == CROWD, "all answers");
    for (int n = 0; n < CROWD; n++)
        ck_assert_int_eq(crowd[n].attempt.status, 204);
    ck_assert_uint_gt(http_stats(w.http).handshakes_put_off, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http_turn");
    TCase *t = tcase_create("link.http_turn");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(t, an_answer_lets_others_go_first_after_each_slice, 0,
                        ROWS(large));
    tcase_add_test(t, answers_without_end_share_each_turn);
    tcase_add_test(t, a_flood_beside_the_body_is_cut_off);
    tcase_add_test(t, a_request_may_be_cancelled_while_its_answer_waits);
    tcase_add_test(t, handshakes_are_carried_on_few_at_a_time);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
