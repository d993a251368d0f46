/* extq outcomes --summary. */
#include "support/command.h"
#include "support/main.h"
#include "support/redis_server.h"

#include <stdio.h>
#include <string.h>

enum { NAMES = 1200 };

static struct redis_server *server;

static void open_all(void)
{
    server = redis_server_start(false, NULL);
}

static void close_all(void)
{
    redis_server_close(&server);
}

static void tell(const char *container, const char *class, const char *status,
                 const char *ms, const char *error)
{
    (void)redis_server_ask(server, "XADD", "extq:{default}:outcomes", "*", "id",
                           "x", "container", container, "point", "p", "verdict",
                           "retry", "class", class, "status", status, "ms", ms,
                           "error", error, "at", "1700000000000", NULL);
}

#define summary(status, ...)                                                   \
    output(extq_start(plain, "outcomes", "--summary", "--redis",               \
                      redis_server_url(server), __VA_ARGS__),                  \
           status)

static void fill(void)
{
    char ms[8];

    for (int n = 1; n <= 100; n++) {
        (void)snprintf(ms, sizeof ms, "%d", n);
        tell("acme", "ok", "200", ms, "");
    }
    tell("beta", "timeout", "0", "20000", "it was \033[1mlate");
    tell("beta", "expired", "0", "0", "");
}

START_TEST(rows_have_counts_times_and_the_last_error)
{
    const char *out;

    fill();
    out = summary(0, NULL);
    has(out, " count   per s  p50 ms  p95 ms  p99 ms  first");
    has(out,
        "   100    0.03      50      92     100  2023-11-14T22:13:20.000Z  "
        "2023-11-14T22:13:20.000Z  acme       p           ok\n");
    has(out, "     1    0.00   19456   19456   19456  ");
    has(out, "beta       p           timeout       it was  [1mlate\n");
    has(out, "     1    0.00       -       -       -  ");
    has(out, "extq outcomes: 102 outcomes in 1h 0m\n");
    ck_assert(strstr(out, "acme") < strstr(out, "beta"));
}
END_TEST

START_TEST(filters_choose_and_json_has_numbers)
{
    const char *out;

    fill();
    out = summary(0, "--json", "--class", "timeout", "--since", "2h");
    ck_assert_str_eq(
        out, "{\"container\":\"beta\",\"point\":\"p\",\"class\":\"timeout\","
             "\"others\":false,\"count\":1,\"first_ms\":1700000000000,"
             "\"last_ms\":1700000000000,\"per_s\":0.0001,\"p50_ms\":19456,"
             "\"p95_ms\":19456,\"p99_ms\":19456,\"error\":\"it was  "
             "[1mlate\"}\n");
    has(summary(64, "-f"), "--summary goes with --since");
}
END_TEST

START_TEST(what_finds_no_room_is_counted_together)
{
    char name[16];
    const char *out;

    for (int n = 0; n < NAMES; n++) {
        (void)snprintf(name, sizeof name, "c%d", n);
        tell(name, "ok", "200", "5", "");
    }
    out = summary(0, NULL);
    has(out, "   200    0.06       5       5       5  ");
    has(out, "(all others)\n");
    has(out, "1200 outcomes in 1h 0m");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.cli_summary");
    TCase *t = tcase_create("summary");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, rows_have_counts_times_and_the_last_error);
    tcase_add_test(t, filters_choose_and_json_has_numbers);
    tcase_add_test(t, what_finds_no_room_is_counted_together);
    return run_suite(s);
}
