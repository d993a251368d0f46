/* The ways a job can take through the service, each made to happen by one rig
 * with one service behind a proxy: what they send to Redis is where it is
 * broken. */
#ifndef EXTQ_FAULTS_PATHS_H
#define EXTQ_FAULTS_PATHS_H

#include "faults/proxy.h"
#include "faults/rig.h"

enum { PATHS = 15, STEPS_MAX = 64 };

struct passage {
    struct rig *rig;
    struct proxy *proxy;
    unsigned slot; /* of the service behind the proxy */
};

/* A place on a path: the nth command of that name. */
struct step {
    unsigned path;
    char command[24];
    unsigned nth;
};

struct steps {
    struct step at[PATHS * STEPS_MAX];
    size_t count;
};

const char *path_name(unsigned path);

/* The path of that name; fails the test when there is none. */
unsigned path_find(const char *name);

/* Opens the rig, makes what the path needs before, and starts the service
 * behind the proxy with that rule in force (.pid is filled in). */
void path_begin(struct passage *p, const char *scenario, unsigned path,
                const struct proxy_rule *rule);

/* Sends the jobs along. */
void path_go(struct passage *p, unsigned path);

/* Walks each path once without a fault, and lists where it can be broken: the
 * first and, when there is one, the second command of each name. Fails the test
 * when a function of the service's is never called. */
void paths_walk(struct steps *ret);

/* True when the service has ended, by itself or otherwise. */
bool path_is_dead(struct passage *p);

/* True when the path tells the service to stop. */
bool path_stops(unsigned path);

/* Ends the rig (its services stopped, its sums done) into *ret. */
void path_end(struct passage *p, struct rig *ret);

#endif
