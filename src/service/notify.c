#include "service/notify.h"

#include "base/clock.h"
#include "base/span.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A path, or '@' and a name that is in no folder. */
static bool read_address(const char *text, struct notify *n)
{
    size_t len = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || len < 2 ||
        len >= sizeof n->address.sun_path)
        return false;
    n->address.sun_family = AF_UNIX;
    memcpy(n->address.sun_path, text, len);
    n->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (text[0] == '@')
        n->address.sun_path[0] = '\0';
    else
        n->address_len++;
    return true;
}

/* The span by which it wants to be fed, in ms; 0 = it does not want. */
static int64_t read_watchdog(void)
{
    const char *span = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t us = 0, who = 0;

    if (!span || !span_number(span_of(span), &us) || us > INT64_MAX / 2)
        return 0;
    if (pid && (!span_number(span_of(pid), &who) || who != (uint64_t)getpid()))
        return 0;
    return (int64_t)us / 2000;
}

void notify_open(struct notify *n)
{
    const char *where = getenv("NOTIFY_SOCKET");

    *n = (struct notify){.fd = -1};
    if (where && read_address(where, n))
        n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    n->feed_ms = n->fd >= 0 ? read_watchdog() : 0;
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *n)
{
    if (n->fd >= 0)
        (void)close(n->fd);
    n->fd = -1;
}

/* A supervisor that does not listen is no reason to wait, or to fail. */
static void tell(const struct notify *n, const char *text)
{
    if (n->fd >= 0)
        (void)sendto(n->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                     (const struct sockaddr *)&n->address, n->address_len);
}

void notify_ready(struct notify *n)
{
    if (!n->ready)
        tell(n, "READY=1");
    n->ready = true;
}

void notify_reloading(struct notify *n)
{
    char text[64];

    (void)snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                   clock_mono_us());
    tell(n, text);
    n->ready = false;
}

void notify_stopping(struct notify *n)
{
    tell(n, "STOPPING=1");
}

void notify_status(struct notify *n, const char *status)
{
    char text[sizeof n->status + 8];

    if (strcmp(n->status, status) == 0)
        return;
    (void)snprintf(n->status, sizeof n->status, "%s", status);
    (void)snprintf(text, sizeof text, "STATUS=%s", n->status);
    tell(n, text);
}

bool notify_is_hungry(const struct notify *n)
{
    return n->feed_ms > 0 && clock_mono_ms() - n->fed_ms >= n->feed_ms;
}

void notify_feed(struct notify *n)
{
    n->fed_ms = clock_mono_ms();
    tell(n, "WATCHDOG=1");
}
