#include "cli/bench_redis.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPLY_MS = 60000, REWRITE_MS = 60000, LOOK_MS = 5, WORDS_MAX = 8 };

/* Free now, and most likely still when Redis takes it. */
static unsigned free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unsigned port = 0;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 &&
        getsockname(fd, (struct sockaddr *)&a, &len) == 0)
        port = ntohs(a.sin_port);
    if (fd >= 0)
        (void)close(fd);
    return port;
}

/* The embedded server has no port; one is opened for the measurement. Nor may
 * it rewrite its file in the middle of one. */
static enum err open_port(struct bench_redis *r, struct why *why)
{
    const struct reply *reply;
    char port[16];

    r->port = free_port();
    (void)snprintf(port, sizeof port, "%u", r->port);
    if (redis_ask_words(r->link, &reply, "CONFIG", "SET", "bind", "127.0.0.1",
                        "port", port, "auto-aof-rewrite-percentage", "0",
                        NULL) ||
        reply_fault(reply) != FAULT_NONE)
        return why_set(why, ERR_REDIS, "Redis cannot listen on port %u",
                       r->port);
    return ERR_OK;
}

static enum err dial(struct bench_redis *r, const char *dir, struct why *why)
{
    struct redis_address a = {.db = 0};
    enum err e;

    embedded_socket(dir, a.socket, sizeof a.socket);
    e = redis_sync_open(&a, REPLY_MS, &r->link, why);
    if (!e)
        e = open_port(r, why);
    redis_sync_close(&r->link);
    if (e)
        return e;
    a = (struct redis_address){.place = {"127.0.0.1", (int)r->port}};
    return redis_sync_open(&a, REPLY_MS, &r->link, why);
}

/* INFO's text, or an empty one; lives until the next question. */
static struct span info(struct bench_redis *r, const char *section)
{
    const struct reply *reply;

    if (redis_ask_words(r->link, &reply, "INFO", section, NULL))
        return span_of("");
    return reply_span(reply);
}

static const char *find_field(struct span text, const char *field)
{
    const char *at =
        text.len ? memmem(text.at, text.len, field, strlen(field)) : NULL;

    return at ? at + strlen(field) : NULL;
}

/* A number of INFO; 0 when it is not there. */
static int64_t info_number(struct bench_redis *r, const char *section,
                           const char *field)
{
    const char *at = find_field(info(r, section), field);

    return at ? strtoll(at, NULL, 10) : 0;
}

enum err bench_redis_start(const char *dir, struct bench_redis *ret,
                           struct why *why)
{
    enum err e = embedded_start(dir, &ret->server, why);
    const char *version;

    if (!e)
        e = dial(ret, dir, why);
    if (e)
        return e;
    ret->pid = (pid_t)info_number(ret, "server", "process_id:");
    version = find_field(info(ret, "server"), "redis_version:");
    (void)snprintf(ret->version, sizeof ret->version, "%.*s",
                   version ? (int)strcspn(version, "\r\n") : 1,
                   version ? version : "?");
    return ERR_OK;
}

void bench_redis_stop(struct bench_redis *r)
{
    redis_sync_close(&r->link);
    embedded_stop(&r->server);
}

enum err bench_redis_empty(struct bench_redis *r)
{
    int64_t until = clock_mono_ms() + REWRITE_MS;
    const struct reply *reply;

    if (redis_ask_words(r->link, &reply, "FLUSHALL", NULL) ||
        redis_ask_words(r->link, &reply, "BGREWRITEAOF", NULL))
        return ERR_REDIS;
    while (info_number(r, "persistence", "aof_rewrite_in_progress:") ||
           info_number(r, "persistence", "aof_rewrite_scheduled:")) {
        if (clock_mono_ms() > until)
            return ERR_REDIS;
        (void)poll(NULL, 0, LOOK_MS);
    }
    return ERR_OK;
}

void bench_redis_calls(struct bench_redis *r, int64_t *ret_all,
                       int64_t *ret_functions)
{
    struct span text = info(r, "commandstats");
    struct span line;

    *ret_all = *ret_functions = 0;
    while (text.len > 0) {
        const char *calls;
        int64_t n;

        line = span_cut(&text, '\n');
        calls = find_field(line, ":calls=");
        n = calls ? strtoll(calls, NULL, 10) : 0;
        *ret_all += n;
        if (find_field(line, "cmdstat_fcall:"))
            *ret_functions += n;
    }
}

int64_t bench_redis_number_of(struct bench_redis *r, const char *const *words)
{
    const char *argv[WORDS_MAX];
    size_t lens[WORDS_MAX];
    const struct reply *reply;
    int count = 0;

    for (; words[count] && count < WORDS_MAX; count++) {
        argv[count] = words[count];
        lens[count] = strlen(words[count]);
    }
    if (redis_ask(r->link, count, argv, lens, &reply) ||
        reply_fault(reply) != FAULT_NONE)
        return -1;
    return reply_number(reply);
}
