#include "service/ops_internal.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

/* "host:port" or "[host]:port", which the configuration has made sure of. */
static void split(const char *listen, char host[256], const char **ret_port)
{
    const char *colon = strrchr(listen, ':');
    size_t len = colon ? (size_t)(colon - listen) : 0;

    *ret_port = colon ? colon + 1 : "";
    if (len > 1 && listen[0] == '[') {
        listen++;
        len -= 2;
    }
    (void)snprintf(host, 256, "%.*s", (int)len, listen);
}

/* -1 with errno. */
static int open_at(const struct addrinfo *a)
{
    int fd =
        socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, error;

    if (fd < 0)
        return -1;
    /* What is left of former connections must not keep us out. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

int ops_bind(const char *listen, struct why *why)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *all = NULL;
    char host[256];
    const char *port;
    int fd = -1, failed;

    split(listen, host, &port);
    failed = getaddrinfo(host, port, &hints, &all);
    if (failed) {
        (void)why_set(why, ERR_CONFIG,
                      "ops.listen: %s: %s: name an address of this host", host,
                      gai_strerror(failed));
        return -1;
    }
    errno = EADDRNOTAVAIL;
    for (const struct addrinfo *a = all; fd < 0 && a; a = a->ai_next)
        fd = open_at(a);
    if (fd < 0)
        (void)why_set(why, ERR_CONFIG,
                      "ops.listen: %s: %s: %s, or \"\" for no ops port", listen,
                      strerror(errno),
                      errno == EADDRINUSE
                          ? "another program listens there, name a free port"
                          : "name an address of this host");
    freeaddrinfo(all);
    return fd;
}
