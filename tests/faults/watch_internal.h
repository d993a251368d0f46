/* What the two halves of the watch share: watch.c follows a run, census.c
 * looks at what is left of it. */
#ifndef EXTQ_FAULTS_WATCH_INTERNAL_H
#define EXTQ_FAULTS_WATCH_INTERNAL_H

#include "faults/watch.h"
#include "faults/witness.h"
#include "link/keys.h"

enum { WATCH_QUEUES_MAX = 4 };

struct watched_queue {
    struct queue_keys keys;
    char last[80]; /* where to go on in its stream */
};

struct seen_reign {
    const struct watched_queue *queue;
    char epoch[EPOCH_MAX];
    int pid;
    int64_t over_ms; /* the server's clock; 0 = runs */
    bool seen;       /* in force at the last look */
};

struct watch {
    const struct redis_address *address;
    const char *folder;
    struct redis_sync *link; /* NULL while away */
    struct pen outcomes;
    struct watched_queue queues[WATCH_QUEUES_MAX];
    size_t queue_count;
    size_t entries, ends;
    struct seen_reign *reigns;
    size_t reign_count, reign_room;
};

/* The reply, until the next question; NULL while Redis is away or refuses. */
const struct reply *watch_ask(struct watch *w, int argc, const char **argv);

#endif
