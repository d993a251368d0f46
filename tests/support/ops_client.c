#include "support/ops_client.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT_MS = 20000 };

static struct sockaddr_in address_of(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

int free_port(void)
{
    struct sockaddr_in a = address_of(0);
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    (void)close(fd);
    return ntohs(a.sin_port);
}

int ops_dial(int port)
{
    struct sockaddr_in a = address_of(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

bool ops_say(int fd, const char *bytes)
{
    size_t len = strlen(bytes);

    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

bool ops_is_closed(int fd)
{
    char bytes[1024];
    ssize_t n;

    do {
        n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    } while (n > 0);
    return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void read_all(int fd, struct ops_answer *a)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ssize_t n = 1;

    while (n > 0 && a->len < OPS_ANSWER_MAX - 1) {
        ck_assert_msg(poll(&p, 1, LIMIT_MS) == 1, "the ops port is silent");
        n = recv(fd, a->text + a->len, OPS_ANSWER_MAX - 1 - a->len, 0);
        a->len += n > 0 ? (size_t)n : 0;
    }
    a->text[a->len] = '\0';
}

const struct ops_answer *ops_exchange(int port, const char *bytes)
{
    static struct ops_answer a;
    int fd = ops_dial(port);
    char *end;

    a.len = 0;
    a.status = 0;
    a.text[0] = '\0';
    a.body = "";
    if (fd < 0)
        return &a;
    /* Who refuses closes early, with the rest unread. */
    (void)ops_say(fd, bytes);
    read_all(fd, &a);
    (void)close(fd);
    if (sscanf(a.text, "HTTP/1.1 %d ", &a.status) != 1)
        a.status = 0;
    end = strstr(a.text, "\r\n\r\n");
    a.body = end ? end + 4 : "";
    return &a;
}

const struct ops_answer *ops_get(int port, const char *path)
{
    char request[256];

    (void)snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    return ops_exchange(port, request);
}

int ops_status(int port, const char *path)
{
    return ops_get(port, path)->status;
}
