/* extq pause and extq resume: what they change, and what they say. */
#include "support/command.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"
#include "support/users.h"

#include <stdio.h>

enum {
    LIMIT_MS = 30000,
    EXITS_USAGE = 64,
    EXITS_REDIS = 69,
    EXITS_CONFIG = 78
};

static struct functions f;
static struct epoch mine;
static struct temp_path dir, file;

/* Queues q, which has been at work, and r. */
static void open_all(void)
{
    f = functions_open(NULL);
    mine = functions_join(&f, "60000");
    dir = temp_dir();
    file = temp_write(&dir, "extq.yaml",
                      "queues:\n  q: {weight: 1}\n  r: {weight: 1}\n");
}

static void close_all(void)
{
    functions_close(&f);
}

/* A command whose words stand behind those that lead to the queues. */
#define command(name, ...)                                                     \
    extq_start(plain, name, "-c", file.text, "--redis",                        \
               redis_server_url(f.server), __VA_ARGS__)

/* What it wrote to stdout; it ends with the status. */
static const char *said(struct process *p, int status)
{
    static char text[4096];

    process_expect(p, status, LIMIT_MS);
    (void)snprintf(text, sizeof text, "%s", process_out(p));
    process_close(&p);
    return text;
}

/* The same of stderr. */
static const char *told(struct process *p, int status)
{
    static char text[4096];

    process_expect(p, status, LIMIT_MS);
    (void)snprintf(text, sizeof text, "%s", process_err(p));
    process_close(&p);
    return text;
}

static const char *ask_field(const char *key, const char *field)
{
    return redis_server_ask(f.server, "HGET", key, field, NULL);
}

START_TEST(a_pause_holds_in_every_queue_of_the_configuration)
{
    ck_assert_str_eq(
        said(command("pause", "--container", "acme", "--point", "p"), 0),
        "queue q: paused until resumed, 0 jobs parked: by an operator\n"
        "queue r: paused until resumed, 0 jobs parked: by an operator\n");
    has(gated_state(&f, "acme:p"), " 0 0 - by an operator");
    has(ask_field("extq:{r}:gates", "acme:p"), "paused ");
    ck_assert_str_eq(ask_field("extq:{q}:gates", "acme:"), "(nil)");
    has(redis_server_ask(f.server, "XRANGE", f.keys.outcomes, "-", "+", NULL),
        "worker\noperator");
}
END_TEST

START_TEST(a_queue_that_is_named_is_the_only_one)
{
    ck_assert_str_eq(
        said(command("pause", "--container", "acme", "--queue", "r"), 0),
        "queue r: paused until resumed, 0 jobs parked: by an operator\n");
    ck_assert_str_eq(gated_state(&f, "acme:"), "(nil)");
    has(ask_field("extq:{r}:gates", "acme:"), "paused ");
    has(said(command("resume", "--container", "acme", "--queue", "q"), 0),
        "queue q: nothing to resume\n");
    has(ask_field("extq:{r}:gates", "acme:"), "paused ");
}
END_TEST

START_TEST(a_pause_that_is_there_stays_with_its_reason)
{
    const char *text;

    gated_fill(&f, mine.text, "acme:p", 1, 2);
    has(said(command("pause", "--container", "acme", "--point", "p", "--why",
                     "they \033[2Jmigrate"),
             0),
        "queue q: paused until resumed, 2 jobs parked: they  [2Jmigrate\n");
    text = said(command("pause", "--container", "acme", "--point", "p"), 0);
    has(text, "queue q: was paused already, since 20");
    has(text, "Z, 2 jobs parked: they  [2Jmigrate\n");
    ck_assert_int_eq(
        redis_server_count(f.server, "XLEN", f.keys.outcomes, NULL), 3);
    has(said(command("pause", "--container", "acme", "--point", "p", "--for",
                     "2h", "--queue", "q"),
             0),
        "queue q: was paused, and is now until 20");
    has(gated_state(&f, "acme:p"), " 0 - they  [2Jmigrate");
    has(said(command("pause", "--container", "acme", "--point", "p", "--why",
                     "other", "--queue", "q"),
             0),
        "queue q: was paused, and is now until resumed, 2 jobs parked: other");
}
END_TEST

