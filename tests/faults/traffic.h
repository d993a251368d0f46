/* What passed the proxy: how often each command, and since a mark which ones
 * when, so that the busiest second can be named and shown. */
#ifndef EXTQ_FAULTS_TRAFFIC_H
#define EXTQ_FAULTS_TRAFFIC_H

#include "faults/resp.h"

#include <stddef.h>
#include <stdint.h>

enum { TRAFFIC_NAMES_MAX = 64, TRAFFIC_EVENTS_MAX = 16384 };

struct traffic {
    struct tally {
        char name[RESP_NAME_MAX];
        unsigned count;
    } tallies[TRAFFIC_NAMES_MAX];
    size_t tally_count;
    /* Since the mark, oldest first; what comes when it is full is not noted:
     * it was busy by then. */
    struct event {
        int64_t at_ms; /* monotonic */
        unsigned connection;
        unsigned tally;
    } events[TRAFFIC_EVENTS_MAX];
    size_t event_count;
};

/* A command on that connection; NULL: the connection is new. */
void traffic_note(struct traffic *t, const char *name, unsigned connection,
                  int64_t now_ms);

/* Commands of that name so far (NULL = of any name). */
unsigned traffic_count(const struct traffic *t, const char *name);

/* The busiest second begins behind this. */
void traffic_mark(struct traffic *t);

/* Events in it; *ret_first is the first one (NULL = not wanted). */
size_t traffic_busiest(const struct traffic *t, size_t *ret_first);

/* Prints it: a line for each connection, with its commands and their times. */
void traffic_print(const struct traffic *t);

#endif
