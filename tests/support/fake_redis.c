#include "support/fake_redis.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fake_redis {
    struct fake_script script;
    pthread_t thread;
    int listener, port;
    int stop[2];
    atomic_uint connections;
};

/* Waits for the socket, or for so many ms (-1 = for good). False when it is
 * over with the peer or with us; bytes of the peer's are thrown away. */
static bool wait_for(const struct fake_redis *f, int fd, int ms, bool *ret_came)
{
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
                          {.fd = f->stop[0], .events = POLLIN}};
    char bytes[65536];

    *ret_came = false;
    if (poll(p, 2, ms) < 0 || p[1].revents)
        return false;
    *ret_came = p[0].revents != 0;
    return !p[0].revents || recv(fd, bytes, sizeof bytes, 0) > 0;
}

static bool say(int fd, const char *text)
{
    size_t left = text ? strlen(text) : 0;

    while (left > 0) {
        ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);

        if (sent < 0)
            return false;
        text += sent;
        left -= (size_t)sent;
    }
    return true;
}

static void talk(const struct fake_redis *f, int fd)
{
    const struct fake_script *s = &f->script;
    bool came = false, open = say(fd, s->greeting);

    while (open && !came)
        open = wait_for(f, fd, -1, &came);
    open = open && say(fd, s->head);
    for (int i = 0; open && i < s->pieces; i++)
        open = wait_for(f, fd, s->pause_ms, &came) && say(fd, s->piece);
    open = open && say(fd, s->tail);
    while (open)
        open = wait_for(f, fd, -1, &came);
}

static void *serve(void *arg)
{
    struct fake_redis *f = arg;
    struct pollfd p[2] = {{.fd = f->listener, .events = POLLIN},
                          {.fd = f->stop[0], .events = POLLIN}};

    while (poll(p, 2, -1) > 0 && !p[1].revents) {
        int fd = accept(f->listener, NULL, NULL);

        if (fd < 0)
            continue;
        atomic_fetch_add(&f->connections, 1);
        talk(f, fd);
        (void)close(fd);
    }
    return NULL;
}

struct fake_redis *fake_redis_start(const struct fake_script *script)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    struct fake_redis *f = calloc(1, sizeof *f);

    ck_assert_ptr_nonnull(f);
    f->script = *script;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(f->listener, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(getsockname(f->listener, (struct sockaddr *)&at, &len), 0);
    ck_assert_int_eq(listen(f->listener, 64), 0);
    f->port = ntohs(at.sin_port);
    ck_assert_int_eq(pipe(f->stop), 0);
    ck_assert_int_eq(pthread_create(&f->thread, NULL, serve, f), 0);
    return f;
}

struct redis_address fake_redis_address(const struct fake_redis *f)
{
    struct redis_address a = {.place = {"127.0.0.1", f->port}};

    return a;
}

unsigned fake_redis_connections(const struct fake_redis *f)
{
    return atomic_load(&f->connections);
}

void fake_redis_close(struct fake_redis **ret)
{
    struct fake_redis *f = *ret;

    *ret = NULL;
    if (!f)
        return;
    (void)close(f->stop[1]);
    ck_assert_int_eq(pthread_join(f->thread, NULL), 0);
    (void)close(f->stop[0]);
    (void)close(f->listener);
    free(f);
}
