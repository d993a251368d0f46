#include "link/redis_sync.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/file.h"
#include "link/redis_find.h"
#include "link/redis_reader.h"
#include "link/redis_tls.h"

#include <hiredis/hiredis.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct redis_sync {
    struct redis_address address;
    struct redis_found server;
    bool greeting;         /* while it begins */
    bool stray;            /* its slots are with other nodes now */
    redisContext *context; /* NULL once the connection broke */
    struct redis_reader reader;
    redisReply *last;
    size_t pending; /* commands queued whose reply was not read */
    int64_t timeout_ms;
    int64_t asked_ms, heard_ms; /* monotonic, of the reply that is awaited */
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

static void hang_up(struct redis_sync *r)
{
    if (r->context)
        redisFree(r->context);
    r->context = NULL;
}

/* Destroys the connection, for the reason given or hiredis's: what would come
 * next on it may belong to an earlier command. */
static enum err break_off(struct redis_sync *r, const char *why)
{
    const redisContext *c = r->context;

    if (!why)
        why = c->err ? c->errstr : "connection lost";
    (void)why_set(&r->why, ERR_REDIS, "%s",
                  r->reader.why ? r->reader.why : why);
    hang_up(r);
    r->pending = 0;
    return ERR_REDIS;
}

static enum err give_up(struct redis_sync *r)
{
    char why[64];

    (void)snprintf(why, sizeof why, "no answer within %lld ms",
                   (long long)r->timeout_ms);
    return break_off(r, why);
}

static enum err start(struct redis_sync *r);

/* In a cluster a command goes to the master of its slot. */
static enum err route(struct redis_sync *r, int argc, const char **argv,
                      const size_t *lens)
{
    unsigned slot;
    enum err e;

    if (!r->address.cluster || r->greeting ||
        !redis_slot_of(argc, argv, lens, &slot))
        return ERR_OK;
    /* Behind others that strayed it may stray as well: it is told so. */
    if (redis_range_has(r->server.range, slot) && (!r->stray || r->pending))
        return ERR_OK;
    if (r->pending > 0)
        return break_off(r, "its commands lead to several nodes");
    r->address.slot = slot;
    hang_up(r);
    e = start(r);
    if (e)
        hang_up(r);
    return e;
}

enum err redis_sync_queue(struct redis_sync *r, int argc, const char **argv,
                          const size_t *lens)
{
    enum err e;

    if (!r->context)
        return ERR_REDIS;
    e = route(r, argc, argv, lens);
    if (e)
        return e;
    if (r->pending == 0 && redis_reader_has_more(&r->reader))
        return break_off(r, "a reply that nobody asked for");
    if (redisAppendCommandArgv(r->context, argc, argv, lens) != REDIS_OK)
        return break_off(r, NULL);
    r->pending++;
    return ERR_OK;
}

/* Sends and reads what the socket takes and has, waiting for either. The time
 * of the reply begins with the last part of the commands that Redis took. */
static enum err move_bytes(struct redis_sync *r)
{
    redisContext *c = r->context;
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    int64_t left_ms;
    int sent = 0;

    if (redisBufferWrite(c, &sent) != REDIS_OK)
        return break_off(r, NULL);
    if (!sent)
        p.events |= POLLOUT;
    left_ms = redis_reader_due_ms(&r->reader, r->asked_ms, r->heard_ms,
                                  r->timeout_ms) -
              clock_mono_ms();
    if (poll(&p, 1, left_ms > 0 ? (int)left_ms : 0) == 0)
        return give_up(r);
    if (p.revents & POLLOUT)
        r->asked_ms = clock_mono_ms();
    if (!(p.revents & ~POLLOUT))
        return ERR_OK;
    r->heard_ms = clock_mono_ms();
    if (redisBufferRead(c) != REDIS_OK)
        return break_off(r, NULL);
    if (r->heard_ms >= redis_reader_due_ms(&r->reader, r->asked_ms, r->heard_ms,
                                           r->timeout_ms))
        return give_up(r);
    return ERR_OK;
}

enum err redis_sync_next(struct redis_sync *r, const struct reply **ret)
{
    void *reply = NULL;
    enum err e = ERR_OK;

    forget_reply(r);
    if (!r->context)
        return ERR_REDIS;
    check(r->pending > 0);
    r->asked_ms = r->heard_ms = clock_mono_ms();
    redis_reader_next(&r->reader);
    while (!e && !reply) {
        if (redisGetReply(r->context, &reply) != REDIS_OK ||
            (!reply && !redis_reader_allows(&r->reader)))
            e = break_off(r, NULL);
        else if (!reply)
            e = move_bytes(r);
    }
    if (e)
        return e;
    r->pending--;
    r->last = reply;
    r->stray = r->stray || reply_is_moved(reply);
    *ret = reply;
    return ERR_OK;
}

enum err redis_ask(struct redis_sync *r, int argc, const char **argv,
                   const size_t *lens, const struct reply **ret)
{
    enum err e;

    check(r->pending == 0);
    e = redis_sync_queue(r, argc, argv, lens);
    if (!e)
        e = redis_sync_next(r, ret);
    if (e || !r->address.cluster || !reply_is_moved(*ret))
        return e;
    e = redis_sync_queue(r, argc, argv, lens);
    return e ? e : redis_sync_next(r, ret);
}

