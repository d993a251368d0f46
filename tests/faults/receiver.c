#include "faults/receiver.h"

#include "base/clock.h"
#include "faults/witness.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_MAX = 8192, TURN_MS = 2, SLOW_MS = 200, LATE_MS = 800, EVENTS = 256 };
static const int64_t never = INT64_MAX;

/* Calls that are under way at once; only the thread writes. */
struct crowd {
    atomic_size_t now, most;
};

/* One connection; at most one request of it is under way. */
struct peer_line {
    LIST_ENTRY(peer_line) next;
    int fd;
    size_t len;
    char in[IN_MAX];
    bool waiting;   /* for due_ms, or for the gate */
    int64_t due_ms; /* monotonic; never = while the gate is shut */
    struct call call;
    struct crowd *crowd; /* NULL unless it is counted */
    char point[32];      /* of a question to the registry, otherwise "" */
};

LIST_HEAD(peer_lines, peer_line);

struct receiver {
    pthread_t thread;
    int listener, epoll, port;
    struct pen pen;
    struct peer_lines lines;
    atomic_bool stop, hold;
    atomic_size_t calls, waiting;
    struct crowd capped[RECEIVER_GROUPS], busy[RECEIVER_GROUPS];
    unsigned asked; /* for the flaky point */
};

static void note(struct receiver *r, const struct call *c)
{
    pen_line(&r->pen, "%" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRId64 " %d\n",
             c->job, c->attempt, c->epoch, c->at_us, c->status);
}

static void join_crowd(struct peer_line *l, struct crowd *groups)
{
    uint32_t group = l->call.job / RECEIVER_GROUP_JOBS;
    size_t now;

    if (group >= RECEIVER_GROUPS)
        return;
    l->crowd = &groups[group];
    now = atomic_fetch_add(&l->crowd->now, 1) + 1;
    if (now > atomic_load(&l->crowd->most))
        atomic_store(&l->crowd->most, now);
}

/* The call is over: noted before anybody can know. */
static void end_call(struct receiver *r, struct peer_line *l)
{
    note(r, &l->call);
    atomic_fetch_sub(&r->waiting, 1);
    if (l->crowd)
        atomic_fetch_sub(&l->crowd->now, 1);
    l->crowd = NULL;
}

static void hang_up(struct receiver *r, struct peer_line *l)
{
    if (l->waiting && !l->point[0]) {
        l->call.status = 0;
        end_call(r, l);
    }
    LIST_REMOVE(l, next);
    /* A child that is about to become a service may share it for a moment:
     * closing alone would leave it in the set. */
    (void)epoll_ctl(r->epoll, EPOLL_CTL_DEL, l->fd, NULL);
    (void)close(l->fd);
    free(l);
}

static size_t write_answer(const struct receiver *r, const struct peer_line *l,
                           char *out, size_t size)
{
    char body[160] = "{}";
    int len;

    if (l->point[0])
        (void)snprintf(
            body, sizeof body,
            "{\"url\":\"http://127.0.0.1:%d/ext/%s\",\"secret\":\"s\"}",
            r->port, l->point);
    len = snprintf(out, size,
                   "HTTP/1.1 %d -\r\ncontent-type: application/json\r\n"
                   "content-length: %zu\r\n\r\n%s",
                   l->call.status, strlen(body), body);
    return (size_t)len;
}

/* The line is written before the answer leaves: nobody can know of a 2xx that
 * the ledger does not. */
static bool answer(struct receiver *r, struct peer_line *l)
{
    char out[512];
    size_t len = write_answer(r, l, out, sizeof out);

    l->waiting = false;
    if (!l->point[0])
        end_call(r, l);
    l->point[0] = '\0';
    return send(l->fd, out, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* The value of a header as it stands; "" when there is none. */
static const char *header(const char *head, const char *name)
{
    size_t len = strlen(name);

    for (const char *line = strstr(head, "\r\n"); line;
         line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " ");
    }
    return "";
}

static void plan_call(struct receiver *r, struct peer_line *l, const char *kind)
{
    struct call *c = &l->call;
    const char *id = header(l->in, "webhook-id");

    *c = (struct call){.at_us = clock_mono_us(), .status = 200};
    c->job = job_of_id(id, strcspn(id, "\r"));
    c->attempt = (uint32_t)strtoul(header(l->in, "extq-attempt"), NULL, 10);
    c->epoch = epoch_of_text(header(l->in, "extq-epoch"));
    l->due_ms = 0;
    if ((strncmp(kind, "retry ", 6) == 0 ||
         strncmp(kind, "tripping ", 9) == 0) &&
        c->attempt == 1)
        c->status = 503;
    else if (strncmp(kind, "moved ", 6) == 0 && c->attempt == 1)
        c->status = 404;
    else if (strncmp(kind, "dead ", 5) == 0)
        c->status = 400;
    else if (strncmp(kind, "slow ", 5) == 0 || strncmp(kind, "busy ", 5) == 0 ||
             strncmp(kind, "capped ", 7) == 0)
        l->due_ms = clock_mono_ms() + (c->job * 7919) % SLOW_MS;
    else if (strncmp(kind, "hold ", 5) == 0)
        l->due_ms = never;
    if (strncmp(kind, "capped ", 7) == 0)
        join_crowd(l, r->capped);
    else if (strncmp(kind, "busy ", 5) == 0)
        join_crowd(l, r->busy);
    atomic_fetch_add(&r->calls, 1);
    atomic_fetch_add(&r->waiting, 1);
}

/* Everything of the request is here: decides what to answer, and when. */
static void plan(struct receiver *r, struct peer_line *l)
{
    const char *path = strchr(l->in, ' ');

    l->waiting = true;
    path = path ? path + 1 : "";
    if (strncmp(path, "/ext/", 5) == 0) {
        plan_call(r, l, path + 5);
        return;
    }
    l->call.status = 200;
    l->due_ms = 0;
    if (sscanf(path, "/registry/%*[^/]/on-%31[a-z]", l->point) != 1)
        (void)snprintf(l->point, sizeof l->point, "none");
    if (strcmp(l->point, "none") == 0)
        l->call.status = 404;
    else if (strcmp(l->point, "flaky") == 0 && !r->asked++)
        l->call.status = 500;
    else if (strcmp(l->point, "late") == 0)
        l->due_ms = clock_mono_ms() + LATE_MS;
}

/* How long the request in l->in is; 0 when some of it is missing. */
static size_t request_len(struct peer_line *l)
{
    char *end;
    size_t len;

    l->in[l->len] = '\0';
    end = strstr(l->in, "\r\n\r\n");
    if (!end)
        return 0;
    len = (size_t)(end - l->in) + 4 +
          strtoul(header(l->in, "content-length"), NULL, 10);
    return len <= l->len ? len : 0;
}

/* Answers what can be answered at once; false when the line broke. */
static bool serve(struct receiver *r, struct peer_line *l)
{
    size_t len;

    while (!l->waiting && (len = request_len(l)) > 0) {
        plan(r, l);
        l->len -= len;
        memmove(l->in, l->in + len, l->len);
        if (l->due_ms == 0 && !answer(r, l))
            return false;
    }
    return l->len < IN_MAX - 1;
}

static void readable(struct receiver *r, struct peer_line *l)
{
    ssize_t got = recv(l->fd, l->in + l->len, IN_MAX - 1 - l->len, 0);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0)
        l->len += (size_t)got;
    if (got <= 0 || !serve(r, l))
        hang_up(r, l);
}

