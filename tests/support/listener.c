#include "support/listener.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TEXT_MAX = 64 << 10 };

struct listener {
    int fd;
    char name[128];
    char text[TEXT_MAX]; /* begins with a newline */
    size_t len;
};

struct listener *listener_open_at(const char *path)
{
    struct listener *l = calloc(1, sizeof *l);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t size;

    ck_assert_ptr_nonnull(l);
    (void)snprintf(l->name, sizeof l->name, "%s", path);
    (void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (path[0] == '@')
        a.sun_path[0] = '\0';
    else
        size++;
    l->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_ge(l->fd, 0);
    ck_assert_int_eq(bind(l->fd, (const struct sockaddr *)&a, size), 0);
    listener_forget(l);
    return l;
}

struct listener *listener_open(void)
{
    char name[64];

    (void)snprintf(name, sizeof name, "@extq-listener-%d", (int)getpid());
    return listener_open_at(name);
}

void listener_close(struct listener **l)
{
    (void)close((*l)->fd);
    free(*l);
    *l = NULL;
}

const char *listener_name(const struct listener *l)
{
    return l->name;
}

void listener_read(struct listener *l)
{
    ssize_t n;

    while (l->len < TEXT_MAX - 2 &&
           (n = recv(l->fd, l->text + l->len, TEXT_MAX - 2 - l->len, 0)) > 0) {
        l->len += (size_t)n;
        l->text[l->len++] = '\n';
        l->text[l->len] = '\0';
    }
}

bool listener_has(struct listener *l, const char *line)
{
    char whole[256];

    listener_read(l);
    (void)snprintf(whole, sizeof whole, "\n%s\n", line);
    return strstr(l->text, whole);
}

const char *listener_text(struct listener *l)
{
    listener_read(l);
    return l->text + 1;
}

void listener_forget(struct listener *l)
{
    do {
        l->len = 0;
        listener_read(l);
    } while (l->len > 0);
    l->text[0] = '\n';
    l->text[1] = '\0';
    l->len = 1;
}
