#include "support/peer.h"

#include "support/peer_internal.h"

#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RULES_MAX = 64, BACKLOG = 4096, REQUEST_MAX = 64 << 20 };

struct rule {
    struct peer_rule rule;
    unsigned used; /* requests it was chosen for */
};

struct peer {
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t stop;
    pthread_t thread;
    int port;
    struct ledger *ledger;
    char chunk[64 << 10]; /* reads of all connections, one at a time */
    pthread_mutex_t lock; /* of what follows */
    struct rule rules[RULES_MAX];
    size_t rule_count;
    unsigned accepted, open;
};

static bool path_matches(const char *pattern, const char *path)
{
    size_t len = pattern ? strlen(pattern) : 0;

    if (!pattern)
        return true;
    if (len > 0 && pattern[len - 1] == '*')
        return strncmp(pattern, path, len - 1) == 0;
    return strcmp(pattern, path) == 0;
}

/* Fills c->now with what the rules say about the request. */
static void choose(struct conn *c, const struct peer_request *r)
{
    struct peer *p = c->peer;
    bool failing = false;

    c->now = (struct peer_rule){.status = 404};
    (void)pthread_mutex_lock(&p->lock);
    for (size_t i = p->rule_count; i-- > 0;) {
        struct rule *rule = &p->rules[i];

        if (!path_matches(rule->rule.path, r->path) ||
            (rule->rule.method && strcmp(rule->rule.method, r->method) != 0))
            continue;
        failing = rule->used++ < rule->rule.fail_first;
        c->now = rule->rule;
        break;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (failing) {
        c->now.act = PEER_ANSWER;
        c->now.status = c->now.fail_status > 0 ? c->now.fail_status : 503;
    } else if (c->now.script) {
        c->now.script(c->now.arg, r, &c->now);
    }
}

/* Takes one whole request off c->in; false when there is none yet. */
static bool take_request(struct conn *c)
{
    const char *end =
        c->in.len > 0 ? memmem(c->in.at, c->in.len, "\r\n\r\n", 4) : NULL;
    struct peer_request *r;
    const char *length;
    size_t head_len, body_len;

    if (!end)
        return false;
    head_len = (size_t)(end - c->in.at);
    r = ledger_read((struct span){c->in.at, head_len});
    if (!r) {
        conn_end(c, true);
        return false;
    }
    length = request_header(r, "Content-Length");
    body_len = length ? (size_t)strtoull(length, NULL, 10) : 0;
    if (c->in.len < head_len + 4 + body_len) {
        if (request_header(r, "Expect") && c->in.len == head_len + 4)
            conn_continue(c);
        request_free(r);
        return false;
    }
    r->connection = c->number;
    r->turn = ++c->turn;
    ledger_add(c->peer->ledger, r, (struct span){end + 4, body_len});
    choose(c, r);
    c->in.len -= head_len + 4 + body_len;
    memmove(c->in.at, end + 4 + body_len, c->in.len);
    return true;
}

static void on_delay(uv_timer_t *timer)
{
    conn_answer(timer->data);
}

static void proceed(struct conn *c)
{
    if (c->busy || c->closing || !take_request(c))
        return;
    c->busy = true;
    if (c->now.delay_ms > 0)
        (void)uv_timer_start(&c->timer, on_delay, (uint64_t)c->now.delay_ms, 0);
    else
        conn_answer(c);
}

void conn_done(struct conn *c)
{
    c->busy = false;
    if (c->now.close || c->now.drop)
        conn_end(c, false);
    else
        proceed(c);
}

static void count_open(struct peer *p, int change)
{
    (void)pthread_mutex_lock(&p->lock);
    p->open += (unsigned)change;
    (void)pthread_mutex_unlock(&p->lock);
}

static void on_closed(uv_handle_t *handle)
{
    struct conn *c = handle->data;

    if (--c->handles > 0)
        return;
    count_open(c->peer, -1);
    buf_clear(&c->in);
    free(c);
}

void conn_end(struct conn *c, bool reset)
{
    if (c->closing)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->timer, on_closed);
    if (!reset || uv_tcp_close_reset(&c->tcp, on_closed) != 0)
        uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *ret)
{
    struct conn *c = handle->data;

    (void)size;
    *ret = uv_buf_init(c->peer->chunk, sizeof c->peer->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
    struct conn *c = stream->data;

    if (len < 0 ||
        buf_add(&c->in, bytes->base, len > 0 ? (size_t)len : 0) != ERR_OK)
        conn_end(c, false);
    else
        proceed(c);
}

static void on_accept(uv_stream_t *listener, int status)
{
    struct peer *p = listener->data;
    struct conn *c = status == 0 ? calloc(1, sizeof *c) : NULL;

    if (!c)
        return;
    c->peer = p;
    c->in = buf_make(REQUEST_MAX);
    c->handles = 2;
    c->tcp.data = c->timer.data = c;
    count_open(p, 1);
    (void)uv_tcp_init(&p->loop, &c->tcp);
    (void)uv_timer_init(&p->loop, &c->timer);
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0) {
        conn_end(c, false);
        return;
    }
    (void)pthread_mutex_lock(&p->lock);
    c->number = ++p->accepted;
    (void)pthread_mutex_unlock(&p->lock);
    (void)uv_tcp_nodelay(&c->tcp, 1);
    (void)uv_read_start((uv_stream_t *)&c->tcp, on_room, on_read);
}

