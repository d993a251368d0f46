#include "link/redis_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "link/redis_tls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

/* The loop's side of hiredis: reads are always watched, writes only while a
 * send would block or a connect is under way. */

static void wire_read(struct wire *w)
{
    struct redis *r = w->owner;

    r->heard_ms = clock_mono_ms();
    redisAsyncHandleRead(w->ac);
    if (w->ac && r->wire == w && !redis_reader_allows(&w->reader))
        redis_break(r, w->reader.why);
}

static void wire_ready(uv_poll_t *poll, int status, int events)
{
    struct wire *w = poll->data;

    if (status < 0)
        events = UV_READABLE | UV_WRITABLE;
    if (events & UV_READABLE)
        wire_read(w);
    if (w->ac && (events & UV_WRITABLE))
        redisAsyncHandleWrite(w->ac);
}

static void wire_watch(struct wire *w, int events)
{
    if (events == w->events || !w->ac)
        return;
    w->events = events;
    check(uv_poll_start(&w->poll, events, wire_ready) == 0);
}

static void wire_add_read(void *arg)
{
    struct wire *w = arg;

    wire_watch(w, w->events | UV_READABLE);
}

static void wire_del_read(void *arg)
{
    struct wire *w = arg;

    wire_watch(w, w->events & ~UV_READABLE);
}

/* hiredis asks for this after each command; the send waits for redis_flush. */
static void wire_add_write(void *arg)
{
    struct wire *w = arg;

    if (w->owner->up)
        w->owner->dirty = true;
    else
        wire_watch(w, w->events | UV_WRITABLE);
}

static void wire_del_write(void *arg)
{
    struct wire *w = arg;

    wire_watch(w, w->events & ~UV_WRITABLE);
}

static void wire_closed(uv_handle_t *handle)
{
    struct wire *w = handle->data;

    redis_unref(w->owner);
    free(w);
}

static void wire_cleanup(void *arg)
{
    struct wire *w = arg;

    w->ac = NULL;
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, wire_closed);
}

void wire_set_socket_options(int fd)
{
    int on = 1;
    unsigned timeout_ms = 10000;

    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
               sizeof timeout_ms);
}

/* hiredis aborts the process for a reply that none of its calls waits for. */
static bool wire_expects(void *arg)
{
    const struct wire *w = arg;

    return w->ac && w->ac->replies.head;
}

/* Takes over a context that is connecting. */
static enum err wire_open(struct redis *r, redisAsyncContext *ac)
{
    struct wire *w = calloc(1, sizeof *w);

    if (!w)
        return ERR_MEMORY;
    if (uv_poll_init(r->loop, &w->poll, ac->c.fd) != 0) {
        free(w);
        return ERR_IO;
    }
    w->owner = r;
    w->ac = ac;
    w->poll.data = w;
    r->refs++;
    r->wire = w;
    r->connect_due_ms = clock_mono_ms() + r->options.connect_ms;
    redis_reader_watch(&w->reader, &ac->c, wire_expects, w);
    ac->data = ac->ev.data = w;
    ac->ev.addRead = wire_add_read;
    ac->ev.delRead = wire_del_read;
    ac->ev.addWrite = wire_add_write;
    ac->ev.delWrite = wire_del_write;
    ac->ev.cleanup = wire_cleanup;
    redisAsyncSetConnectCallback(ac, redis_connected);
    redisAsyncSetDisconnectCallback(ac, redis_disconnected);
    redis_arm(r, r->options.connect_ms);
    return ERR_OK;
}

/* Takes the context. */
static void take_over(struct redis *r, redisAsyncContext *ac, const char *host)
{
    const struct redis_address *a = r->options.address;
    struct why why = {"cannot connect"};
    struct ssl_st *tls = NULL;
    enum err e = !ac || ac->err ? ERR_REDIS : ERR_OK;

    if (ac && ac->err && ac->errstr && *ac->errstr)
        (void)why_set(&why, e, "%s", ac->errstr);
    if (!e && a->tls)
        e = redis_tls_start(&ac->c, a, host, &tls, &why);
    if (!e)
        e = wire_open(r, ac);
    if (!e) {
        r->wire->tls = tls;
        return;
    }
    redis_lost(r, why.text);
    if (ac)
        redisAsyncFree(ac);
}

/* `host` is how its certificate names it. */
static void connect_to(struct redis *r, const char *ip, int port,
                       const char *host)
{
    take_over(r, redisAsyncConnect(ip, port), host);
}

/* A host may have addresses where Redis does not listen (::1 beside 127.0.0.1):
 * each failed attempt moves on to the next. */
static const struct addrinfo *choose(const struct addrinfo *found,
                                     unsigned turn)
{
    const struct addrinfo *a;
    unsigned count = 0;

    for (a = found; a; a = a->ai_next)
        count++;
    a = found;
    for (turn %= count; turn > 0; turn--)
        a = a->ai_next;
    return a;
}

static bool write_ip(const struct addrinfo *a, char *ip, size_t size)
{
    return getnameinfo(a->ai_addr, a->ai_addrlen, ip, (socklen_t)size, NULL, 0,
                       NI_NUMERICHOST) == 0;
}

static void looked_up(void *arg, const struct lookup_result *l)
{
    struct redis *r = arg;
    char ip[INET6_ADDRSTRLEN + 16]; /* with a scope */

    r->lookup = NULL;
    if (l->found)
        r->range = l->server.range;
    if (l->found && write_ip(choose(l->found, r->turn), ip, sizeof ip))
        connect_to(r, ip, l->server.place.port, l->server.place.host);
    else
        redis_lost(r, l->why.text);
}

/* hiredis would resolve inside connect and hold up the loop. */
static void look_up(struct redis *r)
{
    struct lookup_request request = {r->options.address, r->turn, looked_up, r};

    if (lookup_start(r->loop, &request, &r->lookup))
        redis_lost(r, "it cannot be looked up");
}

void wire_connect(struct redis *r)
{
    const struct redis_address *a = r->options.address;
    const char *host = a->place.host;
    unsigned char ip[16];

    if (r->lookup)
        return;
    if (a->socket[0])
        take_over(r, redisAsyncConnectUnix(a->socket), "");
    else if (inet_pton(AF_INET, host, ip) == 1 ||
             inet_pton(AF_INET6, host, ip) == 1)
        connect_to(r, host, a->place.port, host);
    else
        look_up(r);
}

void wire_want_write(struct wire *w)
{
    wire_watch(w, w->events | UV_WRITABLE);
}
