/* extq reload and extq log-level, next to a service that runs. */
#include "support/main.h"
#include "support/texts.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void wait_said(struct process *s, const char *text)
{
    wait_until(strstr(process_err(s), text) != NULL, WORLD_LIMIT_MS, text);
}

/* The command about that process, and what it says. */
static void order(struct process *s, int status, const char *verb,
                  const char *word, const char *said)
{
    char pid[24], expected[128];
    struct process *p;

    (void)snprintf(pid, sizeof pid, "%d", (int)process_pid(s));
    (void)snprintf(expected, sizeof expected, "pid %s: %s\n", pid, said);
    p = extq_start(NULL, verb, "--pid", pid, word);
    process_expect(p, status, WORLD_LIMIT_MS);
    ck_assert_str_eq(process_out(p), expected);
    process_close(&p);
}

static const char asked[] = "reads its configuration again, see its log";

START_TEST(a_reload_tells_what_changed)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    order(s, 0, "reload", NULL, asked);
    wait_said(s, "msg=reloaded");
    has(process_err(s), " changes=0 ");
    world_configure(w, "points: {default: {timeout: 3s}}\n"
                       "queues: {default: {}, more: {}}\n");
    order(s, 0, "reload", NULL, asked);
    wait_said(s, "key=points.default.timeout from=");
    has(process_err(s), " to=3s\n");
    has(process_err(s), "key=queues.more what=added\n");
    world_close(&w);
}
END_TEST

/* All are counted, and the first 40 told. */
START_TEST(of_many_changes_some_are_told)
{
    enum { POINTS = 50 };
    struct world *w = world_open();
    struct process *s = world_start(w);
    char points[POINTS * 16] = "";
    size_t len = 0;

    for (int n = 0; n < POINTS; n++)
        len +=
            (size_t)snprintf(points + len, sizeof points - len, "p%d: {}, ", n);
    world_configure(w, "points: {%s}\n", points);
    order(s, 0, "reload", NULL, asked);
    wait_said(s, "msg=reloaded");
    ck_assert_uint_eq(count_in(process_err(s), "configuration changed"), 40);
    world_close(&w);
}
END_TEST

START_TEST(a_bad_file_is_named_with_line_and_key)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    world_configure(w, "lease: soon\n");
    order(s, 0, "reload", NULL, asked);
    wait_said(s, "reload refused, the old configuration stays");
    has(process_err(s), ":8: lease: expected a duration");
    ck_assert_ptr_null(strstr(process_err(s), "configuration changed"));
    world_close(&w);
}
END_TEST

START_TEST(the_level_of_the_log_is_what_was_asked_for)
{
    static const char *const levels[] = {"error", "warn", "info", "debug",
                                         "configured"};
    struct world *w = world_open();
    struct process *s = world_start(w);
    char said[64];

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        (void)snprintf(said, sizeof said, "%s", levels[i]);
        order(s, 0, "log-level", levels[i], levels[i]);
        (void)snprintf(said, sizeof said, "changed\" to=%s\n", levels[i]);
        /* From error to warn nothing is said. */
        if (strcmp(levels[i], "warn") != 0)
            wait_said(s, said);
    }
    world_close(&w);
}
END_TEST

static const struct {
    const char *words[5];
    int status;
    const char *said;
} wrong[] = {
    {{"log-level"}, 64, "log-level"},
    {{"log-level", "verbose"}, 64, "'verbose' is no level: debug, info,"},
    {{"log-level", "dbug"}, 64, "(did you mean debug?)"},
    {{"log-level", "debug", "--pid", "1"}, 1, "pid 1 is no extq run"},
    {{"reload", "--pid", "x"}, 64, "'x'"},
    {{"reload", "now"}, 64, "unexpected argument 'now'"},
};

START_TEST(wrong_input_is_told_from_right)
{
    const char *argv[8] = {extq_path()};
    struct process *p;

    for (int i = 0; wrong[_i].words[i]; i++)
        argv[i + 1] = wrong[_i].words[i];
    p = process_start(argv, NULL);
    process_expect(p, wrong[_i].status, WORLD_LIMIT_MS);
    has(process_err(p), wrong[_i].said);
    process_close(&p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.reload_told");
    TCase *t = tcase_create("reload_told");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_reload_tells_what_changed);
    tcase_add_test(t, of_many_changes_some_are_told);
    tcase_add_test(t, a_bad_file_is_named_with_line_and_key);
    tcase_add_test(t, the_level_of_the_log_is_what_was_asked_for);
    tcase_add_loop_test(t, wrong_input_is_told_from_right, 0,
                        sizeof wrong / sizeof *wrong);
    return run_suite(s);
}
