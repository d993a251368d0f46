/* extq reconcile: each state, what is enqueued again, and what is said. */
#include "support/command.h"
#include "support/main.h"
#include "support/redis_server.h"
#include "support/temp.h"
#include "support/terminal.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 60000, EXITS_USAGE = 64, EXITS_REDIS = 69 };

#define Q      "extq:{default}:"
#define JOBS   Q "jobs"
#define STREAM Q "outcomes"

#define JOB(id)                                                                \
    "{\"id\":\"" id "\",\"container\":\"a\",\"point\":\"b\",\"payload\" : 1}"
#define RECORD(seq, id) seq " 1 0 0 1700000000000 -\n" JOB(id)

#define reconcile(s, ...)                                                      \
    extq_start(plain, "reconcile", "--redis", redis_server_url(s), __VA_ARGS__)

static struct temp_path ledger(const char *text)
{
    struct temp_path dir = temp_dir();

    return temp_write(&dir, "ledger", text);
}

static void outcome(struct redis_server *s, const char *id, const char *verdict)
{
    (void)redis_server_ask(s, "XADD", STREAM, "*", "id", id, "container", "a",
                           "verdict", verdict, "class", "ok", NULL);
}

/* A job in every state, named for it. */
static void fill(struct redis_server *s)
{
    static const char *const ends[] = {"delivered", "dead", "expired",
                                       "skipped", "dropped"};

    (void)redis_server_ask(s, "LPUSH", JOBS, JOB("waiting"), "no job",
                           "{\"id\":\"refused\"}", NULL);
    (void)redis_server_ask(s, "ZADD", Q "leases", "0", "1-1", "99", "2-2",
                           NULL);
    (void)redis_server_ask(s, "HSET", Q "held:2-2", "a:7", RECORD("7", "held"),
                           "a:8", "no record", NULL);
    (void)redis_server_ask(s, "ZADD", Q "later", "5", RECORD("9", "later"), "6",
                           "9-9 1 0 0 1 -\n{\"container\":\"a\",\"point\":"
                           "\"b\",\"payload\":1}",
                           NULL);
    (void)redis_server_ask(s, "RPUSH", Q "suspects", RECORD("10", "suspect"),
                           NULL);
    (void)redis_server_ask(s, "HSET", Q "gates", "a:b", "full 1 0 0 - -",
                           ":version", "1", NULL);
    (void)redis_server_ask(s, "RPUSH", Q "parked:a:b", RECORD("12", "parked"),
                           NULL);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        outcome(s, ends[i], ends[i]);
    outcome(s, "lost", "retry");
    (void)redis_server_ask(s, "XADD", Q "dead", "*", "id", "letter", "class",
                           "rejected", "record", "junk", NULL);
    (void)redis_server_ask(s, "XADD", Q "dead", "*", "record",
                           RECORD("11", "letter2"), NULL);
}

static const char all_ids[] =
    "waiting\nrefused\nheld\nlater\nextq-9-9\n"
    "suspect\nparked\ndelivered\ndead\nexpired\nskipped\n"
    "dropped\nletter\nletter2\n";

START_TEST(each_state_is_named)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path path = ledger(all_ids);
    struct process *p;

    fill(s);
    p = reconcile(s, "--ledger", path.text);
    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "waiting\twaiting\nwaiting\trefused\n"
                                     "held\theld\nlater\tlater\n"
                                     "later\textq-9-9\nlater\tsuspect\n"
                                     "parked\tparked\n"
                                     "delivered\tdelivered\ndead\tdead\n"
                                     "expired\texpired\nskipped\tskipped\n"
                                     "dropped\tdropped\ndead\tletter\n"
                                     "dead\tletter2\n");
    has(process_err(p),
        "14 ids: 2 waiting, 1 held, 3 later, 1 parked, 1 delivered, "
        "3 dead, 1 expired, 1 skipped, 1 dropped, 0 unknown");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(on_a_terminal_states_have_colours)
{
    static const char *const env[] = {"NO_COLOR=", "TERM=xterm", NULL};
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path path = ledger("delivered\nnever\nexpired\nwaiting\n");
    struct terminal *t;

    fill(s);
    t = terminal_start((const char *[]){extq_path(), "reconcile", "--redis",
                                        redis_server_url(s), "--ledger",
                                        path.text, NULL},
                       env);
    ck_assert_int_eq(terminal_wait(t, LIMIT_MS), 1);
    has(terminal_text(t), "\033[32mdelivered\033[0m  delivered");
    has(terminal_text(t), "\033[31munknown  \033[0m  never");
    has(terminal_text(t), "\033[2mexpired  \033[0m  expired");
    has(terminal_text(t), "waiting");
    terminal_close(&t);
    redis_server_close(&s);
}
END_TEST

