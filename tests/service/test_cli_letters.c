/* extq dead, extq later, and the verbs of extq parked. */
#include "support/command.h"
#include "support/functions_case.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"
#include "support/wait.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT_MS = 60000, LETTERS = 600 };

#define start(...)                                                             \
    extq_start(plain, __VA_ARGS__, "--redis", redis_server_url(f.server),      \
               "--queue", "q")

/* Dead letters from..to, of acme's p and, every third, of beta's. */
static void bury(int from, int to)
{
    char id[16], record[160];

    for (int n = from; n <= to; n++) {
        const char *container = n % 3 == 0 ? "beta" : "acme";

        (void)snprintf(id, sizeof id, "e%d", n);
        (void)snprintf(record, sizeof record,
                       "%d-1 1 8 0 5 7,timeout,0;9,timeout,504\n{\"n\":%d}", n,
                       n);
        (void)ask("XADD", f.keys.dead, "*", "id", id, "container", container,
                  "point", "p", "class", "timeout", "error", "too \033[1m late",
                  "record", record);
    }
}

START_TEST(the_newest_letters_are_listed)
{
    const char *out;

    ck_assert_str_eq(output(start("dead"), 0),
                     "extq dead: no dead letters in queue q\n");
    bury(1, 30);
    out = output(start("dead", "-n", "2"), 0);
    ck_assert(strncmp(out, "died ", 5) == 0);
    has(out, "  timeout       beta       p               8  e30       too "
             "\\u001b[1m late\n");
    has(out, "  e29       ");
    ck_assert_ptr_null(strstr(out, "e28"));
    has(out, "there are more: --last N shows more than 2\n");
    out = output(start("dead", "list", "--container", "gamma"), 0);
    ck_assert_str_eq(out, "extq dead: no dead letter matches, of 30 in queue "
                          "q\n");
}
END_TEST

START_TEST(one_is_shown_with_its_history_and_without_its_payload)
{
    const char *out;

    bury(1, 3);
    out = output(start("dead", "show", "e2"), 0);
    has(out, "id         e2\n");
    has(out, "history\n"
             "           1970-01-01T00:00:00.007Z  timeout\n"
             "           1970-01-01T00:00:00.009Z  timeout, HTTP 504\n");
    has(out, "job        7 bytes\n");
    ck_assert_ptr_null(strstr(out, "{\"n\":2}"));
    has(output(start("dead", "show", "e2", "--payload"), 0), "\n{\"n\":2}\n");
    has(output(start("dead", "show", "e2", "--json"), 0),
        "\"bytes\":7,\"history\":[{\"at_ms\":7,\"class\":\"timeout\",\"status\""
        ":0},{\"at_ms\":9,\"class\":\"timeout\",\"status\":504}]}\n");
    has(output(start("dead", "show", "e2", "--payload", "--json"), 0),
        ",\"job\":\"{\\\"n\\\":2}\"}\n");
    has(output(start("dead", "show", "e9"), 1), "no dead letter matches");
}
END_TEST

/* What is wrong with the command line, and what is said. */
static const struct {
    const char *words[4], *said;
} wrong[] = {
    {{"retry"}, "retry which ones? Name ids, --container, "},
    {{"drop"}, "drop which ones? "},
    {{"show"}, "show which one? Name its id"},
    {{"rtry", "e1"}, "'rtry' is no verb; did you mean retry?"},
    {{"evt_1"}, "'evt_1' is no verb (did you mean extq dead show evt_1?)"},
    {{"drop", "a b"}, "'a b' is no id of a job"},
    {{"drop", "--all", "--class", "gone"}, "--all is all of them"},
    {{"list", "--dry-run"}, "--dry-run is for retry and drop"},
    {{"list", "--payload"}, "--payload is for show"},
    {{"drop", "e1", "-n", "5"}, "--last is for list"},
    {{"drop", "--all", "--rate", "5/m"}, "--rate: '5/m' is no number"},
    {{"drop", "--class", "timout"}, "did you mean 'timeout'?"},
};

START_TEST(what_is_not_meant_is_refused)
{
    const char *const *w = wrong[_i].words;
    struct process *p = extq_start(plain, "dead", w[0], w[1], w[2], w[3]);

    bury(1, 1);
    process_expect(p, 64, LIMIT_MS);
    has(process_err(p), wrong[_i].said);
    ck_assert_int_eq(count("XLEN", f.keys.dead), 1);
    process_close(&p);
}
END_TEST

