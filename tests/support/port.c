#include "support/port.h"

#include "base/rand.h"

#include <arpa/inet.h>
#include <check.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

static bool is_free(int port)
{
    struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = bind(fd, (struct sockaddr *)&at, sizeof at) == 0;

    (void)close(fd);
    return yes;
}

/* Below those that the kernel hands out: one of them may be some client's by
 * the time the server asks for it. */
int port_free(void)
{
    enum { FIRST = 10000, COUNT = 22000 };
    uint64_t dice = rand_seed();
    int port;

    do
        port = FIRST + (int)(rand_u32(&dice) % COUNT);
    while (!is_free(port));
    return port;
}

bool port_listens(int port)
{
    struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;

    (void)close(fd);
    return yes;
}

int port_full(void)
{
    struct sockaddr_in at = loopback(0);
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(listen(fd, 0), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    for (int i = 0; i < 3; i++)
        (void)connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0),
                      (struct sockaddr *)&at, len);
    return ntohs(at.sin_port);
}