static void end_handle(uv_handle_t *handle, void *arg)
{
    struct peer *p = arg;

    if (uv_is_closing(handle))
        return;
    if (handle == (uv_handle_t *)&p->listener ||
        handle == (uv_handle_t *)&p->stop)
        uv_close(handle, NULL);
    else
        conn_end(handle->data, false);
}

static void on_stop(uv_async_t *stop)
{
    uv_walk(stop->loop, end_handle, stop->data);
}

static void *serve(void *arg)
{
    struct peer *p = arg;

    (void)uv_run(&p->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void listen_somewhere(struct peer *p)
{
    struct sockaddr_in address;
    int len = sizeof address;

    ck_assert_int_eq(uv_ip4_addr("127.0.0.1", 0, &address), 0);
    ck_assert_int_eq(uv_tcp_init(&p->loop, &p->listener), 0);
    ck_assert_int_eq(uv_tcp_bind(&p->listener, (struct sockaddr *)&address, 0),
                     0);
    p->listener.data = p;
    ck_assert_int_eq(uv_listen((uv_stream_t *)&p->listener, BACKLOG, on_accept),
                     0);
    ck_assert_int_eq(
        uv_tcp_getsockname(&p->listener, (struct sockaddr *)&address, &len), 0);
    p->port = ntohs(address.sin_port);
}

struct peer *peer_open(void)
{
    struct peer *p = calloc(1, sizeof *p);

    ck_assert_ptr_nonnull(p);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)pthread_mutex_init(&p->lock, NULL);
    p->ledger = ledger_open();
    ck_assert_int_eq(uv_loop_init(&p->loop), 0);
    listen_somewhere(p);
    ck_assert_int_eq(uv_async_init(&p->loop, &p->stop, on_stop), 0);
    p->stop.data = p;
    ck_assert_int_eq(pthread_create(&p->thread, NULL, serve, p), 0);
    return p;
}

void peer_close(struct peer **p)
{
    if (!*p)
        return;
    (void)uv_async_send(&(*p)->stop);
    (void)pthread_join((*p)->thread, NULL);
    (void)uv_loop_close(&(*p)->loop);
    (void)pthread_mutex_destroy(&(*p)->lock);
    ledger_close(&(*p)->ledger);
    free(*p);
    *p = NULL;
}

void peer_add(struct peer *p, const struct peer_rule *rule)
{
    (void)pthread_mutex_lock(&p->lock);
    ck_assert_uint_lt(p->rule_count, RULES_MAX);
    p->rules[p->rule_count++] = (struct rule){.rule = *rule};
    (void)pthread_mutex_unlock(&p->lock);
}

int peer_port(const struct peer *p)
{
    return p->port;
}

struct peer_url peer_url(const struct peer *p, const char *path)
{
    struct peer_url ret;

    (void)snprintf(ret.text, sizeof ret.text, "http://127.0.0.1:%d%s", p->port,
                   path);
    return ret;
}

struct ledger *peer_ledger(struct peer *p)
{
    return p->ledger;
}

static unsigned read_count(struct peer *p, const unsigned *count)
{
    unsigned ret;

    (void)pthread_mutex_lock(&p->lock);
    ret = *count;
    (void)pthread_mutex_unlock(&p->lock);
    return ret;
}

unsigned peer_connections(struct peer *p)
{
    return read_count(p, &p->accepted);
}

unsigned peer_open_connections(struct peer *p)
{
    return read_count(p, &p->open);
}

/* Bound and never listening: the socket is left open on purpose, so that
 * nobody else gets the port. */
int refused_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}
