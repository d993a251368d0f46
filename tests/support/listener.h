/* A supervisor's end of the notify protocol: a datagram socket without a file,
 * and what was said to it. */
#ifndef EXTQ_SUPPORT_LISTENER_H
#define EXTQ_SUPPORT_LISTENER_H

#include <stdbool.h>

struct listener;

/* In the abstract namespace; or at the path, NULL = there. */
struct listener *listener_open(void);
struct listener *listener_open_at(const char *path);
void listener_close(struct listener **l);

/* For $NOTIFY_SOCKET. */
const char *listener_name(const struct listener *l);

/* Takes in what came. */
void listener_read(struct listener *l);

/* Whether that line was among what came since the last forget. */
bool listener_has(struct listener *l, const char *line);

/* All lines since then, in order, each with its newline. */
const char *listener_text(struct listener *l);

void listener_forget(struct listener *l);

#endif
