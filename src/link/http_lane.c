#include "link/http_share.h"

#include "base/check.h"
#include "link/received.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One byte of a body may take a chunk and a TLS record of its own. */
enum { BYTES_BESIDE = 1 << 20, BYTES_A_BYTE = 64 };

/* A host's connections with HTTP/2: as many as take the requests of a client
 * that keeps twice as many, with so many streams each. */
enum { STREAMS_LEAST = 64, CONNECTIONS_LEAST = 8 };

void http_unref(struct http *h)
{
    if (--h->refs > 0)
        return;
    free(h->socks);
    free(h);
}

void lane_fail(struct http_ticket *t, CURLcode code)
{
    answer_finish(t, code);
    dial_end(t);
    t->state = TICKET_EARLY;
    t->http->timers_changed = true;
    TAILQ_INSERT_TAIL(&t->http->early, t, early);
}

/* Out of memory, most likely: after an error the multi handle is of no use
 * until it is empty. Whoever is told may send anew, so all end before any is
 * told. */
static void fail_all(struct lane *lane)
{
    struct http_ticket *t;

    LIST_FOREACH(t, &lane->owner->busy, busy)
    if (t->state == TICKET_SENT && t->lane == lane) {
        (void)snprintf(t->error, sizeof t->error, "%s", err_text(ERR_MEMORY));
        lane_fail(t, CURLE_RECV_ERROR);
    }
}

void lane_act(struct lane *lane, curl_socket_t fd, int what)
{
    int running;
    CURLMcode code;

    lane->owner->records = 0;
    code = curl_multi_socket_action(lane->multi, fd, what, &running);
    lane->turn++;
    http_collect(lane);
    if (code != CURLM_OK)
        fail_all(lane);
}

static void sock_cut(int fd)
{
    char bytes[4096];

    (void)shutdown(fd, SHUT_RDWR);
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

/* What a peer has said unasked must not become the answer to the next request.
 * libcurl 7.88 does not look, so that it has to find the end there. True when
 * there was something. */
static bool sock_spoil_if_talking(const struct sock *s)
{
    char byte;
    bool talks = recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;

    if (talks)
        sock_cut(s->fd);
    return talks;
}

/* Bytes that are neither head nor body (chunk extensions, say) pass by the caps
 * of both: libcurl drops them unseen, megabytes in one call. Asking the kernel
 * costs, so that answers which come at once are not looked at. */
static void sock_bound(struct sock *s)
{
    uint64_t bytes, most = BYTES_BESIDE;

    if (++s->reads < 2 || !received_bytes(s->fd, &bytes))
        return;
    if (s->shared)
        most += BYTES_A_BYTE * s->useful;
    else if (s->ticket)
        most += BYTES_A_BYTE * (uint64_t)s->ticket->body_bytes;
    if (s->received == UINT64_MAX)
        s->received = bytes;
    else if (bytes - s->received > most)
        sock_cut(s->fd);
}

static void sock_offer(struct sock *s)
{
    if (!s->offered)
        host_offer(s->host, s->lane);
    s->offered = true;
}

static void sock_withdraw(struct sock *s)
{
    if (s->offered)
        host_withdraw(s->host, s->lane);
    s->offered = false;
}

/* Another transfer begins on this socket. */
static void sock_begin(struct sock *s, CURL *easy)
{
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&s->ticket);
    s->received = s->idle ? UINT64_MAX : 0;
    s->idle = false;
    sock_withdraw(s);
    s->reads = 0;
}

/* The transfer is over, and the connection is there for the next one. */
static void sock_rest(struct sock *s)
{
    s->idle = true;
    s->ticket = NULL;
    if (!sock_spoil_if_talking(s))
        sock_offer(s);
}

static void sock_watch(struct sock *s, int events);

static void sock_act(struct sock *s, int events)
{
    int what = 0;

    if (events & UV_READABLE)
        what |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        what |= CURL_CSELECT_OUT;
    sock_bound(s);
    lane_act(s->lane, s->fd, what);
}

static void sock_ready(uv_poll_t *poll, int status, int events)
{
    struct sock *s = poll->data;

    if (s->idle) {
        /* The peer closed or spoke while nobody asked: libcurl sees it when
         * it next looks at the connection. */
        if (!s->shared)
            (void)sock_spoil_if_talking(s);
        sock_withdraw(s);
        uv_poll_stop(poll);
        s->watched = 0;
        return;
    }
    if (status == 0 && turn_puts_off(s, events)) {
        uv_poll_stop(poll);
        return;
    }
    /* The connection broke, and libuv watches no more. An answer may have come
     * before: libcurl is to read, and finds the error behind it. */
    if (status < 0) {
        events = UV_READABLE | UV_WRITABLE;
        s->watched = 0;
        sock_watch(s, UV_READABLE);
    }
    sock_act(s, events);
}

static void sock_watch(struct sock *s, int events)
{
    if (events == s->watched)
        return;
    s->watched = events;
    if (events == 0)
        uv_poll_stop(&s->poll);
    else if (!s->put_off)
        check(uv_poll_start(&s->poll, events, sock_ready) == 0);
}

/* As if it had never been put off. */
static void sock_watch_again(struct sock *s)
{
    int events = s->watched;

    turn_forget(s);
    s->watched = 0;
    sock_watch(s, events);
}

void lane_go_on(struct sock *s, int events)
{
    sock_watch_again(s);
    sock_act(s, events);
}

struct sock *sock_find(struct http *h, curl_socket_t fd)
{
    return (size_t)fd < h->sock_slots ? h->socks[fd] : NULL;
}