START_TEST(a_pause_for_a_while_ends_with_a_probe)
{
    long long since = 0, ends = 0;

    has(said(command("pause", "--container", "acme", "--for", "10m", "--queue",
                     "q"),
             0),
        "queue q: paused until 20");
    ck_assert_int_eq(
        sscanf(gated_state(&f, "acme:"), "paused %lld %lld", &since, &ends), 2);
    ck_assert_int_eq(ends - since, 600000);
}
END_TEST

START_TEST(a_pause_is_told_from_what_weighs_less)
{
    gated_set(&f, "acme:p", "gone 7 " GATED_FAR " 1 url it said so");
    has(said(command("pause", "--container", "acme", "--point", "p", "--queue",
                     "q"),
             0),
        "queue q: paused until resumed, 0 jobs parked: by an operator\n");
}
END_TEST

static const struct {
    const char *gate, *point, *state, *was;
} shut[] = {
    {"acme:p", "p", "circuit 7 " GATED_FAR " 3 - why", "calls fail"},
    {"acme:p", "p", "wait 7 " GATED_FAR " 0 - why", "asked to wait"},
    {"acme:p", "p", "gone 7 0 1 url why", "said it is gone"},
    {"acme:p", "p", "paused 7 0 0 - why", "paused"},
    {"acme:p", "p", "rubbish", "paused"},
    {"acme:", NULL, "wait 7 " GATED_FAR " 0 - why", "quarantined"},
    {"acme:", NULL, "paused 7 " GATED_FAR " 0 - why", "paused"},
};

START_TEST(resuming_lifts_whatever_made_jobs_wait)
{
    const char *gate = shut[_i].gate, *point = shut[_i].point;
    char expected[128];

    gated_fill(&f, mine.text, gate, 1, 3);
    gated_set(&f, gate, shut[_i].state);
    (void)snprintf(expected, sizeof expected,
                   "queue q: resumed (was: %s), 3 parked jobs go\n"
                   "queue r: nothing to resume\n",
                   shut[_i].was);
    ck_assert_str_eq(said(command("resume", "--container", "acme",
                                  point ? "--point" : NULL, point),
                          0),
                     expected);
    has(gated_state(&f, gate), "full ");
    ck_assert_str_eq(gated_numbers(gated_unpark(&f, mine.text, gate, "10")),
                     "1 2 3");
}
END_TEST

START_TEST(jobs_at_a_limit_wait_for_no_operator)
{
    gated_fill(&f, mine.text, "acme:p", 1, 2);
    has(said(command("resume", "--container", "acme", "--point", "p"), 0),
        "queue q: nothing to resume: 2 jobs wait for others' calls to end\n");
    has(gated_state(&f, "acme:p"), "full ");
}
END_TEST

START_TEST(what_else_is_in_the_way_is_named)
{
    const char *text;

    gated_set(&f, "acme:p", "paused 7 0 0 - why");
    gated_set(&f, "acme:q", "full 7 0 0 - -");
    gated_set(&f, "other:p", "paused 7 0 0 - why");
    text = told(command("resume", "--container", "acme"), 0);
    ck_assert_str_eq(text,
                     "extq resume: queue q: acme:p is still shut (paused): "
                     "extq resume --container acme --point p\n");
    gated_set(&f, "acme:", "wait 7 " GATED_FAR " 0 - why");
    gated_set(&f, "acme:r", "paused 7 0 0 - why");
    text = told(command("resume", "--container", "acme", "--point", "p",
                        "--queue", "q"),
                0);
    ck_assert_str_eq(text,
                     "extq resume: queue q: acme: is still shut (quarantined): "
                     "extq resume --container acme --queue q\n");
}
END_TEST

