/* What a supervisor wants to hear, in systemd's plain protocol (sd_notify(3)):
 * datagrams to $NOTIFY_SOCKET. Says nothing where nobody listens. */
#ifndef EXTQ_SERVICE_NOTIFY_H
#define EXTQ_SERVICE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
    int fd; /* -1 = nobody listens */
    struct sockaddr_un address;
    socklen_t address_len;
    int64_t feed_ms; /* the watchdog's span; 0 = there is none */
    int64_t fed_ms;  /* monotonic */
    bool ready;      /* was told, and no reload since */
    char status[128];
};

/* Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID and unsets them, so
 * that no child believes it is meant; before any other thread is there. */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/* The service does what it is for; told once, and once after each reload. */
void notify_ready(struct notify *n);

void notify_reloading(struct notify *n);
void notify_stopping(struct notify *n);

/* How it is, in a few words; told when they change. */
void notify_status(struct notify *n, const char *status);

/* True when the watchdog is to be fed by now: twice in its span. */
bool notify_is_hungry(const struct notify *n);
void notify_feed(struct notify *n);

#endif
