/* extq top on a terminal of its own: what it shows, how it ends, and that the
 * terminal is left as it was. */
#include "base/clock.h"
#include "support/main.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/terminal.h"
#include "support/texts.h"
#include "support/wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 30000, EXITS_USAGE = 64, WAITED_MS = 47 * 3600000 };

static const char *const plain[] = {
    "EXTQ_REDIS_URL=", "EXTQ_CONFIG=", "NO_COLOR=", "TERM=xterm", NULL};

static void await_text(struct terminal *t, const char *part)
{
    wait_until(strstr(terminal_text(t), part), LIMIT_MS, part);
}

static struct terminal *top(const char *url)
{
    const char *const argv[] = {extq_path(), "top", "--redis", url, NULL};

    return terminal_start(argv, plain);
}

/* A minute full of calls: those of acme fail, and its name is hostile. Jobs
 * were seen to wait a while ago. */
static void fill(struct redis_server *s)
{
    static const char outcomes[] = "extq:{default}:outcomes";
    char seen[48];

    (void)snprintf(seen, sizeof seen, "11 %lld ",
                   (long long)clock_wall_ms() - WAITED_MS);
    (void)redis_server_ask(s, "LPUSH", "extq:{default}:jobs", "a", "b", NULL);
    (void)redis_server_ask(s, "HSET", "extq:{default}:meta", "seq", "10",
                           "seen", seen, NULL);
    (void)redis_server_ask(s, "XADD", outcomes, "*", "id", "1", "verdict",
                           "delivered", "class", "ok", "container", "blue",
                           "point", "on-lead", "status", "200", "ms", "7",
                           "error", "", NULL);
    (void)redis_server_ask(s, "XADD", outcomes, "*", "id", "2", "verdict",
                           "dead", "class", "timeout", "container",
                           "ac\033[2Jme", "point", "on-lead", "status", "0",
                           "ms", "4000", "error", "too slow", NULL);
}

static void expect_restored(struct terminal *t)
{
    const char *text = terminal_text(t);
    const char *left = strstr(text, "\033[?1049l");

    ck_assert_msg(left, "the alternate page is left");
    ck_assert_ptr_null(strstr(left, "\033[?1049h"));
    has(text, "\033[?25h");
    has(text, "\033[?7h");
    ck_assert(terminal_is_as_before(t));
}

START_TEST(it_shows_the_queue_and_who_fails_until_q)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct terminal *t;

    fill(s);
    t = top(redis_server_url(s));
    await_text(t, "too slow");
    has(terminal_text(t), "\033[?1049h");
    has(terminal_text(t), "default        2 ");
    has(terminal_text(t), " 1d ");
    has(terminal_text(t), "timeout    ac\\u001b[2Jme  on-lead");
    has(terminal_text(t), "none: start one with extq run");
    ck_assert(!terminal_is_as_before(t));
    /* What comes while it runs is seen as well. */
    (void)redis_server_ask(s, "XADD", "extq:{default}:outcomes", "*", "id", "3",
                           "verdict", "retry", "class", "refused", "container",
                           "green", "point", "on-deal", NULL);
    await_text(t, "refused    green");
    terminal_type(t, "x q");
    ck_assert_int_eq(terminal_wait(t, LIMIT_MS), 0);
    expect_restored(t);
    terminal_close(&t);
    redis_server_close(&s);
}
END_TEST

START_TEST(it_shows_gates_that_are_shut)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct terminal *t;

    (void)redis_server_ask(s, "HSET", "extq:{default}:gates", "acme:p",
                           "paused 1700000000000 0 0 - asked to", NULL);
    (void)redis_server_ask(s, "RPUSH", "extq:{default}:parked:acme:p",
                           "1-1 1 0 0 1700000000000 -\n{}", NULL);
    t = top(redis_server_url(s));
    await_text(t, "Gates of ");
    await_text(t, "acme");
    terminal_type(t, "q");
    ck_assert_int_eq(terminal_wait(t, LIMIT_MS), 0);
    terminal_close(&t);
    redis_server_close(&s);
}
END_TEST