START_TEST(an_unknown_job_is_named_and_the_exit_status_says_so)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path path = ledger("never\n\nheld\r\nlost\nnever\n");
    struct process *p;

    fill(s);
    p = reconcile(s, "--ledger", path.text, "--json");
    process_expect(p, 1, LIMIT_MS);
    ck_assert_str_eq(process_out(p),
                     "{\"id\":\"never\",\"state\":\"unknown\"}\n"
                     "{\"id\":\"held\",\"state\":\"held\"}\n"
                     "{\"id\":\"lost\",\"state\":\"unknown\"}"
                     "\n");
    has(process_err(p), "3 ids: 1 held, 2 unknown");
    has(process_err(p), "1 line named an id again");
    has_not(process_err(p), "trimmed");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(an_empty_queue_knows_nothing_and_an_empty_ledger_asks_nothing)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path one = ledger("e1"), none = ledger("\n");
    struct process *p = reconcile(s, "--ledger", one.text);

    process_expect(p, 1, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "unknown\te1\n");
    process_close(&p);
    p = reconcile(s, "--ledger", none.text);
    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    has(process_err(p), "0 ids: 0 unknown");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(only_jobs_that_nobody_knows_are_enqueued_again)
{
    struct redis_server *s = redis_server_start(false, NULL);
    static const char text[] =
        JOB("waiting") "\n" JOB("n1") "\n" JOB("held") "\n" JOB("later") "\n" JOB(
            "delivered") "\n" JOB("dead") "\n" JOB("n1") "\n " JOB("n2") "\r\n";
    struct temp_path path = ledger(text);
    struct process *p;

    fill(s);
    p = reconcile(s, "--ledger", path.text, "--enqueue");
    process_expect(p, 0, LIMIT_MS);
    has(process_out(p), "unknown\tn1\n");
    has(process_err(p), "2 unknown");
    has(process_err(p), "2 jobs enqueued again in " JOBS);
    process_close(&p);
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 5);
    ck_assert_str_eq(redis_server_ask(s, "LRANGE", JOBS, "0", "1", NULL),
                     JOB("n2") "\n" JOB("n1"));
    p = reconcile(s, "--ledger", path.text, "--enqueue");
    process_expect(p, 0, LIMIT_MS);
    has(process_out(p), "waiting\tn1\n");
    has_not(process_err(p), "enqueued");
    process_close(&p);
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 5);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_ledger_from_a_pipe_is_read_twice_as_well)
{
    struct redis_server *s = redis_server_start(false, NULL);
    char line[2048];
    const char *const argv[] = {"sh", "-c", line, NULL};
    struct process *p;

    (void)snprintf(line, sizeof line,
                   "echo '%s' | '%s' reconcile --redis '%s' --ledger - "
                   "--enqueue --queue fast",
                   JOB("n1"), extq_path(), redis_server_url(s));
    p = process_start(argv, plain);
    process_expect(p, 0, LIMIT_MS);
    process_close(&p);
    ck_assert_str_eq(
        redis_server_ask(s, "LRANGE", "extq:{fast}:jobs", "0", "-1", NULL),
        JOB("n1"));
    redis_server_close(&s);
}
END_TEST

START_TEST(an_id_without_its_job_stays_unknown)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path path = ledger("n1\n" JOB("n2") "\n");
    struct process *p = reconcile(s, "--ledger", path.text, "--enqueue");

    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "1 job enqueued again");
    has(process_err(p), "of 1 unknown id the ledger has no job");
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 1);
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_bad_line_is_named_by_file_and_number)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path path =
        ledger("held\n\ntwo words\n{\"id\":\"n1\",\"container\":\"a\"}\n");
    char third[600], fourth[600];
    struct process *p;

    fill(s);
    p = reconcile(s, "--ledger", path.text, "--enqueue");
    process_expect(p, 1, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "held\theld\n");
    (void)snprintf(third, sizeof third, "%s:3: neither a job nor an id",
                   path.text);
    (void)snprintf(fourth, sizeof fourth, "%s:4: point: is missing", path.text);
    has(process_err(p), third);
    has(process_err(p), fourth);
    has(process_err(p), "2 lines were not looked for");
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 3);
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(what_is_wrong_from_the_start_is_said)
{
    struct temp_path path = ledger("e1\n");
    struct process *p = extq_start(plain, "reconcile", "--json");

    process_expect(p, EXITS_USAGE, LIMIT_MS);
    has(process_err(p), "--ledger is missing");
    process_close(&p);
    p = extq_start(plain, "reconcile", "--ledger", "/nowhere/ids");
    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "opening /nowhere/ids: No such file");
    process_close(&p);
    p = extq_start(plain, "reconcile", "--ledger", "/");
    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "reading /: Is a directory");
    process_close(&p);
    p = extq_start(plain, "reconcile", "--redis", "unix:///nowhere/s",
                   "--ledger", path.text);
    process_expect(p, EXITS_REDIS, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    process_close(&p);
}
END_TEST

