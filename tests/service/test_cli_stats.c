/* extq stats: the figures, for people and as JSON. */
#include "support/command.h"
#include "support/main.h"
#include "support/redis_server.h"
#include "support/temp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 30000 };

#define stats(s, ...)                                                          \
    extq_start(plain, "stats", "--redis", redis_server_url(s), __VA_ARGS__)

/* Two jobs waiting, three later of which one due, two held by a service with
 * a lease, one by a service whose lease is over. */
static void fill(struct redis_server *s)
{
    char end[32], seen[80];
    const char *time = redis_server_ask(s, "TIME", NULL);

    (void)snprintf(end, sizeof end, "%lld",
                   strtoll(time, NULL, 10) * 1000 + 3600000);
    /* The second look tells of the first that waits. */
    (void)snprintf(seen, sizeof seen, "999 1000 1000 %lld 1001 %lld ",
                   (strtoll(time, NULL, 10) - 200) * 1000,
                   strtoll(time, NULL, 10) * 1000);
    (void)redis_server_ask(s, "LPUSH", "extq:{default}:jobs", "a", "b", NULL);
    (void)redis_server_ask(s, "ZADD", "extq:{default}:later", "1000", "a", end,
                           "b", end, "c", NULL);
    (void)redis_server_ask(s, "HSET", "extq:{default}:held:1-1", "s1", "r1",
                           "s2", "r2", NULL);
    (void)redis_server_ask(s, "HSET", "extq:{default}:held:2-2", "s3", "r3",
                           NULL);
    (void)redis_server_ask(s, "ZADD", "extq:{default}:leases", end, "1-1", "0",
                           "2-2", NULL);
    (void)redis_server_ask(s, "HSET", "extq:{default}:services", "1-1",
                           "{\"name\":\"alpha\",\"host\":\"h1\",\"pid\":42,"
                           "\"version\":\"0.1.0\",\"started\":1700000000000,"
                           "\"note\":\"\xe2\x80\xae\"}",
                           "2-2", "no \033[31mjson\xe2\x80\xae", NULL);
    (void)redis_server_ask(s, "HSET", "extq:{default}:meta", "delivered", "100",
                           "dead", "3", "seq", "999", "seen", seen, NULL);
    (void)redis_server_ask(s, "XADD", "extq:{default}:dead", "*", "id", "x",
                           NULL);
}

START_TEST(the_page_says_how_the_queue_is)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    fill(s);
    p = stats(s, "--queue", "default");
    process_expect(p, 0, LIMIT_MS);
    has(process_out(p), redis_server_socket(s));
    has(process_out(p), "waiting            2  extq:{default}:jobs, the first "
                        "for 3m");
    has(process_out(p), "later              3  1 of them due");
    has(process_out(p), "held               3");
    has(process_out(p), "dead               1");
    has(process_out(p), "delivered 100, dead 3\n");
    has(process_out(p), "alpha  on h1, pid 42, extq 0.1.0, since "
                        "2023-11-14T22:13:20.000Z");
    has(process_out(p), "holds 2 jobs, lease runs 59m");
    has(process_out(p), "gone: its 1 jobs go back");
    ck_assert_ptr_null(strchr(process_out(p), '\033'));
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(json_says_the_same_on_one_line)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;
    char socket_field[600];

    fill(s);
    (void)snprintf(socket_field, sizeof socket_field, "\"socket\":\"%s\"",
                   redis_server_socket(s));
    p = stats(s, "--json");
    process_expect(p, 0, LIMIT_MS);
    has(process_out(p), socket_field);
    has(process_out(p), "\"embedded\":false");
    has(process_out(p), "\"waiting\":2,\"waited_ms\":2");
    has(process_out(p), ",\"later\":3,\"due\":1,\"held\":3,"
                        "\"dead\":1,\"outcomes\":0,\"totals\":{"
                        "\"delivered\":100,\"retry\":0,\"dead\":3,");
    has(process_out(p), "\"held\":2,\"about\":{\"name\":\"alpha\",");
    has(process_out(p), "\"note\":\"\\u202e\"}");
    has(process_out(p), "\"about\":\"no \\u001b[31mjson\\u202e\"}");
    has(process_out(p), "]}\n");
    ck_assert_str_eq(strchr(process_out(p), '\n'), "\n");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(every_queue_of_the_configuration_is_shown)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct temp_path dir = temp_dir();
    struct temp_path file =
        temp_write(&dir, "extq.yaml",
                   "queues:\n  fast: {weight: 3}\n  slow: {weight: 1}\n");
    struct process *p = stats(s, "-c", file.text);

    process_expect(p, 0, LIMIT_MS);
    has(process_out(p), "Queue fast\n");
    has(process_out(p), "Queue slow\n");
    has(process_out(p), "service    none: start one with extq run");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_redis_that_is_full_is_said_first)
{
    static const char *const full[] = {"--maxmemory", "1", NULL};
    struct redis_server *s = redis_server_start(false, full);
    struct process *p = stats(s, "--queue", "default");

    process_expect(p, 0, LIMIT_MS);
    has(process_out(p), " of 1 bytes: producers are refused");
    process_close(&p);
    p = stats(s, "--json");
    process_expect(p, 0, LIMIT_MS);
    has(process_out(p), ",\"memory_limit_bytes\":1,");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_key_of_another_type_is_a_failure)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    (void)redis_server_ask(s, "SET", "extq:{default}:later", "x", NULL);
    p = stats(s, "--json");
    process_expect(p, 1, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    has(process_err(p), "WRONGTYPE");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

int main(void)
{
    return run_tests("cli_stats", 60, the_page_says_how_the_queue_is,
                     json_says_the_same_on_one_line,
                     every_queue_of_the_configuration_is_shown,
                     a_redis_that_is_full_is_said_first,
                     a_key_of_another_type_is_a_failure);
}
