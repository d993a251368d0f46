/* What the two halves of the hostile peers share: hostile.c owns ports and
 * connections, hostile_play.c does what a script says on one of them. */
#ifndef EXTQ_SUPPORT_HOSTILE_INTERNAL_H
#define EXTQ_SUPPORT_HOSTILE_INTERNAL_H

#include "support/hostile.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

/* One connection, in a thread of its own. */
struct visit {
    SLIST_ENTRY(visit) next;
    struct hostile_port *port;
    const struct hostile_kit *kit;
    pthread_t thread;
    int fd; /* blocking; -1 = over */
    int canary;
    SSL *tls; /* owned; NULL = none yet */
};

/* Plays the script to its end, or until the other side has gone. */
void visit_play(struct visit *v, const struct hostile_script *script);

/* Counts one whole request. */
void visit_read_request(struct visit *v);

#endif