static redisContext *dial(const struct redis_address *a,
                          const struct redis_place *place, int64_t timeout_ms)
{
    struct timeval timeout = to_timeval(timeout_ms);
    redisContext *c =
        a->socket[0]
            ? redisConnectUnixWithTimeout(a->socket, timeout)
            : redisConnectWithTimeout(place->host, place->port, timeout);

    if (!c || c->err)
        return c;
    /* hiredis leaves its sockets open across exec. */
    (void)fcntl(c->fd, F_SETFD, FD_CLOEXEC);
    if (!a->socket[0])
        (void)redisEnableKeepAlive(c);
    return c;
}

/* hiredis would wait for each read anew, and for the whole of a write: from
 * here on move_bytes does the waiting. */
static enum err unblock(struct redis_sync *r)
{
    redisContext *c = r->context;

    if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0)
        return break_off(r, "its socket cannot be set up");
    c->flags &= ~REDIS_BLOCK;
    redis_reader_watch(&r->reader, c, NULL, NULL);
    return ERR_OK;
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

/* Read anew each time, so that a new password needs no restart. */
static enum err authenticate(struct redis_sync *r,
                             const struct redis_address *a)
{
    struct buf password = buf_make(REDIS_PASSWORD_MAX);
    const struct reply *reply = NULL;
    enum err e = file_read_secret(a->files.password, &password, &r->why);
    const char *words[3] = {"AUTH", a->user, password.at};
    size_t lens[3] = {4, strlen(a->user), password.len};

    if (!e && a->user[0])
        e = redis_ask(r, 3, words, lens, &reply);
    else if (!e)
        e = redis_ask(r, 2, (const char *[]){"AUTH", password.at},
                      (size_t[]){4, password.len}, &reply);
    buf_wipe(&password);
    return expect_ok(r, e, reply);
}

static enum err select_db(struct redis_sync *r, int number)
{
    const struct reply *reply = NULL;
    char db[16];
    enum err e;

    (void)snprintf(db, sizeof db, "%d", number);
    e = redis_ask_words(r, &reply, "SELECT", db, NULL);
    return expect_ok(r, e, reply);
}

static enum err expect_primary(struct redis_sync *r)
{
    const struct reply *reply = NULL;
    enum err e = redis_ask_words(r, &reply, "HELLO", NULL);

    e = expect_ok(r, e, reply);
    if (!e && !reply_is_primary(reply))
        e = why_set(&r->why, ERR_REDIS,
                    "it is no primary: those who named it do not agree yet");
    return e;
}

static enum err greet(struct redis_sync *r, const struct redis_address *a)
{
    enum err e = ERR_OK;

    if (a->files.password[0])
        e = authenticate(r, a);
    if (!e && a->db != 0)
        e = select_db(r, a->db);
    if (!e && a->guide_count > 0)
        e = expect_primary(r);
    return e;
}

/* The handshake waits: as long for each of its steps as for a reply. */
static enum err encrypt(struct redis_sync *r, const struct redis_address *a,
                        const char *host)
{
    struct timeval timeout = to_timeval(r->timeout_ms);
    struct ssl_st *tls;

    if (redisSetTimeout(r->context, timeout) != REDIS_OK)
        return break_off(r, NULL);
    return redis_tls_start(r->context, a, host, &tls, &r->why);
}

static enum err dial_and_greet(struct redis_sync *r)
{
    const struct redis_address *a = &r->address;
    enum err e = ERR_OK;

    errno = 0;
    r->context = dial(a, &r->server.place, r->timeout_ms);
    if (!r->context)
        return why_set(&r->why, ERR_MEMORY, "out of memory");
    if (r->context->err == REDIS_ERR_IO &&
        (errno == EAGAIN || errno == ETIMEDOUT))
        return give_up(r);
    if (r->context->err)
        return break_off(r, NULL);
    if (a->tls)
        e = encrypt(r, a, r->server.place.host);
    if (!e)
        e = unblock(r);
    return e ? e : greet(r, a);
}

/* Finds, dials and greets; what failed is in r->why. */
static enum err start(struct redis_sync *r)
{
    enum err e = ERR_OK;

    if (!r->address.socket[0])
        e = redis_find(&r->address, 0, &r->server, &r->why);
    if (e)
        return e;
    r->stray = false;
    r->greeting = true;
    e = dial_and_greet(r);
    r->greeting = false;
    return e;
}

enum err redis_sync_open(const struct redis_address *address,
                         int64_t timeout_ms, struct redis_sync **ret,
                         struct why *why)
{
    struct redis_sync *r = calloc(1, sizeof *r);
    char place[REDIS_PLACE_TEXT_MAX];
    enum err e;

    if (!r)
        return why_set(why, ERR_MEMORY, "out of memory");
    r->timeout_ms = timeout_ms;
    r->address = *address;
    r->address.nodes = redis_nodes_share(address->nodes);
    e = start(r);
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

bool redis_sync_is_sound(const struct redis_sync *r)
{
    struct pollfd p = {.events = POLLIN};

    if (!r->context || r->stray || r->pending > 0)
        return r->context && !r->stray;
    p.fd = r->context->fd;
    return poll(&p, 1, 0) == 0 && !redis_reader_has_more(&r->reader);
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
    hang_up(*r);
    redis_nodes_drop(&(*r)->address.nodes);
    free(*r);
    *r = NULL;
}
