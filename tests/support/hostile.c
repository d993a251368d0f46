#include "support/hostile.h"

#include "base/check.h"
#include "support/hostile_internal.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connections that never leave an accept queue. */
enum { FULL_CLIENTS = 8, BACKLOG = 4096 };

struct hostile_port {
    SLIST_ENTRY(hostile_port) next;
    struct hostile *owner;
    const struct hostile_script *script;
    pthread_t thread;
    int fd, number;
    bool serving;
    int clients[FULL_CLIENTS]; /* of HOSTILE_FULL */
    unsigned connections, requests;
};

struct hostile {
    const struct hostile_kit *kit;
    struct hostile_port *canary;
    pthread_mutex_t lock; /* of what follows, and of the counts */
    bool closing;
    SLIST_HEAD(, hostile_port) ports;
    SLIST_HEAD(, visit) visits;
};

static const struct hostile_script canary_script = {.steps = {RESET}};

static void lock(struct hostile *h)
{
    (void)pthread_mutex_lock(&h->lock);
}

static void unlock(struct hostile *h)
{
    (void)pthread_mutex_unlock(&h->lock);
}

void visit_read_request(struct visit *v)
{
    lock(v->port->owner);
    v->port->requests++;
    unlock(v->port->owner);
}

static void *visit_main(void *arg)
{
    struct visit *v = arg;
    struct hostile *h = v->port->owner;

    visit_play(v, v->port->script);
    lock(h);
    (void)close(v->fd);
    v->fd = -1;
    unlock(h);
    SSL_free(v->tls);
    return NULL;
}

/* False when all is over. */
static bool visit_begin(struct hostile_port *p, int fd)
{
    struct hostile *h = p->owner;
    struct visit *v = calloc(1, sizeof *v);
    bool closing;

    check(v != NULL);
    v->port = p;
    v->fd = fd;
    v->kit = h->kit;
    v->canary = h->canary->number;
    lock(h);
    closing = h->closing;
    if (!closing) {
        p->connections++;
        SLIST_INSERT_HEAD(&h->visits, v, next);
        check(pthread_create(&v->thread, NULL, visit_main, v) == 0);
    }
    unlock(h);
    if (closing) {
        (void)close(fd);
        free(v);
    }
    return !closing;
}

static void *port_main(void *arg)
{
    struct hostile_port *p = arg;
    int fd;

    while ((fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0 &&
           visit_begin(p, fd))
        ;
    return NULL;
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

static void bind_somewhere(struct hostile_port *p)
{
    struct sockaddr_in at = loopback(0);
    socklen_t len = sizeof at;
    int small = 4096;

    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(p->fd, 0);
    /* So that a peer that does not read fills up soon. */
    (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ck_assert_int_eq(bind(p->fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(getsockname(p->fd, (struct sockaddr *)&at, &len), 0);
    p->number = ntohs(at.sin_port);
}

static void fill_up(struct hostile_port *p)
{
    struct sockaddr_in at = loopback(p->number);

    ck_assert_int_eq(listen(p->fd, 0), 0);
    for (int i = 0; i < FULL_CLIENTS; i++) {
        p->clients[i] =
            socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(p->clients[i], (struct sockaddr *)&at, sizeof at);
    }
}

struct hostile_port *hostile_listen(struct hostile *h,
                                    const struct hostile_script *script)
{
    struct hostile_port *p = calloc(1, sizeof *p);

    ck_assert_ptr_nonnull(p);
    p->owner = h;
    p->script = script;
    SLIST_INSERT_HEAD(&h->ports, p, next);
    bind_somewhere(p);
    if (script->steps[0].op == HOSTILE_FULL) {
        fill_up(p);
    } else if (script->steps[0].op != HOSTILE_CLOSED) {
        ck_assert_int_eq(listen(p->fd, BACKLOG), 0);
        p->serving = true;
        ck_assert_int_eq(pthread_create(&p->thread, NULL, port_main, p), 0);
    }
    return p;
}

struct hostile *hostile_open(const struct hostile_kit *kit)
{
    struct hostile *h = calloc(1, sizeof *h);
    struct rlimit files;

    ck_assert_ptr_nonnull(h);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    h->kit = kit;
    SLIST_INIT(&h->ports);
    SLIST_INIT(&h->visits);
    (void)pthread_mutex_init(&h->lock, NULL);
    h->canary = hostile_listen(h, &canary_script);
    return h;
}

/* Threads end by their sockets. */
static void end_ports(struct hostile *h)
{
    struct hostile_port *p;

    SLIST_FOREACH(p, &h->ports, next)
    {
        (void)shutdown(p->fd, SHUT_RDWR);
        if (p->serving)
            (void)pthread_join(p->thread, NULL);
        for (int i = 0; i < FULL_CLIENTS && p->clients[i] > 0; i++)
            (void)close(p->clients[i]);
        (void)close(p->fd);
    }
}

static void end_visits(struct hostile *h)
{
    struct visit *v;

    lock(h);
    SLIST_FOREACH(v, &h->visits, next)
    if (v->fd >= 0)
        (void)shutdown(v->fd, SHUT_RDWR);
    unlock(h);
    while ((v = SLIST_FIRST(&h->visits))) {
        SLIST_REMOVE_HEAD(&h->visits, next);
        (void)pthread_join(v->thread, NULL);
        free(v);
    }
}

void hostile_close(struct hostile **ret)
{
    struct hostile *h = *ret;
    struct hostile_port *p;

    *ret = NULL;
    if (!h)
        return;
    lock(h);
    h->closing = true;
    unlock(h);
    end_ports(h);
    end_visits(h);
    while ((p = SLIST_FIRST(&h->ports))) {
        SLIST_REMOVE_HEAD(&h->ports, next);
        free(p);
    }
    (void)pthread_mutex_destroy(&h->lock);
    free(h);
}

int hostile_number(const struct hostile_port *p)
{
    return p->number;
}

static unsigned read_count(struct hostile *h, const unsigned *count)
{
    unsigned ret;

    lock(h);
    ret = *count;
    unlock(h);
    return ret;
}

unsigned hostile_connections(struct hostile_port *p)
{
    return read_count(p->owner, &p->connections);
}

unsigned hostile_requests(struct hostile_port *p)
{
    return read_count(p->owner, &p->requests);
}

unsigned hostile_canary(struct hostile *h)
{
    return hostile_connections(h->canary);
}