START_TEST(many_that_are_in_the_way_are_counted)
{
    char gate[32];
    const char *text;

    for (int i = 0; i < 8; i++) {
        (void)snprintf(gate, sizeof gate, "acme:p%d", i);
        gated_set(&f, gate, "paused 7 0 0 - why");
    }
    text = told(command("resume", "--container", "acme"), 0);
    has(text, "acme:p4 is still shut");
    ck_assert_ptr_null(strstr(text, "acme:p5"));
    has(text, "extq resume: and 3 more: extq parked --container acme\n");
}
END_TEST

START_TEST(a_name_that_is_nearly_one_that_waits_is_met_with_it)
{
    gated_set(&f, "acme:p", "paused 7 0 0 - why");
    ck_assert_str_eq(
        told(command("resume", "--container", "acne", "--point", "p"), 0),
        "extq resume: nothing of acne is shut; did you mean acme?\n");
    ck_assert_str_eq(told(command("resume", "--container", "zebra"), 0), "");
}
END_TEST

static const struct {
    const char *words[8], *message;
} wrong[] = {
    {{"pause"}, "--container is missing: whose jobs?"},
    {{"resume"}, "--container is missing: whose jobs?"},
    {{"pause"}, "all of a queue's: extq pause QUEUE"},
    {{"pause", "--queue", "q"}, "(all of the queue's: extq pause q)"},
    {{"pause", "acme"}, "no queue 'acme' in the configuration or in Redis"},
    {{"resume", "acme"}, "a container's jobs: extq resume --container acme"},
    {{"pause", "defualt"}, "no queue 'defualt' (did you mean default?)"},
    {{"pause", "a{b}"}, "'a{b}' is no queue's name"},
    {{"pause", "default", "q"}, "unexpected argument 'q'"},
    {{"pause", "q", "--queue", "q"}, "either a whole queue, or --container"},
    {{"resume", "acme:p"}, "(did you mean --container acme --point p?)"},
    {{"pause", "--container", "a", "p"},
     "'p': either a whole queue, or --container"},
    {{"pause", "--container", "a:b"}, "'a:b' is not 1 to 128 of A-Z"},
    {{"pause", "--container", "a", "--for", "10"}, "'10' is no duration such"},
    {{"pause", "--container", "a", "--for", "0s"}, "'0s' is no duration such"},
    {{"pause", "--container", "a", "--for", "99999d"}, "or is too long"},
    {{"pause", "--contaner", "a"}, "did you mean --container?"},
    {{"pause", "--container", "a", "--queue", "defualt"},
     "no queue 'defualt' (did you mean default?)"},
    {{"resume", "--container", "a", "--queue", "xyzzy"},
     "no queue 'xyzzy' in the configuration or in Redis"},
    {{"parked", "--queue", "xyzzy"}, "no queue 'xyzzy'"},
};

START_TEST(wrong_input_is_met_with_what_was_meant)
{
    const char *argv[16] = {extq_path()};
    char url[600];
    const char *const env[] = {url, "EXTQ_CONFIG=", NULL};
    int argc = 1;
    struct process *p;

    (void)snprintf(url, sizeof url, "EXTQ_REDIS_URL=%s",
                   redis_server_url(f.server));
    for (int i = 0; wrong[_i].words[i]; i++)
        argv[argc++] = wrong[_i].words[i];
    p = process_start(argv, env);
    process_expect(p, EXITS_USAGE, LIMIT_MS);
    has(process_err(p), wrong[_i].message);
    ck_assert_str_eq(process_out(p), "");
    process_close(&p);
    ck_assert_int_eq(redis_server_count(f.server, "EXISTS", "extq:{q}:gates",
                                        "extq:{default}:gates", NULL),
                     0);
}
END_TEST

