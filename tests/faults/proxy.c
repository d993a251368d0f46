#include "faults/proxy.h"

#include "base/clock.h"
#include "faults/proxy_internal.h"
#include "faults/traffic.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINKS_MAX = 128, TURN_MS = 1 };

struct armed {
    struct proxy_rule rule;
    bool there;
    unsigned matched, struck;
};

struct proxy {
    pthread_t thread;
    pthread_mutex_t lock; /* over everything from here to connections */
    struct armed rules[2];
    struct traffic traffic;
    unsigned connections;
    atomic_uint changes; /* of rules */
    atomic_bool stop;
    int listener;
    char url[64], socket[256];
    struct link *links[LINKS_MAX];
    size_t link_count;
};

static bool strikes(struct armed *a, const char *name, unsigned connection)
{
    const struct proxy_rule *rule = &a->rule;

    if (!a->there || (rule->command && strcmp(rule->command, name) != 0) ||
        (rule->connection != 0 && rule->connection != connection))
        return false;
    a->matched++;
    if (rule->nth != 0 && a->matched != rule->nth)
        return false;
    a->struck++;
    return true;
}

bool proxy_judge(struct proxy *p, const char *name, unsigned connection,
                 struct proxy_rule *ret)
{
    bool struck = false;

    (void)pthread_mutex_lock(&p->lock);
    traffic_note(&p->traffic, name, connection, clock_mono_ms());
    for (size_t i = 2; i-- > 0;)
        if (strikes(&p->rules[i], name, connection)) {
            *ret = p->rules[i].rule;
            struck = true;
        }
    (void)pthread_mutex_unlock(&p->lock);
    return struck;
}

static void let_in(struct proxy *p)
{
    int on = 1;
    int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
    struct link *l;

    if (fd < 0)
        return;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)pthread_mutex_lock(&p->lock);
    p->connections++;
    traffic_note(&p->traffic, NULL, p->connections, clock_mono_ms());
    (void)pthread_mutex_unlock(&p->lock);
    if (p->link_count == LINKS_MAX)
        ck_abort_msg("the proxy has too many connections");
    l = link_open(p, fd, p->socket);
    if (!l)
        return;
    l->number = p->connections;
    p->links[p->link_count++] = l;
}

static void take_turn(struct proxy *p, struct pollfd *fds)
{
    for (size_t i = 0; i < p->link_count; i++) {
        fds[1 + 2 * i] = link_client_events(p->links[i]);
        fds[2 + 2 * i] = link_server_events(p->links[i]);
    }
    if (poll(fds, 1 + 2 * p->link_count, TURN_MS) < 0)
        return;
    /* From the end: the last one takes the place of one that is over. */
    for (size_t i = p->link_count; i-- > 0;)
        if (!link_turn(p->links[i], fds[1 + 2 * i].revents,
                       fds[2 + 2 * i].revents))
            p->links[i] = p->links[--p->link_count];
    if (fds[0].revents)
        let_in(p);
}

static void *proxy_main(void *arg)
{
    struct proxy *p = arg;
    struct pollfd fds[1 + 2 * LINKS_MAX];

    fds[0] = (struct pollfd){p->listener, POLLIN, 0};
    while (!atomic_load(&p->stop))
        take_turn(p, fds);
    return NULL;
}

static void listen_on(struct proxy *p)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof a;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->listener =
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(p->listener, (struct sockaddr *)&a, sizeof a) != 0 ||
        listen(p->listener, 128) != 0 ||
        getsockname(p->listener, (struct sockaddr *)&a, &len) != 0)
        ck_abort_msg("the proxy cannot listen: %s", strerror(errno));
    (void)snprintf(p->url, sizeof p->url, "redis://127.0.0.1:%d",
                   ntohs(a.sin_port));
}

struct proxy *proxy_open(const char *redis_socket)
{
    struct proxy *p = calloc(1, sizeof *p);

    ck_assert_ptr_nonnull(p);
    (void)snprintf(p->socket, sizeof p->socket, "%s", redis_socket);
    (void)pthread_mutex_init(&p->lock, NULL);
    listen_on(p);
    if (pthread_create(&p->thread, NULL, proxy_main, p) != 0)
        ck_abort_msg("the proxy has no thread");
    return p;
}

void proxy_close(struct proxy **ret)
{
    struct proxy *p = *ret;

    *ret = NULL;
    if (!p)
        return;
    atomic_store(&p->stop, true);
    (void)pthread_join(p->thread, NULL);
    while (p->link_count > 0)
        link_close(p->links[--p->link_count], false);
    (void)close(p->listener);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

const char *proxy_url(const struct proxy *p)
{
    return p->url;
}

unsigned proxy_rules(const struct proxy *p)
{
    return atomic_load(&p->changes);
}

static void arm(struct proxy *p, size_t i, const struct proxy_rule *rule)
{
    p->rules[i] = (struct armed){.there = rule != NULL};
    if (rule)
        p->rules[i].rule = *rule;
    atomic_fetch_add(&p->changes, 1);
}

void proxy_rule(struct proxy *p, const struct proxy_rule *rule)
{
    (void)pthread_mutex_lock(&p->lock);
    arm(p, 0, rule);
    traffic_mark(&p->traffic);
    (void)pthread_mutex_unlock(&p->lock);
}

void proxy_also(struct proxy *p, const struct proxy_rule *rule)
{
    (void)pthread_mutex_lock(&p->lock);
    arm(p, 1, rule);
    (void)pthread_mutex_unlock(&p->lock);
}

/* A number that the thread may be changing. */
static unsigned locked(struct proxy *p, const unsigned *number)
{
    unsigned ret;

    (void)pthread_mutex_lock(&p->lock);
    ret = *number;
    (void)pthread_mutex_unlock(&p->lock);
    return ret;
}

unsigned proxy_struck(struct proxy *p)
{
    return locked(p, &p->rules[0].struck);
}

unsigned proxy_connections(struct proxy *p)
{
    return locked(p, &p->connections);
}

unsigned proxy_count(struct proxy *p, const char *name)
{
    unsigned count;

    (void)pthread_mutex_lock(&p->lock);
    count = traffic_count(&p->traffic, name);
    (void)pthread_mutex_unlock(&p->lock);
    return count;
}

const char *proxy_name(struct proxy *p, size_t i)
{
    size_t count;

    (void)pthread_mutex_lock(&p->lock);
    count = p->traffic.tally_count;
    (void)pthread_mutex_unlock(&p->lock);
    return i < count ? p->traffic.tallies[i].name : NULL;
}

unsigned proxy_busiest(struct proxy *p)
{
    size_t count;

    (void)pthread_mutex_lock(&p->lock);
    count = traffic_busiest(&p->traffic, NULL);
    (void)pthread_mutex_unlock(&p->lock);
    return (unsigned)count;
}

void proxy_print_busiest(struct proxy *p)
{
    (void)pthread_mutex_lock(&p->lock);
    traffic_print(&p->traffic);
    (void)pthread_mutex_unlock(&p->lock);
}
