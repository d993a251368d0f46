#include "service/reload_report.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A long list helps nobody. */
enum { CHANGES_TOLD = 40, TEXT_MAX = 128 << 10, LOOK_MS = 100 };

const char reload_report_good[] = "reloaded";

struct reload_report reload_report_make(void)
{
    return (struct reload_report){buf_make(TEXT_MAX), 0};
}

void reload_report_change(void *report, const struct config_change *change)
{
    struct reload_report *r = report;

    if (++r->changes > CHANGES_TOLD)
        return;
    if (change->from) {
        log_info("configuration changed", LOG_TEXT("key", change->key),
                 LOG_TEXT("from", change->from), LOG_TEXT("to", change->to));
        (void)!buf_printf(&r->text, "  %s: %s -> %s\n", change->key,
                          change->from, change->to);
    } else {
        log_info("configuration changed", LOG_TEXT("key", change->key),
                 LOG_TEXT("what", change->what));
        (void)!buf_printf(&r->text, "  %s: %s\n", change->key, change->what);
    }
}

/* A name that is in no folder: nothing is left behind, whoever dies. */
static socklen_t make_address(int64_t own_pid, struct sockaddr_un *ret)
{
    int len;

    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    len = snprintf(ret->sun_path + 1, sizeof ret->sun_path - 1,
                   "extq-reload-%" PRId64, own_pid);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                       (size_t)len);
}

static bool read_peer(int fd, struct ucred *ret)
{
    socklen_t size = sizeof *ret;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &size) == 0;
}

/* A connection to who listens there, or -1. */
static int dial(int64_t own_pid, struct ucred *ret_who)
{
    struct sockaddr_un address;
    socklen_t len = make_address(own_pid, &address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&address, len) == 0 &&
        read_peer(fd, ret_who))
        return fd;
    (void)close(fd);
    return -1;
}

/* Whoever listens without the right to is not told. A connection, or -1. */
static int find_listener(void)
{
    struct ucred who;
    int fd = dial(getpid(), &who);

    if (fd < 0 || who.uid == 0 || who.uid == geteuid())
        return fd;
    (void)close(fd);
    return -1;
}

static enum err write_head(struct buf *head, const struct reload_report *r,
                           const struct why *why)
{
    if (why)
        return buf_printf(head, "refused, the old configuration stays: %s\n",
                          why->text);
    if (r->changes == 0)
        return buf_printf(head, "%s, nothing changed\n", reload_report_good);
    return buf_printf(head, "%s, %zu change%s\n", reload_report_good,
                      r->changes, r->changes > 1 ? "s" : "");
}

static enum err write_text(struct buf *dst, const struct reload_report *r,
                           const struct why *why)
{
    enum err e = write_head(dst, r, why);

    if (!e && !why)
        e = buf_add(dst, r->text.at, r->text.len);
    if (!e && r->changes > CHANGES_TOLD)
        e = buf_printf(dst, "  and %zu more\n", r->changes - CHANGES_TOLD);
    return e;
}

void reload_report_send(struct reload_report *r, const struct why *why)
{
    struct buf text = buf_make(2 * TEXT_MAX);
    int fd = find_listener();

    /* Who does not get it waits in vain, and says so. */
    if (fd >= 0 && write_text(&text, r, why) == ERR_OK)
        (void)!send(fd, text.at, text.len, MSG_NOSIGNAL);
    if (fd >= 0)
        (void)close(fd);
    buf_clear(&text);
    buf_clear(&r->text);
}

int reload_report_listen(int64_t own_pid)
{
    struct sockaddr_un address;
    socklen_t len = make_address(own_pid, &address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error;

    if (fd < 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&address, len) == 0 &&
        listen(fd, 1) == 0)
        return fd;
    error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

int64_t reload_report_rival(int64_t own_pid)
{
    struct ucred who;
    int fd = dial(own_pid, &who);

    if (fd < 0)
        return 0;
    (void)close(fd);
    return who.pid;
}

/* There is something to read, or to accept, by then; looks now and then
 * whether the process is there at all. */
static bool await(int fd, int64_t pid, int64_t until_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = 0;

    while (n == 0 && clock_mono_ms() < until_ms) {
        n = poll(&p, 1, LOOK_MS);
        if (n < 0 && errno == EINTR)
            n = 0;
        if (n == 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH)
            return false;
    }
    return n > 0;
}

/* Its connection, or -1; others are turned away. */
static int accept_from(int fd, int64_t pid, int64_t until_ms)
{
    struct ucred who;

    while (await(fd, pid, until_ms)) {
        int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (peer < 0)
            continue;
        if (read_peer(peer, &who) && who.pid == (pid_t)pid)
            return peer;
        (void)close(peer);
    }
    return -1;
}

static enum err read_all(int fd, int64_t pid, int64_t until_ms, struct buf *ret)
{
    char part[4096];
    ssize_t n = 0;
    enum err e = ERR_OK;

    while (!e && await(fd, pid, until_ms)) {
        n = recv(fd, part, sizeof part, 0);
        if (n <= 0)
            return n == 0 && ret->len > 0 ? ERR_OK : ERR_ABSENT;
        e = buf_add(ret, part, (size_t)n);
    }
    return e ? e : ERR_ABSENT;
}

enum err reload_report_await(int fd, int64_t pid, int64_t limit_ms,
                             struct buf *ret)
{
    int64_t until_ms = clock_mono_ms() + limit_ms;
    int peer = accept_from(fd, pid, until_ms);
    enum err e;

    if (peer < 0)
        return ERR_ABSENT;
    e = read_all(peer, pid, until_ms, ret);
    (void)close(peer);
    return e;
}