START_TEST(outcomes_that_were_trimmed_are_a_doubt)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path path = ledger("e1\n");
    struct process *p;

    (void)redis_server_ask(s, "XADD", STREAM, "1000-1", "id", "a", NULL);
    (void)redis_server_ask(s, "XADD", STREAM, "MAXLEN", "=", "1",
                           "1700000000000-1", "id", "b", NULL);
    p = reconcile(s, "--ledger", path.text);
    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "outcomes older than 2023-11-14T22:13:20.000Z were "
                        "trimmed (outcomes.max) and cannot be seen");
    process_close(&p);
    p = reconcile(s, "--ledger", path.text, "--since", "1699999999999");
    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "trimmed");
    process_close(&p);
    p = reconcile(s, "--ledger", path.text, "--since", "1h");
    process_expect(p, 1, LIMIT_MS);
    has_not(process_err(p), "trimmed");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_full_redis_takes_none_and_the_next_run_enqueues_them)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path path = ledger(JOB("n1") "\n");
    struct process *p;

    (void)redis_server_ask(s, "CONFIG", "SET", "maxmemory", "1", NULL);
    p = reconcile(s, "--ledger", path.text, "--enqueue");
    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "maxmemory");
    has(process_err(p), "0 jobs enqueued again");
    process_close(&p);
    (void)redis_server_ask(s, "CONFIG", "SET", "maxmemory", "0", NULL);
    p = reconcile(s, "--ledger", path.text, "--enqueue");
    process_expect(p, 0, LIMIT_MS);
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 1);
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

/* Jobs e1 to e100000: every tenth id is nowhere. */
static const char populate[] =
    "for i = 1, 100000 do local kind = i % 10 "
    "local job = '{\"id\":\"e' .. i .. '\",\"container\":\"a\",\"point\":"
    "\"b\",\"payload\":' .. i .. '}' "
    "local record = i .. ' 1 0 0 1 -\\n' .. job "
    "if kind >= 6 then redis.call('XADD', KEYS[1], '*', 'id', 'e' .. i, "
    "'verdict', 'delivered') "
    "elseif kind >= 4 then redis.call('LPUSH', KEYS[2], job) "
    "elseif kind >= 2 then redis.call('ZADD', KEYS[3], i, record) "
    "elseif kind == 1 then redis.call('HSET', KEYS[4], 'a:' .. i, record) "
    "end end "
    "redis.call('ZADD', KEYS[5], 0, '1-1')";

static struct temp_path many_jobs(void)
{
    struct buf text = buf_make(16 << 20);
    struct temp_path path;

    for (int i = 1; i <= 100000; i++)
        ck_assert_int_eq(buf_printf(&text,
                                    "{\"id\":\"e%d\",\"container\":\"a\","
                                    "\"point\":\"b\",\"payload\":%d}\n",
                                    i, i),
                         ERR_OK);
    path = ledger(text.at);
    buf_clear(&text);
    return path;
}

START_TEST(a_hundred_thousand_ids_are_found)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path path = many_jobs();
    struct process *p;

    (void)redis_server_ask(s, "EVAL", populate, "5", STREAM, JOBS, Q "later",
                           Q "held:1-1", Q "leases", NULL);
    p = reconcile(s, "--ledger", path.text, "--enqueue", "--rate", "2000000");
    process_expect(p, 0, LIMIT_MS);
    has(process_err(p), "100000 ids: 20000 waiting, 10000 held, 20000 later, "
                        "40000 delivered, 10000 unknown");
    has(process_err(p), "10000 jobs enqueued again");
    process_close(&p);
    ck_assert_int_eq(redis_server_count(s, "LLEN", JOBS, NULL), 30000);
    ck_assert_str_eq(redis_server_ask(s, "LINDEX", JOBS, "0", NULL),
                     "{\"id\":\"e100000\",\"container\":\"a\",\"point\":\"b\","
                     "\"payload\":100000}");
    redis_server_close(&s);
}
END_TEST

int main(void)
{
    return run_tests(
        "cli_reconcile", 120, each_state_is_named,
        on_a_terminal_states_have_colours,
        an_unknown_job_is_named_and_the_exit_status_says_so,
        an_empty_queue_knows_nothing_and_an_empty_ledger_asks_nothing,
        only_jobs_that_nobody_knows_are_enqueued_again,
        a_ledger_from_a_pipe_is_read_twice_as_well,
        an_id_without_its_job_stays_unknown,
        a_bad_line_is_named_by_file_and_number,
        what_is_wrong_from_the_start_is_said,
        outcomes_that_were_trimmed_are_a_doubt,
        a_full_redis_takes_none_and_the_next_run_enqueues_them,
        a_hundred_thousand_ids_are_found);
}