START_TEST(it_says_that_redis_is_full)
{
    static const char *const full[] = {"--maxmemory", "1", NULL};
    struct redis_server *s = redis_server_start(false, full);
    struct terminal *t = top(redis_server_url(s));

    await_text(t, " of 1 bytes: producers are refused");
    terminal_type(t, "q");
    ck_assert_int_eq(terminal_wait(t, LIMIT_MS), 0);
    terminal_close(&t);
    redis_server_close(&s);
}
END_TEST

START_TEST(it_fits_itself_to_the_terminal)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct terminal *t;

    fill(s);
    t = top(redis_server_url(s));
    await_text(t, "too slow");
    ck_assert_ptr_null(strstr(terminal_text(t), "more lines)"));
    terminal_resize(t, 40, 6);
    await_text(t, "more lines)");
    terminal_type(t, "\003");
    ck_assert_int_eq(terminal_wait(t, LIMIT_MS), 0);
    expect_restored(t);
    terminal_close(&t);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_signal_ends_it_in_good_order)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct redis_server *s = redis_server_start(false, NULL);
    struct terminal *t = top(redis_server_url(s));

    await_text(t, "nothing in the last minute");
    process_signal(terminal_process(t), signals[_i]);
    ck_assert_int_eq(terminal_wait(t, LIMIT_MS), 0);
    expect_restored(t);
    terminal_close(&t);
    redis_server_close(&s);
}
END_TEST

START_TEST(it_waits_for_a_redis_that_goes_and_comes)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct terminal *t = top(redis_server_url(s));

    await_text(t, "nothing in the last minute");
    redis_server_stop(s);
    await_text(t, "Redis is away");
    redis_server_start_again(s);
    fill(s);
    await_text(t, "too slow");
    terminal_type(t, "q");
    ck_assert_int_eq(terminal_wait(t, LIMIT_MS), 0);
    expect_restored(t);
    terminal_close(&t);
    redis_server_close(&s);
}
END_TEST

START_TEST(what_redis_refuses_is_said_on_the_terminal_as_it_was)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct terminal *t;
    const char *left;

    (void)redis_server_ask(s, "SET", "extq:{default}:later", "x", NULL);
    t = top(redis_server_url(s));
    ck_assert_int_eq(terminal_wait(t, LIMIT_MS), 1);
    expect_restored(t);
    left = strstr(terminal_text(t), "\033[?1049l");
    has(left, "WRONGTYPE");
    terminal_close(&t);
    redis_server_close(&s);
}
END_TEST

START_TEST(without_a_terminal_it_names_what_to_use)
{
    struct process *p = extq_start(plain, "top");

    process_expect(p, 1, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    ck_assert_str_eq(process_err(p), "extq top: needs a terminal; 'extq stats' "
                                     "shows the figures once\n");
    process_close(&p);
}
END_TEST

START_TEST(a_wrong_option_is_refused_before_the_screen_is_taken)
{
    const char *const argv[] = {extq_path(), "top", "--quue", NULL};
    struct terminal *t = terminal_start(argv, plain);

    ck_assert_int_eq(terminal_wait(t, LIMIT_MS), EXITS_USAGE);
    has(terminal_text(t), "unknown option --quue (did you mean --queue?)");
    ck_assert_ptr_null(strchr(terminal_text(t), '\033'));
    terminal_close(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.cli_top");
    TCase *each = tcase_create("each");

    tcase_set_timeout(each, 60);
    tcase_add_test(each, it_shows_the_queue_and_who_fails_until_q);
    tcase_add_test(each, it_shows_gates_that_are_shut);
    tcase_add_test(each, it_says_that_redis_is_full);
    tcase_add_test(each, it_fits_itself_to_the_terminal);
    tcase_add_loop_test(each, a_signal_ends_it_in_good_order, 0, 3);
    tcase_add_test(each, it_waits_for_a_redis_that_goes_and_comes);
    tcase_add_test(each, what_redis_refuses_is_said_on_the_terminal_as_it_was);
    tcase_add_test(each, without_a_terminal_it_names_what_to_use);
    tcase_add_test(each, a_wrong_option_is_refused_before_the_screen_is_taken);
    suite_add_tcase(suite, each);
    return run_suite(suite);
}
