/* The service and the commands as the users of deploy/redis/users.acl. */
#include "support/main.h"
#include "support/peer.h"
#include "support/process.h"
#include "support/users.h"
#include "support/wait.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 20000 };

static struct users u;

static void open_all(void)
{
    u = users_open();
}

static void close_all(void)
{
    users_close(&u);
}

/* A configuration for that role. */
static struct temp_path configure(const struct peer *peer, const char *role)
{
    char text[4096], name[64];

    (void)temp_write(&u.dir, role, role);
    (void)temp_write(&u.dir, "secret", "s3cr3t\n");
    (void)snprintf(
        text, sizeof text,
        "redis: {url: \"redis://%s@127.0.0.1:%d\", password_file: %s}\n"
        "workers: 1\nlease: 1s\nops: {listen: \"\"}\n"
        "network: {allow: [127.0.0.1], schemes: [http]}\n"
        "cache: {local: 0}\n"
        "extensions: [{container: acme, point: p, secret_file: secret,\n"
        "  url: \"%s\"}, {container: acme, point: bad, url: \"%s\"}]\n"
        "points: {default: {retry: {base: 20ms, jitter: 0}}}\n",
        role, u.port, role, peer_url(peer, "/good").text,
        peer_url(peer, "/bad").text);
    (void)snprintf(name, sizeof name, "%s.yaml", role);
    return temp_write(&u.dir, name, text);
}

static void expect(struct process *p, int status, const char *out)
{
    process_expect(p, status, LIMIT_MS);
    ck_assert_msg(strstr(process_out(p), out) != NULL, "%s", process_out(p));
    process_close(&p);
}

static int64_t total(const char *verdict)
{
    return redis_server_count(u.server, "HGET", "extq:{default}:meta", verdict,
                              NULL);
}

/* Every way of a job: delivered, tried again, given up, and taken over from a
 * process that died. The server's own log of denials stays empty. */
START_TEST(the_commands_work_as_their_users)
{
    struct peer *peer = peer_open();
    struct temp_path producer = configure(peer, users_roles[ROLE_PRODUCER]);
    struct temp_path service = configure(peer, users_roles[ROLE_SERVICE]);
    struct temp_path operator= configure(peer, users_roles[ROLE_OPERATOR]);
    struct process *s;

    peer_on(peer, .path = "/good", .act = PEER_HANG);
    peer_on(peer, .path = "/bad", .status = 404);
    s = extq_start(NULL, "run", "-c", service.text);
    expect(extq_start(NULL, "enqueue", "-c", producer.text, "--container",
                      "acme", "--point", "p", "--payload", "{}"),
           0, "");
    (void)ledger_wait(peer_ledger(peer), "/good", 1, LIMIT_MS);
    process_close(&s);
    peer_on(peer, .path = "/good", .fail_first = 1);
    s = extq_start(NULL, "run", "-c", service.text);
    expect(extq_start(NULL, "enqueue", "-c", producer.text, "--container",
                      "acme", "--point", "bad", "--payload", "{}"),
           0, "");
    wait_until(total("delivered") == 1 && total("dead") == 1, LIMIT_MS,
               "both jobs to end");
    expect(extq_start(NULL, "resolve", "-c", service.text, "acme", "p"), 0,
           "/good");
    expect(extq_start(NULL, "resolve", "-c", service.text, "--forget", "acme",
                      "p"),
           0, "/good");
    expect(extq_start(NULL, "outcomes", "-c", operator.text, "--json"), 0,
           "\"verdict\":\"delivered\"");
    expect(extq_start(NULL, "stats", "-c", operator.text), 0, "default");
    process_signal(s, SIGTERM);
    process_expect(s, 0, LIMIT_MS);
    process_close(&s);
    ck_assert_str_eq(redis_server_ask(u.server, "ACL", "LOG", NULL), "");
    peer_close(&peer);
}
END_TEST

START_TEST(a_command_as_the_wrong_user_says_so)
{
    struct peer *peer = peer_open();
    struct temp_path producer = configure(peer, users_roles[ROLE_PRODUCER]);
    struct process *p = extq_start(NULL, "stats", "-c", producer.text);

    ck_assert_int_ne(process_wait(p, LIMIT_MS), 0);
    ck_assert_msg(strstr(process_err(p), "denies access") != NULL, "%s",
                  process_err(p));
    process_close(&p);
    peer_close(&peer);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.acl_run");
    TCase *t = tcase_create("acl_run");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, the_commands_work_as_their_users);
    tcase_add_test(t, a_command_as_the_wrong_user_says_so);
    return run_suite(s);
}