START_TEST(a_redis_without_the_functions_is_given_them)
{
    (void)redis_server_ask(f.server, "FUNCTION", "FLUSH", NULL);
    has(said(command("pause", "--container", "acme"), 0),
        "queue q: paused until resumed");
    has(gated_state(&f, "acme:"), "paused ");
}
END_TEST

START_TEST(a_key_of_another_type_is_a_failure)
{
    (void)redis_server_ask(f.server, "SET", f.keys.gates, "x", NULL);
    has(told(command("pause", "--container", "acme"), 1), "WRONGTYPE");
    has(told(command("resume", "--container", "acme"), 1), "WRONGTYPE");
}
END_TEST

START_TEST(redis_that_is_away_is_69)
{
    redis_server_kill(f.server);
    has(told(command("pause", "--container", "acme"), EXITS_REDIS),
        "Redis is unreachable");
}
END_TEST

/* With the rights of deploy/redis/users.acl, and no more. */
static struct process *as_operator(const struct users *u, const char *name,
                                   const char *option, const char *value)
{
    char text[256];
    struct temp_path config;

    (void)temp_write(&dir, "password", "extq-operator");
    (void)snprintf(text, sizeof text,
                   "redis:\n  url: redis://extq-operator@127.0.0.1:%d/0\n"
                   "  password_file: password\n",
                   u->port);
    config = temp_write(&dir, "operator.yaml", text);
    return extq_start(plain, name, "-c", config.text, option, value);
}

START_TEST(an_operator_by_the_shipped_rights_can_do_it)
{
    struct users u = users_open();

    has(told(as_operator(&u, "pause", "--container", "acme"), EXITS_CONFIG),
        "start 'extq run' of this version there once");
    (void)redis_server_ask(u.server, "FUNCTION", "LOAD", library_text, NULL);
    has(said(as_operator(&u, "pause", "--container", "acme"), 0),
        "queue default: paused until resumed");
    (void)redis_server_ask(u.server, "RPUSH",
                           "extq:{default}:parked:acme:", "1-1 1 0 0 5 -\n{}",
                           NULL);
    has(said(as_operator(&u, "parked", "--container", "acme"), 0),
        "until resumed: extq resume --container acme\n");
    has(said(as_operator(&u, "stats", "--queue", "default"), 0),
        "acme (all): paused, 1 parked");
    has(said(as_operator(&u, "resume", "--container", "acme"), 0),
        "queue default: resumed (was: paused), 1 parked jobs go\n");
    has(told(as_operator(&u, "pause", "default", NULL), 0), "");
    has(said(as_operator(&u, "resume", "default", NULL), 0), "resumed, jobs");
    users_close(&u);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.cli_gates");
    TCase *t = tcase_create("cli_gates");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_pause_holds_in_every_queue_of_the_configuration);
    tcase_add_test(t, a_queue_that_is_named_is_the_only_one);
    tcase_add_test(t, a_pause_that_is_there_stays_with_its_reason);
    tcase_add_test(t, a_pause_for_a_while_ends_with_a_probe);
    tcase_add_test(t, a_pause_is_told_from_what_weighs_less);
    tcase_add_loop_test(t, resuming_lifts_whatever_made_jobs_wait, 0,
                        ROWS(shut));
    tcase_add_test(t, jobs_at_a_limit_wait_for_no_operator);
    tcase_add_test(t, what_else_is_in_the_way_is_named);
    tcase_add_test(t, many_that_are_in_the_way_are_counted);
    tcase_add_test(t, a_name_that_is_nearly_one_that_waits_is_met_with_it);
    tcase_add_loop_test(t, wrong_input_is_met_with_what_was_meant, 0,
                        ROWS(wrong));
    tcase_add_test(t, a_redis_without_the_functions_is_given_them);
    tcase_add_test(t, a_key_of_another_type_is_a_failure);
    tcase_add_test(t, redis_that_is_away_is_69);
    tcase_add_test(t, an_operator_by_the_shipped_rights_can_do_it);
    return run_suite(s);
}
