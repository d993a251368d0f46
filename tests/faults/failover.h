/* A primary (the rig's Redis) and a replica that takes its place: the socket's
 * path then leads to it, as an address that moves would. Replication is
 * asynchronous, as it is by default: what the replica has not got is lost. */
#ifndef EXTQ_FAULTS_FAILOVER_H
#define EXTQ_FAULTS_FAILOVER_H

#include "faults/rig.h"

struct failover {
    struct redis_server *replica;
    char host_port[40];
    const char *words[5];
};

/* Gives the rig's Redis a replica, and waits until it follows. */
void failover_open(struct failover *f, struct rig *r);

/* Waits until the replica has all that the primary has by now. */
void failover_catch_up(struct failover *f, struct rig *r);

/* The replica follows no more: from here on the primary's writes are lost.
 * Returns the jobs that it has waiting, due later or held: they may run
 * twice. */
size_t failover_part(struct failover *f);

/* SIGKILL of the primary; the replica takes over. */
void failover_move(struct failover *f, struct rig *r);

/* After rig_settle. */
void failover_close(struct failover *f);

#endif
