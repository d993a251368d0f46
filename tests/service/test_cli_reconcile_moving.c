/* extq reconcile while jobs move: a relay between it and Redis moves them in
 * front of the commands it reads with, always to where it does not look. */
#include "support/command.h"
#include "support/main.h"
#include "support/redis_server.h"
#include "support/table.h"
#include "support/temp.h"

#include "base/buf.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LIMIT_MS = 60000, LOOK_MS = 50, EXITS_REDIS = 69, SHIFTS = 20 };

#define Q    "extq:{default}:"
#define JOBS Q "jobs"
#define HELD Q "held:1-1"

#define JOB    "{\"id\":\"e1\",\"container\":\"a\",\"point\":\"b\",\"payload\":1}"
#define RECORD "7 1 0 0 1700000000000 -\n" JOB

struct relay {
    struct redis_server *redis;
    struct temp_path path;
    int listener, near, far; /* -1 = closed */
    int times;               /* that the command at hand was seen before */
    bool broken;
    void (*before)(struct relay *r, const char *command);
};

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    ck_assert_uint_lt(strlen(path), sizeof a.sun_path);
    memcpy(a.sun_path, path, strlen(path));
    return a;
}

static struct relay relay_open(void (*before)(struct relay *r,
                                              const char *command))
{
    struct temp_path dir = temp_dir();
    struct relay r = {.redis = redis_server_start(false, NULL),
                      .path = temp_join(&dir, "s"),
                      .listener = socket(AF_UNIX, SOCK_STREAM, 0),
                      .near = -1,
                      .far = -1,
                      .before = before};
    struct sockaddr_un a = address_of(r.path.text);

    ck_assert_int_eq(bind(r.listener, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(listen(r.listener, 1), 0);
    return r;
}

static void relay_accept(struct relay *r)
{
    struct sockaddr_un a = address_of(redis_server_socket(r->redis));

    r->near = accept(r->listener, NULL, NULL);
    r->far = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(r->near, 0);
    ck_assert_int_eq(connect(r->far, (struct sockaddr *)&a, sizeof a), 0);
}

static void relay_break(struct relay *r)
{
    (void)close(r->near);
    (void)close(r->far);
    r->near = r->far = -1;
    r->broken = true;
}

/* Commands are small and wait for their reply: each is one read. */
static void relay_bytes(struct relay *r, int from, int to)
{
    char bytes[65536];
    ssize_t len = read(from, bytes, sizeof bytes - 1);

    if (len <= 0) {
        relay_break(r);
        return;
    }
    bytes[len] = '\0';
    if (from == r->near)
        r->before(r, bytes);
    if (!r->broken)
        ck_assert_int_eq(send(to, bytes, (size_t)len, MSG_NOSIGNAL), len);
}

static void relay_step(struct relay *r)
{
    struct pollfd fds[] = {
        {.fd = r->near, .events = POLLIN},
        {.fd = r->far, .events = POLLIN},
        {.fd = r->near < 0 ? r->listener : -1, .events = POLLIN}};

    (void)poll(fds, 3, LOOK_MS);
    if (fds[2].revents)
        relay_accept(r);
    if (fds[0].revents)
        relay_bytes(r, r->near, r->far);
    if (fds[1].revents && r->far >= 0)
        relay_bytes(r, r->far, r->near);
}

/* Runs it through the relay with that ledger. */
static struct process *run_with(struct relay *r, int status, const char *text,
                                const char *more)
{
    struct temp_path dir = temp_dir();
    struct temp_path ledger = temp_write(&dir, "ledger", text);
    char url[600];
    struct process *p;

    (void)snprintf(url, sizeof url, "unix://%s", r->path.text);
    (void)redis_server_ask(r->redis, "ZADD", Q "leases", "1", "1-1", NULL);
    p = extq_start(plain, "reconcile", "--redis", url, "--ledger", ledger.text,
                   more);
    while (!process_ended(p))
        relay_step(r);
    process_expect(p, status, LIMIT_MS);
    return p;
}

/* The same with e1's job. */
static struct process *run(struct relay *r, int status, const char *more)
{
    return run_with(r, status, JOB "\n", more);
}

static void relay_close(struct relay *r)
{
    if (r->near >= 0)
        relay_break(r);
    (void)close(r->listener);
    redis_server_close(&r->redis);
}

static void expect(struct relay *r, const char *out)
{
    struct process *p = run(r, 0, NULL);

    ck_assert_str_eq(process_out(p), out);
    ck_assert_str_ne(process_err(p), "");
    process_close(&p);
    relay_close(r);
}

/* The moves, each whole, as the library makes them. */
static void move(struct relay *r, const char *script)
{
    ck_assert_str_eq(redis_server_ask(r->redis, "EVAL", script, "0", NULL),
                     "(nil)");
}

#define CALL(...) "redis.call(" __VA_ARGS__ ") "
#define K(name)   "'" Q name "'"
#define R         "'7 1 0 0 1700000000000 -\\n" JOB "'"
#define OUTCOME(verdict)                                                       \
    CALL("'XADD'," K("outcomes") ",'*','id','e1','verdict','" verdict "'")

#define LATER_TO_HELD                                                          \
    CALL("'DEL'," K("later")) CALL("'HSET'," K("held:1-1") ",'a:7'," R)
#define HELD_TO_LATER                                                          \
    CALL("'DEL'," K("held:1-1")) CALL("'ZADD'," K("later") ",1," R)

static bool reads(const char *bytes, const char *command, const char *key)
{
    return strstr(bytes, command) && strstr(bytes, key);
}

static void circle(struct relay *r, const char *bytes)
{
    if (reads(bytes, "HSCAN", ":held:") && r->times++ > 0)
        move(r, HELD_TO_LATER OUTCOME("retry"));
    else if (reads(bytes, "ZSCAN", ":later"))
        move(r, LATER_TO_HELD);
}

START_TEST(a_job_that_is_never_where_one_looks_has_left_its_retries)
{
    struct relay r = relay_open(circle);

    (void)redis_server_ask(r.redis, "ZADD", Q "later", "1", RECORD, NULL);
    expect(&r, "later\te1\n");
}
END_TEST

/* A service that stops hands its jobs back without an outcome. */
static void hand_back(struct relay *r, const char *bytes)
{
    if (reads(bytes, "ZSCAN", ":later") && r->times++ == 0)
        move(r, LATER_TO_HELD);
    else if (reads(bytes, "HSCAN", ":held:") && r->times == 1)
        move(r, HELD_TO_LATER);
}

START_TEST(a_job_that_was_handed_back_is_found_by_the_second_pass)
{
    struct relay r = relay_open(hand_back);

    (void)redis_server_ask(r.redis, "ZADD", Q "later", "1", RECORD, NULL);
    expect(&r, "later\te1\n");
}
END_TEST

static void run_ahead(struct relay *r, const char *bytes)
{
    if (reads(bytes, "LRANGE", ":jobs") && r->times++ == 0)
        move(r, CALL("'DEL'," K("jobs"))
                    CALL("'HSET'," K("held:1-1") ",'a:7'," R));
    else if (reads(bytes, "HSCAN", ":held:") && r->times == 1)
        move(r, CALL("'DEL'," K("held:1-1")) OUTCOME("delivered"));
}

START_TEST(a_job_that_ends_in_front_of_the_reader_is_delivered)
{
    struct relay r = relay_open(run_ahead);

    (void)redis_server_ask(r.redis, "LPUSH", JOBS, JOB, NULL);
    expect(&r, "delivered\te1\n");
}
END_TEST

static void end_unreported(struct relay *r, const char *bytes)
{
    if (reads(bytes, "HSCAN", ":held:") && r->times++ == 0)
        move(r, CALL("'DEL'," K("held:1-1"))
                    CALL("'XADD'," K("dead") ",'*','record'," R));
}

START_TEST(a_job_that_dies_in_front_of_the_reader_is_dead)
{
    struct relay r = relay_open(end_unreported);

    (void)redis_server_ask(r.redis, "HSET", HELD, "a:7", RECORD, NULL);
    (void)redis_server_ask(r.redis, "XADD", Q "dead", "*", "id", "x", NULL);
    expect(&r, "dead\te1\n");
}
END_TEST

/* A list that is pushed and popped between any two pages. */
static void shift_jobs(struct relay *r, const char *bytes)
{
    if (reads(bytes, "LRANGE", ":jobs") && r->times++ < SHIFTS)
        move(r, "for i = 1, 10 do " CALL("'LPUSH'," K("jobs") ",i")
                    CALL("'RPOP'," K("jobs")) "end");
}

static void shift_suspects(struct relay *r, const char *bytes)
{
    if (reads(bytes, "LRANGE", ":suspects") && r->times++ < SHIFTS)
        move(r, "for i = 1, 10 do " CALL("'RPUSH'," K("suspects") ",i")
                    CALL("'LPOP'," K("suspects")) "end");
}

static void shift_parked(struct relay *r, const char *bytes)
{
    if (reads(bytes, "LRANGE", ":parked:") && r->times++ < SHIFTS)
        move(r, "for i = 1, 10 do " CALL("'RPUSH'," K("parked:a:b") ",i")
                    CALL("'LPOP'," K("parked:a:b")) "end");
}

static const struct {
    const char *key, *push, *head, *counted;
    void (*shift)(struct relay *r, const char *bytes);
} lists[] = {
    {JOBS, "LPUSH", "", "1000 ids: 1000 waiting, 0 unknown", shift_jobs},
    {Q "suspects", "RPUSH", "7 1 0 0 1 -\n", "1000 ids: 1000 later, 0 unknown",
     shift_suspects},
    {Q "parked:a:b", "RPUSH", "7 1 0 0 1 -\n",
     "1000 ids: 1000 parked, 0 unknown", shift_parked},
};

/* Behind fillers, which are what is popped, e1 to e1000. */
static const char fill_list[] =
    "for i = 1, tonumber(ARGV[3]) do redis.call(ARGV[1], KEYS[1], i) end "
    "for i = 1, 1000 do redis.call(ARGV[1], KEYS[1], ARGV[2] .. '{\"id\":\"e' "
    ".. i .. '\",\"container\":\"a\",\"point\":\"b\",\"payload\":1}') end";

START_TEST(a_list_that_shifts_between_pages_is_read_whole)
{
    struct relay r = relay_open(lists[_i].shift);
    struct buf ids = buf_make(1 << 20);
    char fillers[16];
    struct process *p;

    for (int i = 1; i <= 1000; i++)
        ck_assert_int_eq(buf_printf(&ids, "e%d\n", i), ERR_OK);
    (void)snprintf(fillers, sizeof fillers, "%d", 10 * SHIFTS);
    (void)redis_server_ask(r.redis, "HSET", Q "gates", "a:b", "full 1 0 0 - -",
                           NULL);
    (void)redis_server_ask(r.redis, "EVAL", fill_list, "1", lists[_i].key,
                           lists[_i].push, lists[_i].head, fillers, NULL);
    p = run_with(&r, 0, ids.at, NULL);
    ck_assert_msg(strstr(process_err(p), lists[_i].counted), "%s",
                  process_err(p));
    ck_assert_int_ge(r.times, 3);
    process_close(&p);
    buf_clear(&ids);
    relay_close(&r);
}
END_TEST

static void trim(struct relay *r, const char *bytes)
{
    if (reads(bytes, "ZSCAN", ":later") && r->times++ == 0)
        move(r, "for i = 1, 50 do " CALL(
                    "'XADD'," K("outcomes") ",'MAXLEN','=',5,'*','id','x',"
                                            "'verdict','delivered'") "end");
}

START_TEST(outcomes_that_go_before_they_are_read_are_a_doubt)
{
    struct relay r = relay_open(trim);
    struct process *p = run(&r, 1, NULL);

    ck_assert_str_eq(process_out(p), "unknown\te1\n");
    ck_assert_ptr_nonnull(
        strstr(process_err(p), "trimmed (outcomes.max) before they could"));
    process_close(&p);
    relay_close(&r);
}
END_TEST

static void break_off(struct relay *r, const char *bytes)
{
    if (reads(bytes, "ZSCAN", ":later"))
        relay_break(r);
}

START_TEST(a_look_that_was_not_finished_names_and_enqueues_nothing)
{
    struct relay r = relay_open(break_off);
    struct process *p = run(&r, EXITS_REDIS, "--enqueue");

    ck_assert_str_eq(process_out(p), "");
    ck_assert_int_eq(redis_server_count(r.redis, "LLEN", JOBS, NULL), 0);
    process_close(&p);
    relay_close(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli_reconcile_moving");
    TCase *tests = tcase_create("moving");

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests,
                   a_job_that_is_never_where_one_looks_has_left_its_retries);
    tcase_add_test(tests,
                   a_job_that_was_handed_back_is_found_by_the_second_pass);
    tcase_add_test(tests, a_job_that_ends_in_front_of_the_reader_is_delivered);
    tcase_add_test(tests, a_job_that_dies_in_front_of_the_reader_is_dead);
    tcase_add_loop_test(tests, a_list_that_shifts_between_pages_is_read_whole,
                        0, ROWS(lists));
    tcase_add_test(tests, outcomes_that_go_before_they_are_read_are_a_doubt);
    tcase_add_test(tests,
                   a_look_that_was_not_finished_names_and_enqueues_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
