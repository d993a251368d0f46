#include "cli/bench_sink_serve.h"

#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MAX = 8192, EVENTS = 512 };

struct client {
    int fd;
    bool listens; /* no client, but who brings them */
    bool waiting;
    size_t lane;
    int64_t due_us;
    TAILQ_ENTRY(client) next; /* while waiting */
    size_t len;
    char in[REQUEST_MAX];
};

/* All of one lane wait equally long: they are due in order. */
TAILQ_HEAD(waiting, client);

struct sink {
    int epoll;
    struct sink_counters *counters;
    struct waiting waiting[SINK_LANES];
};

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: application/json\r\n"
                             "Content-Length: 2\r\n\r\n{}";

/* We alone write most counters: no need for a locked instruction. */
static void count(atomic_llong *n, long long by)
{
    atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + by,
                          memory_order_relaxed);
}

static bool watch(struct sink *s, struct client *c)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, c->fd, &e) == 0;
}

static void forget(struct sink *s, struct client *c)
{
    if (c->waiting) {
        TAILQ_REMOVE(&s->waiting[c->lane], c, next);
        count(&s->counters->lanes[c->lane].in_flight, -1);
    }
    (void)close(c->fd);
    free(c);
}

static void welcome(struct sink *s, int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct client *c = malloc(sizeof *c);

        if (!c) {
            (void)close(fd);
            continue;
        }
        c->fd = fd;
        c->listens = c->waiting = false;
        c->len = 0;
        (void)atomic_fetch_add(&s->counters->connections, 1);
        if (!watch(s, c))
            forget(s, c);
    }
}

/* The length of the request at the start of the bytes; 0 = not whole yet. */
static size_t whole_request(const struct client *c)
{
    static const char name[] = "\r\nContent-Length: ";
    const char *end = memmem(c->in, c->len, "\r\n\r\n", 4);
    const char *length;
    size_t need;

    if (!end)
        return 0;
    need = (size_t)(end - c->in) + 4;
    length = memmem(c->in, need, name, sizeof name - 1);
    if (length)
        need += strtoul(length + sizeof name - 1, NULL, 10);
    return need <= c->len ? need : 0;
}

static void reply(struct sink *s, struct client *c)
{
    /* So few bytes always fit into an empty socket buffer. */
    if (send(c->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
        forget(s, c);
}

static void arrived(struct sink *s, struct client *c)
{
    struct sink_lane *lane;
    int64_t now = clock_mono_us(), delay;

    c->lane = memmem(c->in, c->len < 32 ? c->len : 32, " /side", 6) ? SINK_SIDE
                                                                    : SINK_MAIN;
    c->len = 0;
    lane = &s->counters->lanes[c->lane];
    delay = atomic_load(&lane->delay_us);
    atomic_store_explicit(&lane->arrived_us, now, memory_order_relaxed);
    (void)atomic_fetch_add(&lane->served, 1);
    if (delay == 0) {
        reply(s, c);
        return;
    }
    count(&lane->in_flight, 1);
    if (atomic_load(&lane->in_flight) > atomic_load(&lane->most))
        atomic_store(&lane->most, atomic_load(&lane->in_flight));
    c->due_us = now + delay;
    c->waiting = true;
    TAILQ_INSERT_TAIL(&s->waiting[c->lane], c, next);
}

static void hear(struct sink *s, struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->len, sizeof c->in - c->len, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0 || c->waiting) {
        forget(s, c);
        return;
    }
    c->len += (size_t)n;
    if (whole_request(c))
        arrived(s, c);
    else if (c->len == sizeof c->in)
        forget(s, c);
}

/* Answers what is due; returns the time to the next one, -1 = none. */
static int64_t answer_due(struct sink *s)
{
    int64_t now = clock_mono_us(), wait = -1;
    struct client *c;

    for (size_t i = 0; i < SINK_LANES; i++) {
        while ((c = TAILQ_FIRST(&s->waiting[i])) && c->due_us <= now) {
            TAILQ_REMOVE(&s->waiting[i], c, next);
            c->waiting = false;
            count(&s->counters->lanes[i].in_flight, -1);
            reply(s, c);
        }
        if (c && (wait < 0 || c->due_us - now < wait))
            wait = c->due_us - now;
    }
    return wait;
}

static void turn(struct sink *s)
{
    struct epoll_event events[EVENTS];
    int64_t wait = answer_due(s);
    struct timespec limit = {.tv_sec = wait / 1000000,
                             .tv_nsec = wait % 1000000 * 1000};
    int n =
        epoll_pwait2(s->epoll, events, EVENTS, wait < 0 ? NULL : &limit, NULL);

    for (int i = 0; i < n; i++) {
        struct client *c = events[i].data.ptr;

        if (c->listens)
            welcome(s, c->fd);
        else
            hear(s, c);
    }
}

_Noreturn void sink_serve(const int *listeners, size_t listener_count,
                          struct sink_counters *counters)
{
    struct sink s = {.epoll = epoll_create1(EPOLL_CLOEXEC),
                     .counters = counters};

    for (size_t i = 0; i < SINK_LANES; i++)
        TAILQ_INIT(&s.waiting[i]);
    for (size_t i = 0; i < listener_count; i++) {
        struct client *c = calloc(1, sizeof *c);

        if (!c)
            _exit(1);
        c->fd = listeners[i];
        c->listens = true;
        if (!watch(&s, c))
            _exit(1);
    }
    for (;;)
        turn(&s);
}
