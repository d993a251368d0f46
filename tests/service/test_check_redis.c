/* extq check --ask-redis: what it says of real servers of each kind, and that
 * asking changes nothing. */
#include "link/library.h"
#include "support/main.h"
#include "support/port.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/temp.h"
#include "support/texts.h"
#include "support/users.h"
#include "support/wait.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 60000 };

static struct redis_server *server;

static void open_all(void)
{
    server = redis_server_start(true, NULL);
}

static void close_all(void)
{
    redis_server_close(&server);
}

static const char *check_at(const char *url, const char *option, int status)
{
    static const char *const plain[] = {"EXTQ_REDIS_URL=", NULL};
    static char text[16384];
    struct process *p = extq_start(plain, "check", "-c", "/dev/null", "--redis",
                                   url, "--ask-redis", option);

    process_expect(p, status, LIMIT_MS);
    (void)snprintf(text, sizeof text, "%s", process_out(p));
    process_close(&p);
    return text;
}

static void set(struct redis_server *s, const char *name, const char *value)
{
    ck_assert_str_eq(redis_server_ask(s, "CONFIG", "SET", name, value, NULL),
                     "OK");
}

START_TEST(a_server_that_is_well_is_fine_and_each_line_says_what_it_means)
{
    const char *out = check_at(redis_server_url(server), NULL, 0);

    has(out, "OK /dev/null\n");
    has(out, "fine     redis          unix://");
    has(out, "fine     role           a primary without a replica: while it");
    has(out, "fine     durability     appendfsync everysec: a power cut loses");
    has(out, "fine     clock          Redis's is ");
    has(out, "fine     rights         this user may do what services do");
    has(out, "warning  functions      ");
    set(server, "appendfsync", "always");
    has(check_at(redis_server_url(server), NULL, 0),
        "fine     durability     appendfsync always: ");
    set(server, "appendfsync", "no");
    has(check_at(redis_server_url(server), NULL, 0),
        "warning  durability     appendfsync no: ");
}
END_TEST

START_TEST(asking_changes_nothing)
{
    const char *info;

    (void)redis_server_ask(server, "LPUSH", "extq:{default}:jobs", "x", NULL);
    (void)redis_server_ask(server, "HSET", "extq:{default}:meta", "f", "7",
                           NULL);
    (void)redis_server_ask(server, "XADD", "extq:{default}:dead", "*", "a", "b",
                           NULL);
    (void)redis_server_ask(server, "SAVE", NULL);
    (void)check_at(redis_server_url(server), NULL, 0);
    info = redis_server_ask(server, "INFO", "persistence", NULL);
    has(info, "rdb_changes_since_last_save:0\r\n");
    ck_assert_int_eq(redis_server_count(server, "DBSIZE", NULL), 3);
}
END_TEST

START_TEST(a_redis_that_drops_jobs_is_a_failure_and_one_away_is_69)
{
    set(server, "maxmemory-policy", "allkeys-lru");
    has(check_at(redis_server_url(server), NULL, 1),
        "wrong    redis          Redis may drop jobs");
    has(check_at("unix:///nowhere", NULL, 69),
        "wrong    redis          unix:///nowhere: ");
}
END_TEST

START_TEST(a_redis_that_is_full_is_wrong)
{
    set(server, "maxmemory", "1");
    has(check_at(redis_server_url(server), NULL, 1),
        "wrong    memory         Redis is full");
    set(server, "maxmemory", "1000000000");
    has(check_at(redis_server_url(server), NULL, 0), " of 953.7 MiB\n");
    set(server, "maxmemory", "0");
    has(check_at(redis_server_url(server), NULL, 0), "MiB, without a limit\n");
}
END_TEST

/* A replica of `server`; its words must outlive it. */
static struct redis_server *follow(char (*host_port)[40],
                                   const char *(*words)[3])
{
    int port = port_free();
    struct redis_server *replica;
    char text[16];

    (void)snprintf(text, sizeof text, "%d", port);
    set(server, "port", text);
    set(server, "repl-diskless-sync-delay", "0");
    (void)snprintf(*host_port, sizeof *host_port, "127.0.0.1 %d", port);
    (*words)[0] = "--replicaof";
    (*words)[1] = *host_port;
    (*words)[2] = NULL;
    replica = redis_server_start(true, *words);
    wait_until(strstr(redis_server_ask(server, "INFO", "replication", NULL),
                      "state=online"),
               LIMIT_MS, "the replica to be in sync");
    return replica;
}