START_TEST(a_dry_run_counts_and_does_nothing)
{
    const char *out;

    bury(1, 9);
    out = output(start("dead", "retry", "--all", "--dry-run"), 0);
    has(out, "beta       p           timeout       too  [1m late\n");
    has(out, "queue q: 9 dead letters would be retried\n");
    out = output(
        start("dead", "drop", "--container", "beta", "--dry-run", "--json"), 0);
    has(out, "{\"container\":\"beta\",\"point\":\"p\",\"class\":\"timeout\","
             "\"others\":false,\"count\":3,\"first_ms\":");
    ck_assert_int_eq(count("XLEN", f.keys.dead), 9);
    ck_assert_int_eq(count("XLEN", f.keys.outcomes), 0);
}
END_TEST

START_TEST(those_that_are_chosen_are_retried_or_dropped)
{
    bury(1, 9);
    has(output(start("dead", "retry", "--container", "beta"), 0),
        "queue q: 3 dead letters retried\n");
    has(output(start("dead", "drop", "e1", "e2", "e77"), 0),
        "queue q: 2 dead letters dropped\n");
    has(output(start("dead", "drop", "e1"), 1),
        "queue q: 0 dead letters dropped\n");
    has(output(start("dead", "drop", "--until", "1d"), 0), "queue q: 0 dead");
    has(output(start("dead", "drop", "--since", "1d", "--json"), 0),
        "{\"queue\":\"q\",\"state\":\"dead\",\"verb\":\"drop\",\"chosen\":4,"
        "\"done\":4,\"interrupted\":false}\n");
    ck_assert_int_eq(count("XLEN", f.keys.dead), 0);
    ck_assert_int_eq(count("ZCARD", f.keys.later), 3);
}
END_TEST

START_TEST(later_and_parked_jobs_are_letters_too)
{
    (void)ask("ZADD", f.keys.later, GATED_FAR,
              "7-1 0 2 0 5 9,gone,410\n{\"id\":\"x\",\"container\":\"acme\","
              "\"point\":\"p\",\"payload\":1}");
    gated_fill(&f, mine.text, "acme:p", 1, 3);
    has(output(start("later"), 0), "gone          acme       p               2"
                                   "  x\n");
    has(output(start("later", "retry", "x"), 0),
        "queue q: 1 later job retried\n");
    has(output(start("later", "retry", "x"), 0),
        "1 more was not there any more, or due\n");
    has(output(start("parked", "list"), 0), "acme:p\n");
    has(output(start("parked", "drop", "--all"), 0),
        "queue q: 3 parked jobs dropped\n");
    has(output(start("parked", "--class", "gone"), 64), "that is for a verb");
    ck_assert_str_eq(gated_state(&f, "acme:p"), "(nil)");
    ck_assert_int_eq(count("HGET", f.keys.meta, "dropped"), 3);
}
END_TEST

static int64_t moved(void)
{
    return count("ZCARD", f.keys.later);
}

/* Somewhere in the middle, by a signal; then the same once more. */
static const struct {
    int signal, status;
} endings[] = {{SIGKILL, 128 + SIGKILL}, {SIGINT, 1}, {SIGTERM, 1}};

START_TEST(what_is_interrupted_can_be_run_again)
{
    struct process *p;

    bury(1, LETTERS);
    p = start("dead", "retry", "--all", "--rate", "300/s");
    wait_until(moved() > 10, LIMIT_MS, "some to be retried");
    process_signal(p, endings[_i].signal);
    process_expect(p, endings[_i].status, LIMIT_MS);
    if (endings[_i].signal != SIGKILL) {
        has(process_err(p), "interrupted, nothing is half done: run it again, "
                            "with --until ");
    }
    process_close(&p);
    ck_assert_int_lt(moved(), LETTERS);
    functions_census(&f, 1, LETTERS);
    ck_assert_int_eq(moved(), count("XLEN", f.keys.outcomes));
    (void)output(start("dead", "retry", "--all"), 0);
    ck_assert_int_eq(moved(), LETTERS);
    ck_assert_int_eq(count("XLEN", f.keys.outcomes), LETTERS);
    functions_census(&f, 1, LETTERS);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.cli_letters");
    TCase *t = tcase_create("letters");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, the_newest_letters_are_listed);
    tcase_add_test(t, one_is_shown_with_its_history_and_without_its_payload);
    tcase_add_loop_test(t, what_is_not_meant_is_refused, 0, ROWS(wrong));
    tcase_add_test(t, a_dry_run_counts_and_does_nothing);
    tcase_add_test(t, those_that_are_chosen_are_retried_or_dropped);
    tcase_add_test(t, later_and_parked_jobs_are_letters_too);
    tcase_add_loop_test(t, what_is_interrupted_can_be_run_again, 0,
                        ROWS(endings));
    return run_suite(s);
}
