#include "link/http_share.h"

#include "base/check.h"
#include "link/received.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One byte of a body may take a chunk and a TLS record of its own. */
enum { BYTES_BESIDE = 1 << 20, BYTES_A_BYTE = 64 };

static void sock_cut(int fd)
{
    char bytes[4096];

    (void)shutdown(fd, SHUT_RDWR);
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

/* Whether nothing has come, not even the end. What a peer has said unasked must
 * not become the answer to the next request. libcurl 7.88 does not look, so
 * that it has to find the end there. */
static bool sock_is_quiet(const struct sock *s)
{
    char byte;
    ssize_t len = recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    if (len > 0)
        sock_cut(s->fd);
    return len < 0 && errno == EAGAIN;
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
        berth_offer(s->berth);
    s->offered = true;
}

static void sock_withdraw(struct sock *s)
{
    if (s->offered)
        berth_withdraw(s->berth);
    s->offered = false;
}

static void sock_serve(struct sock *s, struct http_ticket *t)
{
    if (s->ticket && s->ticket->unread == s)
        s->ticket->unread = NULL;
    s->ticket = t;
}

/* Another transfer begins on this socket. */
static void sock_begin(struct sock *s, struct http_ticket *t)
{
    sock_serve(s, t);
    s->received = s->idle ? UINT64_MAX : 0;
    s->idle = false;
    sock_withdraw(s);
    s->reads = 0;
}

static void sock_watch(struct sock *s, int events);

/* The transfer is over, and the connection is there for the next one. */
static void sock_rest(struct sock *s)
{
    s->idle = true;
    sock_serve(s, NULL);
    sock_watch(s, UV_READABLE);
    if (sock_is_quiet(s))
        sock_offer(s);
}

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

/* The peer closed or spoke while nobody asked: libcurl sees it when it next
 * looks at the connection. Or it has looked already, before its turn came. */
static void sock_stir(struct sock *s, int status)
{
    if (!s->shared && sock_is_quiet(s) && status == 0)
        return;
    sock_withdraw(s);
    uv_poll_stop(&s->poll);
    s->watched = 0;
}

static void sock_ready(uv_poll_t *poll, int status, int events)
{
    struct sock *s = poll->data;

    if (s->idle) {
        sock_stir(s, status);
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

void sock_go_on(struct sock *s, int events)
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
    sock_serve(s, NULL);
    sock_withdraw(s);
    if (s->berth)
        LIST_REMOVE(s, of_berth);
    berth_drop(&s->berth);
    uv_poll_stop(&s->poll);
    uv_close((uv_handle_t *)&s->poll, sock_closed);
}

bool sock_adopt(const struct http_ticket *t, curl_socket_t fd)
{
    struct sock *s;

    /* The number is new: what was known of it is of a socket that is gone. */
    sock_forget(t->http, fd);
    s = sock_open(t->lane, fd);
    if (!s)
        return false;
    s->berth = berth_ref(t->berth);
    LIST_INSERT_HEAD(&s->berth->socks, s, of_berth);
    return true;
}

int sock_close(void *http, curl_socket_t fd)
{
    sock_forget(http, fd);
    return close(fd);
}

void socks_forget(struct http *h)
{
    for (size_t fd = 0; fd < h->sock_slots; fd++)
        sock_forget(h, (curl_socket_t)fd);
}

/* NULL = it is none of ours: libcurl's own. */
static struct http_ticket *ticket_of(CURL *easy)
{
    struct http_ticket *t = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
    return t;
}

/* Whether the transfer's connection has this socket; asking costs. */
static bool is_active(CURL *easy, curl_socket_t fd)
{
    curl_socket_t active = CURL_SOCKET_BAD;

    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &active);
    return active == fd;
}

/* Whether the socket is that of a finished exchange, which libcurl may keep
 * for the next one, and closes by sock_close. It closes others (of name
 * lookups, of connects and handshakes that failed) unseen, and their numbers
 * are soon other sockets'. An answer may have come before libcurl asked to
 * read it. */
static bool is_keepable(const struct sock *s, CURL *easy)
{
    const struct http_ticket *t = ticket_of(easy);

    return s->berth && t && t->head_bytes > 0 &&
           (s->watched == UV_READABLE || is_active(easy, s->fd));
}

/* All of its transfers are over, or pause. */
static void sock_rest_shared(struct sock *s)
{
    s->idle = true;
    sock_watch(s, UV_READABLE);
}

static long local_port(int fd)
{
    union dns_address at = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof at;

    (void)getsockname(fd, &at.any, &len);
    return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port
                                              : at.v4.sin_port);
}

struct sock *sock_of(const struct http_ticket *t)
{
    struct sock *s;
    long port = 0;

    curl_easy_getinfo(t->easy, CURLINFO_LOCAL_PORT, &port);
    LIST_FOREACH(s, &t->berth->socks, of_berth)
    if (local_port(s->fd) == port)
        return s;
    return NULL;
}

/* An answer that came before libcurl asked to read it pauses, too. */
void sock_pause(struct http_ticket *t)
{
    struct sock *s = t->unread ? NULL : sock_of(t);

    if (!s || s->shared)
        return;
    if (s->ticket != t) {
        sock_begin(s, t);
        sock_watch(s, 0);
    }
    t->unread = s;
}

void sock_end(struct http_ticket *t)
{
    if (t->unread)
        sock_rest(t->unread);
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

int sock_wanted(CURL *easy, curl_socket_t fd, int what, void *arg,
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
    else if (!s->ticket || s->ticket != ticket_of(easy))
        sock_begin(s, ticket_of(easy));
    sock_watch(s, (what & CURL_POLL_IN ? UV_READABLE : 0) |
                      (what & CURL_POLL_OUT ? UV_WRITABLE : 0));
    return 0;
}
