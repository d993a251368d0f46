/* extq pause QUEUE and extq resume QUEUE, and what else tells of it. */
#include "support/gated.h"
#include "support/main.h"
#include "support/process.h"
#include "support/temp.h"
#include "support/texts.h"

#include <stdio.h>

enum { LIMIT_MS = 30000 };

static struct functions f;
static struct temp_path dir, file;
static char text_of[4096];

/* Queues q and r. */
static void open_all(void)
{
    f = functions_open(NULL);
    dir = temp_dir();
    file = temp_write(&dir, "extq.yaml",
                      "queues:\n  q: {weight: 1}\n  r: {weight: 1}\n");
}

static void close_all(void)
{
    functions_close(&f);
}

/* A command whose words stand behind those that lead to the queues. */
#define run(name, ...)                                                         \
    extq_start(NULL, name, "-c", file.text, "--redis",                         \
               redis_server_url(f.server), __VA_ARGS__)

/* What it wrote, once it is done. */
static const char *out(struct process *p)
{
    process_expect(p, 0, LIMIT_MS);
    (void)snprintf(text_of, sizeof text_of, "%s", process_out(p));
    process_close(&p);
    return text_of;
}

static const char *err(struct process *p)
{
    process_expect(p, 0, LIMIT_MS);
    (void)snprintf(text_of, sizeof text_of, "%s", process_err(p));
    process_close(&p);
    return text_of;
}

static const char *ask_field(const char *key, const char *field)
{
    return redis_server_ask(f.server, "HGET", key, field, NULL);
}

START_TEST(a_queue_is_paused_as_a_whole_and_resumed)
{
    const char *text;

    ck_assert_str_eq(out(run("pause", "q", "--why", "they migrate")),
                     "queue q: paused until resumed, nothing of it is claimed: "
                     "they migrate\n");
    has(gated_state(&f, ":"), " 0 0 - they migrate");
    ck_assert_str_eq(ask_field("extq:{r}:gates", ":"), "(nil)");
    has(out(run("pause", "q")), "queue q: was paused already, since 2");
    has(out(run("pause", "q", "--for", "2h")),
        "queue q: was paused, and is now until 20");
    text = out(run("stats", "--queue", "q"));
    has(text, "paused     nothing is claimed since 20");
    has(text, "goes on in 1h 59m\n             why: they migrate\n");
    has(out(run("stats", "--json")), ",\"paused\":{\"since_ms\":");
    has(err(run("parked", NULL)),
        "extq parked: queue q is paused as a whole, goes on in 1h 59m\n");
    has(err(run("resume", "q")), "");
    ck_assert_str_eq(gated_state(&f, ":"), "(nil)");
    ck_assert_str_eq(out(run("resume", "q")),
                     "queue q: nothing to resume: it is not paused\n");
    has(out(run("stats", "--json")), ",\"paused\":null");
    has(redis_server_ask(f.server, "XREVRANGE", f.keys.outcomes, "+", "-",
                         "COUNT", "1", NULL),
        "verdict\nresumed");
}
END_TEST

START_TEST(a_pause_of_a_queue_whose_time_is_over_is_none)
{
    gated_set(&f, ":", "paused 7 " GATED_PAST " 0 - why");
    ck_assert_ptr_null(strstr(out(run("stats", "--queue", "q")), "paused"));
    has(err(run("parked", NULL)), "no job is parked");
    gated_set(&f, ":", "rubbish");
    has(out(run("stats", "--queue", "q")), "until resumed: extq resume q");
    has(out(run("resume", "q")), "queue q: resumed, jobs are claimed");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.cli_gates_queue");
    TCase *t = tcase_create("cli_gates_queue");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_queue_is_paused_as_a_whole_and_resumed);
    tcase_add_test(t, a_pause_of_a_queue_whose_time_is_over_is_none);
    return run_suite(s);
}
