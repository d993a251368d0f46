#include "support/tripwire.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool lo_up(int fd)
{
    struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK};

    return ioctl(fd, SIOCSIFFLAGS, &r) == 0;
}

static bool lo_add(int fd, const char *name, const char *address)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    struct ifreq r = {.ifr_flags = 0};

    (void)snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    (void)inet_pton(AF_INET, address, &at.sin_addr);
    memcpy(&r.ifr_addr, &at, sizeof at);
    return ioctl(fd, SIOCSIFADDR, &r) == 0;
}

bool tripwire_isolate(void)
{
    bool done = false;
    int fd;

    if (unshare(CLONE_NEWNET) == 0 &&
        (fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0) {
        done = lo_up(fd) && lo_add(fd, "lo:1", "169.254.169.254") &&
               lo_add(fd, "lo:2", "10.99.0.1") &&
               lo_add(fd, "lo:3", "52.99.0.1");
        (void)close(fd);
    }
    if (!done)
        (void)fprintf(stderr, "SKIPPED: no network of our own here: %s\n",
                      strerror(errno));
    return done;
}

static void listen_at(struct tripwire *t, const struct sockaddr *at,
                      socklen_t len)
{
    struct sockaddr_in6 got = {.sin6_port = 0};
    socklen_t got_len = sizeof got;

    ck_assert_msg(bind(t->fd, at, len) == 0, "%s", strerror(errno));
    ck_assert_int_eq(listen(t->fd, 1024), 0);
    ck_assert_int_eq(getsockname(t->fd, (struct sockaddr *)&got, &got_len), 0);
    /* At the same place for both kinds. */
    t->port = ntohs(got.sin6_port);
}

void tripwire_open_at(struct tripwire *t, const char *address, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};

    t->connections = 0;
    t->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(t->fd, 0);
    ck_assert_int_eq(inet_pton(AF_INET, address, &at.sin_addr), 1);
    listen_at(t, (const struct sockaddr *)&at, sizeof at);
}

void tripwire_open(struct tripwire *t)
{
    const struct sockaddr_in6 at = {.sin6_family = AF_INET6,
                                    .sin6_addr = IN6ADDR_ANY_INIT};
    int both = 0;

    t->connections = 0;
    t->fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->fd < 0) { /* there is no IPv6 here */
        tripwire_open_at(t, "0.0.0.0", 0);
        return;
    }
    ck_assert_int_eq(
        setsockopt(t->fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both), 0);
    listen_at(t, (const struct sockaddr *)&at, sizeof at);
}

unsigned tripwire_count(struct tripwire *t)
{
    int fd;

    while ((fd = accept(t->fd, NULL, NULL)) >= 0) {
        t->connections++;
        (void)close(fd);
    }
    return t->connections;
}

void tripwire_close(struct tripwire *t)
{
    (void)close(t->fd);
}
