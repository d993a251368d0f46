#include "link/redis_sync.h"

#include "base/check.h"

#include <hiredis/hiredis.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 64 };

struct redis_sync {
    redisContext *context; /* NULL once the connection broke */
    redisReply *last;
    size_t pending; /* commands queued whose reply was not read */
    int64_t timeout_ms;
    struct why why;
};

static struct timeval to_timeval(int64_t ms)
{
    return (struct timeval){ms / 1000, (ms % 1000) * 1000};
}

static void forget_reply(struct redis_sync *r)
{
    if (r->last)
        freeReplyObject(r->last);
    r->last = NULL;
}

/* Says why and destroys the connection: what would come next on it may belong
 * to an earlier command. */
static enum err break_off(struct redis_sync *r, int system_error)
{
    const redisContext *c = r->context;

    if (c->err == REDIS_ERR_IO &&
        (system_error == EAGAIN || system_error == ETIMEDOUT))
        (void)why_set(&r->why, ERR_REDIS, "no answer within %lld ms",
                      (long long)r->timeout_ms);
    else
        (void)why_set(&r->why, ERR_REDIS, "%s",
                      c->err ? c->errstr : "connection lost");
    redisFree(r->context);
    r->context = NULL;
    r->pending = 0;
    return ERR_REDIS;
}

enum err redis_sync_queue(struct redis_sync *r, int argc, const char **argv,
                          const size_t *lens)
{
    if (!r->context)
        return ERR_REDIS;
    if (redisAppendCommandArgv(r->context, argc, argv, lens) != REDIS_OK)
        return break_off(r, 0);
    r->pending++;
    return ERR_OK;
}

enum err redis_sync_next(struct redis_sync *r, const struct reply **ret)
{
    void *reply = NULL;

    forget_reply(r);
    if (!r->context)
        return ERR_REDIS;
    check(r->pending > 0);
    errno = 0;
    if (redisGetReply(r->context, &reply) != REDIS_OK || !reply)
        return break_off(r, errno);
    r->pending--;
    r->last = reply;
    *ret = reply;
    return ERR_OK;
}

enum err redis_ask(struct redis_sync *r, int argc, const char **argv,
                   const size_t *lens, const struct reply **ret)
{
    enum err e;

    check(r->pending == 0);
    e = redis_sync_queue(r, argc, argv, lens);
    return e ? e : redis_sync_next(r, ret);
}

enum err redis_ask_words(struct redis_sync *r, const struct reply **ret, ...)
{
    const char *argv[WORDS_MAX];
    size_t lens[WORDS_MAX];
    const char *word;
    int argc = 0;
    va_list args;

    va_start(args, ret);
    while ((word = va_arg(args, const char *)) != NULL) {
        check(argc < WORDS_MAX);
        argv[argc] = word;
        lens[argc++] = strlen(word);
    }
    va_end(args);
    return redis_ask(r, argc, argv, lens, ret);
}

static redisContext *dial(const struct redis_address *a, int64_t timeout_ms)
{
    struct timeval timeout = to_timeval(timeout_ms);
    redisContext *c = a->socket[0]
                          ? redisConnectUnixWithTimeout(a->socket, timeout)
                          : redisConnectWithTimeout(a->host, a->port, timeout);

    if (!c || c->err)
        return c;
    /* hiredis leaves its sockets open across exec. */
    (void)fcntl(c->fd, F_SETFD, FD_CLOEXEC);
    if (redisSetTimeout(c, timeout) == REDIS_OK && !a->socket[0])
        (void)redisEnableKeepAlive(c);
    return c;
}

static enum err expect_ok(struct redis_sync *r, enum err e,
                          const struct reply *reply)
{
    struct span text;

    if (e || reply_kind(reply) != REPLY_ERROR)
        return e;
    text = reply_span(reply);
    return why_set(&r->why, ERR_REDIS, "%.*s", (int)text.len, text.at);
}

static enum err greet(struct redis_sync *r, const struct redis_address *a)
{
    const struct reply *reply = NULL;
    enum err e = ERR_OK;
    char db[16];

    if (a->password[0] && a->user[0])
        e = redis_ask_words(r, &reply, "AUTH", a->user, a->password, NULL);
    else if (a->password[0])
        e = redis_ask_words(r, &reply, "AUTH", a->password, NULL);
    e = expect_ok(r, e, reply);
    if (e || a->db == 0)
        return e;
    (void)snprintf(db, sizeof db, "%d", a->db);
    e = redis_ask_words(r, &reply, "SELECT", db, NULL);
    return expect_ok(r, e, reply);
}

/* Dials and greets; what failed is in r->why. */
static enum err start(struct redis_sync *r, const struct redis_address *a)
{
    r->context = dial(a, r->timeout_ms);
    if (!r->context)
        return why_set(&r->why, ERR_MEMORY, "out of memory");
    if (r->context->err)
        return break_off(r, errno);
    return greet(r, a);
}

enum err redis_sync_open(const struct redis_address *address,
                         int64_t timeout_ms, struct redis_sync **ret,
                         struct why *why)
{
    struct redis_sync *r = calloc(1, sizeof *r);
    char place[2 * REDIS_PATH_MAX];
    enum err e;

    if (!r)
        return why_set(why, ERR_MEMORY, "out of memory");
    r->timeout_ms = timeout_ms;
    e = start(r, address);
    if (!e) {
        *ret = r;
        return ERR_OK;
    }
    redis_address_text(address, place, sizeof place);
    (void)why_set(why, e, "%s: %.*s", place, (int)sizeof place - 1,
                  r->why.text);
    redis_sync_close(&r);
    return e;
}

const char *redis_sync_error(const struct redis_sync *r)
{
    return r->why.text;
}

void redis_sync_close(struct redis_sync **r)
{
    if (!*r)
        return;
    forget_reply(*r);
    if ((*r)->context)
        redisFree((*r)->context);
    free(*r);
    *r = NULL;
}
