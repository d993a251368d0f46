#include "faults/failover.h"

#include "support/port.h"
#include "support/wait.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 20000 };

static bool follows(struct failover *f)
{
    return strstr(redis_server_ask(f->replica, "INFO", "replication", NULL),
                  "master_link_status:up") != NULL;
}

void failover_open(struct failover *f, struct rig *r)
{
    int port = port_free();
    char text[16];

    (void)snprintf(text, sizeof text, "%d", port);
    ck_assert_str_eq(
        redis_server_ask(r->redis, "CONFIG", "SET", "port", text, NULL), "OK");
    (void)redis_server_ask(r->redis, "CONFIG", "SET",
                           "repl-diskless-sync-delay", "0", NULL);
    *f = (struct failover){.words = {"--appendfsync", r->words[1],
                                     "--replicaof", f->host_port, NULL}};
    (void)snprintf(f->host_port, sizeof f->host_port, "127.0.0.1 %d", port);
    f->replica = redis_server_start(true, f->words);
    wait_until(follows(f), LIMIT_MS, "the replica to follow");
}

void failover_catch_up(struct failover *f, struct rig *r)
{
    (void)f;
    (void)redis_server_ask(r->redis, "SET", "mark", "1", NULL);
    (void)redis_server_ask(r->redis, "DEL", "mark", NULL);
    if (redis_server_count(r->redis, "WAIT", "1", "10000", NULL) != 1)
        ck_abort_msg("the replica does not catch up");
}

size_t failover_part(struct failover *f)
{
    static const char script[] =
        "local n = redis.call('LLEN', 'extq:{default}:jobs') + "
        "redis.call('ZCARD', 'extq:{default}:later') "
        "for _, k in ipairs(redis.call('KEYS', 'extq:{default}:held:*')) do "
        "n = n + redis.call('HLEN', k) end return n";

    ck_assert_str_eq(
        redis_server_ask(f->replica, "REPLICAOF", "NO", "ONE", NULL), "OK");
    return (size_t)redis_server_count(f->replica, "EVAL", script, "0", NULL);
}

void failover_move(struct failover *f, struct rig *r)
{
    const char *path = redis_server_socket(r->redis);

    redis_server_kill(r->redis);
    (void)redis_server_ask(f->replica, "REPLICAOF", "NO", "ONE", NULL);
    (void)unlink(path);
    if (symlink(redis_server_socket(f->replica), path) != 0)
        ck_abort_msg("cannot link %s", path);
}

void failover_close(struct failover *f)
{
    redis_server_close(&f->replica);
}
