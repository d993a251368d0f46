#include "fair_sink.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 4096, EVENTS = 256, BACKLOG = 4096 };

struct client {
    int fd, listener;
    bool waiting;
    int64_t due_us;
    TAILQ_ENTRY(client) next;
    size_t len;
    char in[REQUEST_MAX];
};

/* All wait equally long: they are due in order. */
TAILQ_HEAD(waiting, client);

static void forget(struct waiting *all, struct client *c)
{
    if (c->waiting)
        TAILQ_REMOVE(all, c, next);
    (void)close(c->fd);
    free(c);
}

static void watch(struct fair_sink *s, int fd, int listener)
{
    struct client *c = calloc(1, sizeof *c);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

    ck_assert_ptr_nonnull(c);
    c->fd = fd;
    c->listener = listener;
    ck_assert_int_eq(epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e), 0);
}

/* A socket that is bound, and refuses until somebody listens on it. */
static int bind_one(unsigned *ret_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, len), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

static void welcome(struct fair_sink *s, int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
           0)
        watch(s, fd, listener);
}

/* The length of the request at the start of the bytes; 0 = not whole yet. */
static size_t whole_request(const struct client *c)
{
    static const char name[] = "\r\nContent-Length: ";
    const char *end = memmem(c->in, c->len, "\r\n\r\n", 4), *length;
    size_t need;

    if (!end)
        return 0;
    need = (size_t)(end - c->in) + 4;
    length = memmem(c->in, need, name, sizeof name - 1);
    if (length)
        need += strtoul(length + sizeof name - 1, NULL, 10);
    return need <= c->len ? need : 0;
}

static void answer(struct waiting *all, struct client *c, const char *status)
{
    char text[96];
    int len = snprintf(text, sizeof text,
                       "HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\n{}", status);

    if (send(c->fd, text, (size_t)len, MSG_NOSIGNAL) < 0)
        forget(all, c);
}

static void arrived(struct fair_sink *s, struct waiting *all, struct client *c)
{
    enum fair_mode mode = atomic_load(&s->mode);

    c->len = 0;
    if (c->listener == s->bad_fd) {
        (void)atomic_fetch_add(&s->bad_by_second[fair_sink_second(s)], 1);
        if (mode != FAIR_HANGS)
            answer(all, c,
                   mode == FAIR_WELL ? "200 OK" : "503 Service Unavailable");
    } else if (s->delay_us == 0) {
        answer(all, c, "200 OK");
    } else {
        c->due_us = clock_mono_us() + s->delay_us;
        c->waiting = true;
        TAILQ_INSERT_TAIL(all, c, next);
    }
}

static void hear(struct fair_sink *s, struct waiting *all, struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->len, sizeof c->in - c->len, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0 || c->len + (size_t)n == sizeof c->in) {
        forget(all, c);
        return;
    }
    c->len += (size_t)n;
    if (whole_request(c) > 0)
        arrived(s, all, c);
}

static void answer_due(struct waiting *all)
{
    int64_t now = clock_mono_us();
    struct client *c;

    while ((c = TAILQ_FIRST(all)) && c->due_us <= now) {
        TAILQ_REMOVE(all, c, next);
        c->waiting = false;
        answer(all, c, "200 OK");
    }
}

static void *serve(void *arg)
{
    struct fair_sink *s = arg;
    struct waiting all = TAILQ_HEAD_INITIALIZER(all);
    struct epoll_event events[EVENTS];

    for (;;) {
        int n =
            epoll_wait(s->epoll, events, EVENTS, TAILQ_EMPTY(&all) ? -1 : 1);

        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;

            if (c->fd == c->listener)
                welcome(s, c->fd);
            else
                hear(s, &all, c);
        }
        answer_due(&all);
    }
    return NULL;
}

static void listen_at(struct fair_sink *s, int fd)
{
    ck_assert_int_eq(listen(fd, BACKLOG), 0);
    watch(s, fd, fd);
}

struct fair_sink *fair_sink_start(enum fair_mode mode, int64_t delay_us)
{
    struct fair_sink *s = calloc(1, sizeof *s);

    ck_assert_ptr_nonnull(s);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->good_fd = bind_one(&s->good_port);
    s->bad_fd = bind_one(&s->bad_port);
    s->delay_us = delay_us;
    s->start_us = clock_mono_us();
    atomic_store(&s->mode, mode);
    listen_at(s, s->good_fd);
    if (mode != FAIR_REFUSES)
        listen_at(s, s->bad_fd);
    ck_assert_int_eq(pthread_create(&s->thread, NULL, serve, s), 0);
    return s;
}

unsigned fair_sink_heal(struct fair_sink *s)
{
    if (atomic_exchange(&s->mode, FAIR_WELL) == FAIR_REFUSES)
        listen_at(s, s->bad_fd);
    return fair_sink_second(s);
}

unsigned fair_sink_count(const struct fair_sink *s, unsigned from, unsigned to,
                         unsigned *ret_most)
{
    unsigned sum = 0;

    *ret_most = 0;
    for (unsigned i = from; i < to && i < FAIR_SECONDS_MAX; i++) {
        unsigned n = atomic_load(&s->bad_by_second[i]);

        sum += n;
        if (n > *ret_most)
            *ret_most = n;
    }
    return sum;
}

unsigned fair_sink_second(const struct fair_sink *s)
{
    int64_t n = (clock_mono_us() - s->start_us) / 1000000;

    return n < FAIR_SECONDS_MAX ? (unsigned)n : FAIR_SECONDS_MAX - 1;
}