START_TEST(replicas_and_what_a_failover_costs_are_told)
{
    const char *words[3], *out;
    char place[40];
    struct redis_server *replica = follow(&place, &words);

    out = check_at(redis_server_url(server), NULL, 0);
    has(out, "fine     role           a primary with 1 replica: ");
    has(out, "fine     replicas       in sync");
    has(out, "warning  failover       min-replicas-to-write is 0");
    has(out, "mend: redis-cli CONFIG SET min-replicas-to-write 1\n");
    set(server, "min-replicas-to-write", "1");
    has(check_at(redis_server_url(server), NULL, 0),
        "fine     failover       min-replicas-to-write is set: ");
    out = check_at(redis_server_url(replica), NULL, 1);
    has(out, "wrong    role           a replica of 127.0.0.1:");
    has(out, "mend: redis.url: the primary's address, or sentinel://");
    redis_server_close(&replica);
    wait_until(strstr(redis_server_ask(server, "INFO", "replication", NULL),
                      "min_slaves_good_slaves:0"),
               LIMIT_MS, "the replica to be missed");
    has(check_at(redis_server_url(server), NULL, 1),
        "wrong    failover       min-replicas-to-write is set and no replica");
}
END_TEST

START_TEST(programs_get_a_line_of_json_for_each_finding)
{
    const char *out = check_at(redis_server_url(server), "--json", 0);

    ck_assert_int_eq(strncmp(out, "{\"ok\":true,", 11), 0);
    has(out, "}\n{\"check\":\"redis\",\"health\":\"fine\",\"said\":\"");
    has(out, "{\"check\":\"rights\",\"health\":\"fine\",");
}
END_TEST

/* As a user of deploy/redis/users.acl. */
static const char *check_as(const struct users *u, const char *role, int status)
{
    struct temp_path secret = temp_write(&u->dir, "password", role), file;
    static const char *const plain[] = {"EXTQ_REDIS_URL=", NULL};
    static char out[16384];
    struct process *p;
    char text[1024];

    (void)snprintf(text, sizeof text,
                   "redis: {url: \"redis://%s@127.0.0.1:%d\", password_file: "
                   "%s}\n",
                   role, u->port, secret.text);
    file = temp_write(&u->dir, "extq.yaml", text);
    p = extq_start(plain, "check", "--ask-redis", "-c", file.text);
    process_expect(p, status, LIMIT_MS);
    (void)snprintf(out, sizeof out, "%s", process_out(p));
    process_close(&p);
    return out;
}

START_TEST(functions_of_other_versions_are_named_with_what_deletes_them)
{
    static const char old[] =
        "#!lua name=extq_0123abcd\n"
        "redis.register_function('old', function() return 1 end)";
    static const char others[] =
        "#!lua name=extq_of_theirs\n"
        "redis.register_function('theirs', function() return 1 end)";
    const char *out;

    (void)redis_server_ask(server, "FUNCTION", "LOAD", library_text, NULL);
    (void)redis_server_ask(server, "FUNCTION", "LOAD", old, NULL);
    (void)redis_server_ask(server, "FUNCTION", "LOAD", others, NULL);
    out = check_at(redis_server_url(server), NULL, 0);
    has(out, "fine     functions      extq_0123abcd is of another version");
    has(out, "mend: redis-cli FUNCTION DELETE extq_0123abcd\n");
    has_not(out, "of_theirs");
    ck_assert_uint_eq(count_in(out, "FUNCTION DELETE"), 1);
}
END_TEST

START_TEST(a_user_who_may_too_little_is_told_what)
{
    struct users u = users_open();
    const char *out;

    (void)redis_server_ask(u.server, "FUNCTION", "LOAD", library_text, NULL);
    set(u.server, "appendonly", "yes");
    out = check_as(&u, users_roles[ROLE_SERVICE], 0);
    has(out, "fine     rights         this user may do what services do");
    has(out, "fine     durability     an append-only file; how often");
    has(out, "fine     functions      ");
    out = check_as(&u, users_roles[ROLE_OPERATOR], 1);
    has(out, "wrong    rights         a service could not work as this user, "
             "who may not: FUNCTION");
    has(out, "HSET on extq:{default}:held:doctor");
    has(out, "mend: redis-cli ACL LOAD, with extq-service of users.acl\n");
    users_close(&u);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.check_redis");
    TCase *t = tcase_create("check_redis");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(
        t, a_server_that_is_well_is_fine_and_each_line_says_what_it_means);
    tcase_add_test(t, asking_changes_nothing);
    tcase_add_test(t, a_redis_that_drops_jobs_is_a_failure_and_one_away_is_69);
    tcase_add_test(t, a_redis_that_is_full_is_wrong);
    tcase_add_test(t, replicas_and_what_a_failover_costs_are_told);
    tcase_add_test(t, programs_get_a_line_of_json_for_each_finding);
    tcase_add_test(
        t, functions_of_other_versions_are_named_with_what_deletes_them);
    tcase_add_test(t, a_user_who_may_too_little_is_told_what);
    return run_suite(s);
}