static void let_in(struct receiver *r)
{
    int on = 1;
    int fd = accept4(r->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct peer_line *l = fd >= 0 ? calloc(1, sizeof *l) : NULL;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};

    if (!l) {
        if (fd >= 0)
            (void)close(fd);
        return;
    }
    l->fd = fd;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    LIST_INSERT_HEAD(&r->lines, l, next);
    if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        hang_up(r, l);
}

static void answer_due(struct receiver *r)
{
    struct peer_line *l, *next;
    int64_t now = clock_mono_ms();

    for (l = LIST_FIRST(&r->lines); l; l = next) {
        next = LIST_NEXT(l, next);
        if (!l->waiting)
            continue;
        if (l->due_ms == never ? atomic_load(&r->hold) : l->due_ms > now)
            continue;
        if (!answer(r, l) || !serve(r, l))
            hang_up(r, l);
    }
}

static void *receiver_main(void *arg)
{
    struct receiver *r = arg;
    struct epoll_event events[EVENTS];
    int64_t looked_ms = 0;

    while (!atomic_load(&r->stop)) {
        int count = epoll_wait(r->epoll, events, EVENTS, TURN_MS);

        for (int i = 0; i < count; i++)
            if (events[i].data.ptr)
                readable(r, events[i].data.ptr);
            else
                let_in(r);
        if (clock_mono_ms() != looked_ms) {
            looked_ms = clock_mono_ms();
            answer_due(r);
        }
    }
    return NULL;
}

static void listen_on(struct receiver *r)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    struct epoll_event event = {.events = EPOLLIN};
    socklen_t len = sizeof a;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    r->listener =
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (bind(r->listener, (struct sockaddr *)&a, sizeof a) != 0 ||
        listen(r->listener, 1024) != 0 ||
        getsockname(r->listener, (struct sockaddr *)&a, &len) != 0 ||
        epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->listener, &event) != 0)
        ck_abort_msg("the extension cannot listen: %s", strerror(errno));
    r->port = ntohs(a.sin_port);
}

struct receiver *receiver_open(const char *folder)
{
    struct receiver *r = calloc(1, sizeof *r);

    ck_assert_ptr_nonnull(r);
    LIST_INIT(&r->lines);
    pen_open(&r->pen, folder, "calls");
    listen_on(r);
    if (pthread_create(&r->thread, NULL, receiver_main, r) != 0)
        ck_abort_msg("the extension has no thread");
    return r;
}

void receiver_close(struct receiver **ret)
{
    struct receiver *r = *ret;

    *ret = NULL;
    if (!r)
        return;
    atomic_store(&r->stop, true);
    (void)pthread_join(r->thread, NULL);
    while (!LIST_EMPTY(&r->lines))
        hang_up(r, LIST_FIRST(&r->lines));
    (void)close(r->listener);
    (void)close(r->epoll);
    pen_close(&r->pen);
    free(r);
}

int receiver_port(const struct receiver *r)
{
    return r->port;
}

void receiver_hold(struct receiver *r, bool hold)
{
    atomic_store(&r->hold, hold);
}

size_t receiver_calls(struct receiver *r)
{
    return atomic_load(&r->calls);
}

size_t receiver_waiting(struct receiver *r)
{
    return atomic_load(&r->waiting);
}

size_t receiver_most_capped(struct receiver *r, unsigned group)
{
    return atomic_load(&r->capped[group].most);
}

size_t receiver_most_busy(struct receiver *r, unsigned group)
{
    return atomic_load(&r->busy[group].most);
}
