#include "service/ops_address.h"
#include "service/ops_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

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
    struct addrinfo *all = NULL;
    int fd = -1;

    if (ops_address_find(listen, &all, why))
        return -1;
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
