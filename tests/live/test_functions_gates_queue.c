/* A queue that is paused as a whole: nothing is claimed, in any way. */
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

static struct functions f;
static struct epoch mine;

static const char *const words[] = {"--enable-debug-command", "yes", NULL};
static const char forever[] = "paused 7 0 0 - why";

static void open_all(void)
{
    f = functions_open(words);
    mine = functions_join(&f, "60000");
}

static void close_all(void)
{
    functions_close(&f);
}

/* A job at each place that jobs are claimed from: 1 waits, 2 is due, 3 is
 * suspect, 4 is parked. */
static void fill(void)
{
    gated_fill(&f, mine.text, "acme:p", 4, 4);
    functions_push(&f, 1, 1);
    (void)redis_server_ask(f.server, "ZADD", f.keys.later, "5",
                           "2-2 0 0 0 5 -\n{\"n\":2}", NULL);
    (void)redis_server_ask(f.server, "RPUSH", f.keys.suspects,
                           "3-3 9 0 0 5 -\n{\"n\":3}", NULL);
}

static void resume(void)
{
    (void)redis_server_ask(f.server, "HDEL", f.keys.gates, ":", NULL);
}

static const char *claim(void)
{
    return functions_claim(&f, mine.text, "10", "5");
}

static const char *unpark(void)
{
    return gated_unpark(&f, mine.text, "acme:p", "10");
}

static const char *isolate(void)
{
    return functions_isolate(&f, mine.text);
}

static const struct {
    const char *(*take)(void);
    const char *numbers; /* while it is not paused */
} ways[] = {{claim, "2 1"}, {unpark, "4"}, {isolate, "3"}};

START_TEST(of_a_paused_queue_nothing_is_claimed)
{
    struct digest before;

    fill();
    gated_set(&f, ":", forever);
    before = functions_digest(&f);
    ck_assert_str_eq(gated_numbers(ways[_i].take()), "");
    ck_assert_str_eq(functions_digest(&f).text, before.text);
    resume();
    ck_assert_str_eq(gated_numbers(ways[_i].take()), ways[_i].numbers);
}
END_TEST

START_TEST(a_pause_whose_time_is_over_holds_nothing_back)
{
    fill();
    gated_set(&f, ":", "paused 7 " GATED_FAR " 0 - why");
    ck_assert_str_eq(gated_numbers(ways[_i].take()), "");
    gated_set(&f, ":", "paused 7 " GATED_PAST " 0 - why");
    ck_assert_str_eq(gated_numbers(ways[_i].take()), ways[_i].numbers);
}
END_TEST

START_TEST(what_cannot_be_read_is_a_pause)
{
    fill();
    gated_set(&f, ":", "rubbish");
    ck_assert_str_eq(gated_numbers(ways[_i].take()), "");
}
END_TEST

/* The line of a tick that says so. */
static const char *isolates(void)
{
    return gated_line(functions_tick(&f, mine.text, "60000", "0", ""), 5);
}

START_TEST(suspects_of_a_paused_queue_are_nobodys_turn)
{
    fill();
    gated_set(&f, ":", forever);
    ck_assert_str_eq(isolates(), "0");
    resume();
    ck_assert_str_eq(isolates(), "1");
}
END_TEST

START_TEST(a_claim_names_the_version_that_tells_of_the_pause)
{
    int64_t before = gated_version(&f);
    char version[24], refusal[48];

    functions_push(&f, 1, 1);
    (void)gated_shut(&f, ":", (struct gated_shut){"paused", "-1", NULL, NULL});
    ck_assert_int_eq(gated_version(&f), before + 1);
    (void)snprintf(refusal, sizeof refusal, "(error) PAUSED %d",
                   (int)before + 1);
    ck_assert_str_eq(claim(), refusal);
    (void)snprintf(version, sizeof version, "%d", (int)before);
    ck_assert_str_eq(gated_line(gated_news(&f, version, "10"), 3), ":");
}
END_TEST

/* Opened by who thinks that its time is over. */
static const char *ended(const char *ends_ms)
{
    const struct queue_keys *k = &f.keys;

    return redis_server_ask(f.server, "FCALL", library_gate, "4", k->gates,
                            k->changes, k->parked, k->outcomes, "1000", "open",
                            ":", "paused", "0", "0", "-", "over", ends_ms,
                            "tester", NULL);
}

START_TEST(a_pause_is_ended_by_its_own_time_alone)
{
    gated_set(&f, ":", "paused 7 9 0 - why");
    ck_assert_str_eq(gated_line(ended("8"), 2), "0");
    ck_assert_str_eq(gated_state(&f, ":"), "paused 7 9 0 - why");
    ck_assert_str_eq(gated_line(ended("9"), 2), "1");
    ck_assert_str_eq(gated_state(&f, ":"), "(nil)");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lua.gates_queue");
    TCase *t = tcase_create("gates_queue");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(t, of_a_paused_queue_nothing_is_claimed, 0, ROWS(ways));
    tcase_add_loop_test(t, a_pause_whose_time_is_over_holds_nothing_back, 0,
                        ROWS(ways));
    tcase_add_loop_test(t, what_cannot_be_read_is_a_pause, 0, ROWS(ways));
    tcase_add_test(t, suspects_of_a_paused_queue_are_nobodys_turn);
    tcase_add_test(t, a_claim_names_the_version_that_tells_of_the_pause);
    tcase_add_test(t, a_pause_is_ended_by_its_own_time_alone);
    return run_suite(s);
}
