/* deploy/redis/users.acl: each role can do its job with it, and nothing
 * else. */
#include "link/redis_sync.h"
#include "support/main.h"
#include "support/peer.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/table.h"
#include "support/temp.h"
#include "support/wait.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT_MS = 20000 };

/* What the shipped file has for a password: the hash of none. */
#define NO_HASH                                                                \
    "0000000000000000000000000000000000000000000000000000000000000000"
#define NOBODY "user default off resetchannels -@all"
#define ADMIN  "user default on nopass ~* &* +@all"

static const char *const roles[] = {"extq-producer", "extq-service",
                                    "extq-operator"};

static struct temp_path dir;
static struct redis_server *server;
static int port;

static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    (void)close(fd);
    return ntohs(at.sin_port);
}

static char *shipped(void)
{
    const char *source = getenv("EXTQ_SOURCE");
    char path[512];

    ck_assert_ptr_nonnull(source);
    (void)snprintf(path, sizeof path, "%s/deploy/redis/users.acl", source);
    return temp_read(path);
}

/* The role's password is its name. */
static void write_hash(const char *role, char *at)
{
    unsigned char hash[32];
    char hex[3];

    ck_assert_int_eq(
        EVP_Digest(role, strlen(role), hash, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < sizeof hash; i++) {
        (void)snprintf(hex, sizeof hex, "%02x", hash[i]);
        memcpy(at + 2 * i, hex, 2);
    }
}

/* The shipped file with passwords, and with a default user for the test. */
static struct temp_path make_users(void)
{
    char *text = shipped(), out[8192];
    const char *nobody = strstr(text, NOBODY);

    ck_assert_ptr_eq(nobody, text);
    (void)snprintf(out, sizeof out, "%s%s", ADMIN, text + strlen(NOBODY));
    for (size_t i = 0; i < ROWS(roles); i++) {
        char *line = strstr(out, roles[i]), *hash;

        ck_assert_ptr_nonnull(line);
        hash = strstr(line, NO_HASH);
        ck_assert_ptr_nonnull(hash);
        write_hash(roles[i], hash);
    }
    free(text);
    return temp_write(&dir, "users.acl", out);
}

static void start_redis(const char *users)
{
    static char number[16], file[512];
    static const char *const words[] = {
        "--port", number, "--bind", "127.0.0.1", "--aclfile", file, NULL};

    port = free_port();
    (void)snprintf(number, sizeof number, "%d", port);
    (void)snprintf(file, sizeof file, "%s", users);
    server = redis_server_start(false, words);
}

static void open_all(void)
{
    struct temp_path users;

    dir = temp_dir();
    users = make_users();
    start_redis(users.text);
    (void)redis_server_ask(server, "LPUSH", "extq:{q}:jobs", "x", NULL);
}

static void close_all(void)
{
    redis_server_close(&server);
}

static struct redis_sync *connect_as(const char *role, const char *password,
                                     struct why *why)
{
    struct redis_address a = {.port = port};
    struct redis_sync *link = NULL;

    (void)snprintf(a.host, sizeof a.host, "127.0.0.1");
    (void)snprintf(a.user, sizeof a.user, "%s", role);
    (void)snprintf(a.password, sizeof a.password, "%s", password);
    return redis_sync_open(&a, LIMIT_MS, &link, why) ? NULL : link;
}

/* The reply to a command of words with blanks between: an error's text, or
 * "". */
static const char *answer(struct redis_sync *link, const char *command)
{
    static char text[512];
    char words[512], *rest = words;
    const char *argv[16];
    const struct reply *reply;
    int argc = 0;

    (void)snprintf(words, sizeof words, "%s", command);
    while ((argv[argc] = strsep(&rest, " ")))
        argc++;
    ck_assert_int_eq(redis_ask(link, argc, argv, NULL, &reply), ERR_OK);
    text[0] = '\0';
    if (reply_kind(reply) == REPLY_ERROR)
        (void)span_copy(reply_span(reply), text, sizeof text);
    return text;
}

static const struct {
    int role;
    const char *command;
} allowed[] = {
    {0, "PING"},
    {0, "LPUSH extq:{q}:jobs {}"},
    {0, "LPUSH extq:{another}:jobs {} {}"},
    {1, "INFO server memory persistence replication"},
    {1, "BLMOVE extq:{q}:jobs extq:{q}:jobs RIGHT RIGHT 1"},
    {2, "INFO server"},
    {2, "LLEN extq:{q}:jobs"},
    {2, "ZCARD extq:{q}:later"},
    {2, "ZCOUNT extq:{q}:later -inf 5"},
    {2, "XLEN extq:{q}:dead"},
    {2, "XRANGE extq:{q}:outcomes - +"},
    {2, "XREVRANGE extq:{q}:outcomes + -"},
    {2, "XREAD COUNT 1 STREAMS extq:{q}:outcomes 0"},
    {2, "HMGET extq:{q}:meta delivered"},
    {2, "ZRANGE extq:{q}:leases 0 -1 WITHSCORES"},
    {2, "HLEN extq:{q}:held:1-2"},
    {2, "HGET extq:{q}:services 1-2"},
    {2, "LRANGE extq:{q}:jobs 0 -1"},
    {2, "HSCAN extq:{q}:held:1-2 0"},
    {2, "ZSCAN extq:{q}:later 0"},
};

START_TEST(a_role_may_do_its_job)
{
    const char *role = roles[allowed[_i].role];
    struct why why = {""};
    struct redis_sync *link = connect_as(role, role, &why);

    ck_assert_msg(link != NULL, "%s", why.text);
    ck_assert_str_eq(answer(link, allowed[_i].command), "");
    redis_sync_close(&link);
}
END_TEST

/* Of each role: P producer, S service, O operator. */
static const struct {
    const char *roles, *command;
} forbidden[] = {
    /* The server itself. */
    {"PSO", "CONFIG GET dir"},
    {"PSO", "CONFIG SET dir /tmp"},
    {"PSO", "CONFIG REWRITE"},
    {"PSO", "ACL LIST"},
    {"PSO", "ACL SETUSER extq-producer +@all"},
    {"PSO", "ACL WHOAMI"},
    {"PSO", "SHUTDOWN NOSAVE"},
    {"PSO", "MODULE LIST"},
    {"PSO", "MONITOR"},
    {"PSO", "CLIENT LIST"},
    {"PSO", "CLIENT KILL TYPE normal"},
    {"PSO", "SLOWLOG GET"},
    {"PSO", "REPLICAOF NO ONE"},
    {"PSO", "SYNC"},
    {"PSO", "BGREWRITEAOF"},
    {"PSO", "SAVE"},
    {"PSO", "LATENCY RESET"},
    {"PSO", "MIGRATE h 1 extq:{q}:jobs 0 1"},
    /* All keys at once, or by name. */
    {"PSO", "FLUSHALL"},
    {"PSO", "FLUSHDB"},
    {"PSO", "SWAPDB 0 1"},
    {"PSO", "KEYS *"},
    {"PSO", "SCAN 0"},
    {"PSO", "RANDOMKEY"},
    {"PSO", "DUMP extq:ext:{acme}:p"},
    {"PSO", "RESTORE extq:{q}:jobs 0 x"},
    {"PSO", "RENAME extq:{q}:jobs extq:{q}:old"},
    {"PSO", "COPY extq:ext:{a}:p extq:ext:{b}:p"},
    {"PSO", "EXPIRE extq:{q}:jobs 1"},
    {"PSO", "SORT extq:{q}:jobs"},
    {"PSO", "PUBLISH c x"},
    {"PSO", "SUBSCRIBE c"},
    /* Code. */
    {"PSO", "EVAL return(1) 0"},
    {"PSO", "EVAL_RO return(1) 0"},
    {"PSO", "SCRIPT LOAD return(1)"},
    {"PSO", "FUNCTION LIST"},
    {"PSO", "FUNCTION DUMP"},
    {"PSO", "FUNCTION DELETE extq"},
    {"PSO", "FUNCTION FLUSH"},
    {"PO", "FUNCTION LOAD x"},
    {"PO", "FCALL f 1 extq:{q}:jobs"},
    {"PSO", "FCALL_RO f 1 extq:{q}:jobs"},
    {"S", "FCALL f 1 other"},
    {"S", "FCALL f 2 extq:{q}:jobs other:{q}:jobs"},
    /* Other keys, for the commands they have. */
    {"P", "LPUSH extq:{q}:later x"},
    {"P", "LPUSH extq:ext:{acme}:p x"},
    {"P", "LPUSH other:{q}:jobs x"},
    {"P", "LPUSH extq:jobs x"},
    {"S", "RPOP other"},
    {"S", "GET other:ext:{acme}:p"},
    {"S", "SET extq x"},
    {"S", "BLMOVE extq:{q}:jobs other RIGHT RIGHT 1"},
    {"O", "XRANGE other:{q}:outcomes - +"},
    {"O", "HGET extq:ext:{acme}:p f"},
    {"O", "LRANGE extq:ext:{acme}:p 0 -1"},
    /* Reading and changing beyond their job. */
    {"P", "RPOP extq:{q}:jobs"},
    {"P", "LRANGE extq:{q}:jobs 0 -1"},
    {"P", "LLEN extq:{q}:jobs"},
    {"P", "DEL extq:{q}:jobs"},
    {"P", "XRANGE extq:{q}:outcomes - +"},
    {"P", "XADD extq:{q}:outcomes * a b"},
    {"P", "INFO server"},
    {"PO", "GET extq:ext:{acme}:p"},
    {"PO", "SET extq:ext:{acme}:p x"},
    {"S", "LPUSH extq:{q}:jobs x"},
    {"S", "LRANGE extq:{q}:jobs 0 -1"},
    {"S", "XRANGE extq:{q}:outcomes - +"},
    {"S", "UNLINK extq:{q}:jobs"},
    {"O", "LPUSH extq:{q}:jobs x"},
    {"O", "RPOP extq:{q}:jobs"},
    {"O", "XADD extq:{q}:outcomes * a b"},
    {"O", "XDEL extq:{q}:outcomes 1-1"},
    {"O", "XTRIM extq:{q}:outcomes MAXLEN 0"},
    {"O", "XGROUP CREATE extq:{q}:outcomes g 0"},
    {"O", "HSET extq:{q}:meta a b"},
    {"O", "ZADD extq:{q}:leases 0 e"},
    {"O", "ZREM extq:{q}:later x"},
    {"O", "DEL extq:{q}:jobs"},
    {"O", "BLMOVE extq:{q}:jobs extq:{q}:jobs RIGHT RIGHT 1"},
};

START_TEST(a_role_may_do_nothing_else)
{
    for (const char *r = forbidden[_i].roles; *r; r++) {
        const char *role = roles[strchr("PSO", *r) - "PSO"], *got;
        struct why why = {""};
        struct redis_sync *link = connect_as(role, role, &why);

        ck_assert_msg(link != NULL, "%s", why.text);
        got = answer(link, forbidden[_i].command);
        ck_assert_msg(strncmp(got, "NOPERM ", 7) == 0, "%s: %s: \"%s\"", role,
                      forbidden[_i].command, got);
        redis_sync_close(&link);
    }
}
END_TEST

START_TEST(as_shipped_the_file_lets_nobody_in)
{
    struct redis_sync *link;
    struct why why = {""};
    char *text = shipped();

    (void)temp_write(&dir, "users.acl", text);
    free(text);
    ck_assert_str_eq(redis_server_ask(server, "ACL", "LOAD", NULL), "OK");
    link = connect_as("", "", &why);
    ck_assert_ptr_nonnull(link);
    ck_assert(strncmp(answer(link, "PING"), "NOAUTH", 6) == 0);
    redis_sync_close(&link);
    for (size_t i = 0; i < ROWS(roles); i++) {
        ck_assert_ptr_null(connect_as(roles[i], roles[i], &why));
        ck_assert_msg(strstr(why.text, "WRONGPASS") != NULL, "%s", why.text);
    }
}
END_TEST

/* A configuration for that role. */
static struct temp_path configure(const struct peer *peer, const char *role)
{
    char text[4096];

    (void)temp_write(&dir, role, role);
    (void)temp_write(&dir, "secret", "s3cr3t\n");
    (void)snprintf(
        text, sizeof text,
        "redis: {url: \"redis://%s@127.0.0.1:%d\", password_file: %s}\n"
        "workers: 1\nlease: 1s\nops: {listen: \"\"}\n"
        "network: {allow: [127.0.0.1], schemes: [http]}\n"
        "cache: {local: 0}\n"
        "extensions: [{container: acme, point: p, secret_file: secret,\n"
        "  url: \"%s\"}, {container: acme, point: bad, url: \"%s\"}]\n"
        "points: {default: {retry: {base: 20ms, jitter: 0}}}\n",
        role, port, role, peer_url(peer, "/good").text,
        peer_url(peer, "/bad").text);
    return temp_write(&dir,
                      strcmp(role, roles[1]) == 0   ? "service.yaml"
                      : strcmp(role, roles[0]) == 0 ? "producer.yaml"
                                                    : "operator.yaml",
                      text);
}

static void expect(struct process *p, int status, const char *out)
{
    process_expect(p, status, LIMIT_MS);
    ck_assert_msg(strstr(process_out(p), out) != NULL, "%s", process_out(p));
    process_close(&p);
}

static int64_t total(const char *verdict)
{
    return redis_server_count(server, "HGET", "extq:{default}:meta", verdict,
                              NULL);
}

/* Every way of a job: delivered, tried again, given up, and taken over from a
 * process that died. The server's own log of denials stays empty. */
START_TEST(the_commands_work_as_their_users)
{
    struct peer *peer = peer_open();
    struct temp_path producer = configure(peer, roles[0]);
    struct temp_path service = configure(peer, roles[1]);
    struct temp_path operator= configure(peer, roles[2]);
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
    ck_assert_str_eq(redis_server_ask(server, "ACL", "LOG", NULL), "");
    peer_close(&peer);
}
END_TEST

START_TEST(a_command_as_the_wrong_user_says_so)
{
    struct peer *peer = peer_open();
    struct temp_path producer = configure(peer, roles[0]);
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
    Suite *s = suite_create("service.acl");
    TCase *t = tcase_create("acl");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(t, a_role_may_do_its_job, 0, ROWS(allowed));
    tcase_add_loop_test(t, a_role_may_do_nothing_else, 0, ROWS(forbidden));
    tcase_add_test(t, as_shipped_the_file_lets_nobody_in);
    tcase_add_test(t, the_commands_work_as_their_users);
    tcase_add_test(t, a_command_as_the_wrong_user_says_so);
    return run_suite(s);
}
