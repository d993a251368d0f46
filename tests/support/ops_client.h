/* A client of the ops port that speaks plain bytes over a socket. */
#ifndef EXTQ_SUPPORT_OPS_CLIENT_H
#define EXTQ_SUPPORT_OPS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

enum { OPS_ANSWER_MAX = 1 << 20 };

struct ops_answer {
    int status; /* 0 = there was none: refused, or closed */
    char text[OPS_ANSWER_MAX];
    size_t len;
    const char *body; /* in text; "" without one */
};

/* A port of 127.0.0.1 that nobody listens at just now. */
int free_port(void);

/* Connects; -1 when that is refused. */
int ops_dial(int port);

/* Sends the bytes; false when the connection is broken. */
bool ops_say(int fd, const char *bytes);

/* True when the peer closed by now; reads what there is. Never waits. */
bool ops_is_closed(int fd);

/* Sends the bytes and reads to the end of the connection. Lives until the next
 * call. */
const struct ops_answer *ops_exchange(int port, const char *bytes);

/* GET of the path. */
const struct ops_answer *ops_get(int port, const char *path);

/* GET's status alone. */
int ops_status(int port, const char *path);

#endif