static enum err slots_for(struct http *h, curl_socket_t fd)
{
    size_t slots = h->sock_slots ? h->sock_slots : 64;
    struct sock **socks;

    while (slots <= (size_t)fd)
        slots *= 2;
    if (slots == h->sock_slots)
        return ERR_OK;
    socks = realloc(h->socks, slots * sizeof *socks);
    if (!socks)
        return ERR_MEMORY;
    memset(socks + h->sock_slots, 0, (slots - h->sock_slots) * sizeof *socks);
    h->socks = socks;
    h->sock_slots = slots;
    return ERR_OK;
}

static struct sock *sock_open(struct lane *lane, curl_socket_t fd)
{
    struct http *h = lane->owner;
    struct sock *s;

    if (slots_for(h, fd))
        return NULL;
    s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    if (uv_poll_init(h->loop, &s->poll, fd) != 0) {
        free(s);
        return NULL;
    }
    s->poll.data = s;
    s->lane = lane;
    s->fd = fd;
    h->socks[fd] = s;
    h->refs++;
    return s;
}

static void sock_closed(uv_handle_t *handle)
{
    struct sock *s = handle->data;

    http_unref(s->lane->owner);
    free(s);
}

static void sock_forget(struct http *h, curl_socket_t fd)
{
    struct sock *s = sock_find(h, fd);

    if (!s)
        return;
    h->socks[fd] = NULL;
    turn_forget(s);
    sock_withdraw(s);
    host_drop(&s->host);
    uv_poll_stop(&s->poll);
    uv_close((uv_handle_t *)&s->poll, sock_closed);
}

bool lane_adopt_socket(const struct http_ticket *t, curl_socket_t fd)
{
    struct sock *s;

    /* The number is new: what was known of it is of a socket that is gone. */
    sock_forget(t->http, fd);
    s = sock_open(t->lane, fd);
    if (s)
        s->host = host_ref(t->host);
    return s;
}

int lane_close_socket(void *http, curl_socket_t fd)
{
    sock_forget(http, fd);
    return close(fd);
}

void lane_forget_sockets(struct http *h)
{
    for (size_t fd = 0; fd < h->sock_slots; fd++)
        sock_forget(h, (curl_socket_t)fd);
}

/* Whether the socket is that of a finished exchange, which libcurl may keep
 * for the next one, and closes by lane_close_socket. It closes others (of name
 * lookups, of connects and handshakes that failed) unseen, and their numbers
 * are soon other sockets'. */
static bool is_keepable(const struct sock *s, CURL *easy)
{
    struct http_ticket *t = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
    return s->host && s->watched == UV_READABLE && t && t->head_bytes > 0;
}

/* All of its transfers are over, or pause. */
static void sock_rest_shared(struct sock *s)
{
    s->idle = true;
    sock_watch(s, UV_READABLE);
}

/* libcurl watches the socket no more; NULL = nor did we. */
static void sock_leave(struct lane *lane, struct sock *s, CURL *easy)
{
    if (!s)
        return;
    if (s->put_off)
        sock_watch_again(s);
    if (s->shared)
        sock_rest_shared(s);
    else if (s->ticket && s->ticket->paused)
        sock_watch(s, 0);
    else if (is_keepable(s, easy))
        sock_rest(s);
    else
        sock_forget(lane->owner, s->fd);
}

/* CURLMOPT_SOCKETFUNCTION. */
static int lane_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                       void *socket_arg)
{
    struct lane *lane = arg;
    struct sock *s = sock_find(lane->owner, fd);

    (void)socket_arg;
    if (what == CURL_POLL_REMOVE) {
        sock_leave(lane, s, easy);
        return 0;
    }
    if (!s && !(s = sock_open(lane, fd)))
        return 0; /* out of memory: the transfer ends by its deadline */
    if (s->shared)
        s->idle = false;
    else if (!s->ticket)
        sock_begin(s, easy);
    sock_watch(s, (what & CURL_POLL_IN ? UV_READABLE : 0) |
                      (what & CURL_POLL_OUT ? UV_WRITABLE : 0));
    return 0;
}

void lane_kick(struct lane *lane)
{
    if (!lane->kick)
        return;
    lane->kick = false;
    lane_act(lane, CURL_SOCKET_TIMEOUT, 0);
}

void lane_take_off(struct http_ticket *t)
{
    check(curl_multi_remove_handle(t->lane->multi, t->easy) == CURLM_OK);
    /* Its memory may go; libcurl may not have looked at it yet. */
    curl_easy_setopt(t->easy, CURLOPT_RESOLVE, NULL);
}

CURLM *lane_multi(struct lane *lane)
{
    const struct http_options *o = &lane->owner->options;
    bool shares = lane_multiplexes(lane);
    long kept = shares ? (long)o->max_connections
                       : 2 * (long)o->max_connections / LANES;

    if (lane->multi)
        return lane->multi;
    lane->multi = curl_multi_init();
    if (!lane->multi)
        return NULL;
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, lane_socket);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, lane_note_timer);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS,
                      kept < 128 ? 128 : kept);
    curl_multi_setopt(lane->multi, CURLMOPT_PIPELINING,
                      shares ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING);
    if (shares) /* otherwise libcurl 7.88 opens one for each request of a burst
                   that finds no stream free */
        curl_multi_setopt(lane->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                          kept / STREAMS_LEAST < CONNECTIONS_LEAST
                              ? (long)CONNECTIONS_LEAST
                              : kept / STREAMS_LEAST);
    return lane->multi;
}
