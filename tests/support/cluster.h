/* A real Redis Cluster on loopback: masters, each with a replica where asked
 * for, that share the slots evenly. */
#ifndef EXTQ_SUPPORT_CLUSTER_H
#define EXTQ_SUPPORT_CLUSTER_H

#include "link/redis_address.h"

#include <stdbool.h>
#include <sys/types.h>

enum { CLUSTER_MASTERS_MAX = 3 };

struct cluster;

/* Waits until all of them agree, and replicas have what their masters have.
 * Fails the test when it cannot. The caller closes it. */
struct cluster *cluster_open(unsigned masters, bool replicas);
void cluster_close(struct cluster **c);

/* How its nodes call each other, and what their certificates say. */
enum cluster_names {
    CLUSTER_BY_ADDRESS, /* 127.0.0.1 */
    CLUSTER_BY_NAME,    /* localhost */
    CLUSTER_MISNAMED    /* by address; the certificates have the name */
};

/* The same, all of it over TLS alone; and the files that a client needs. */
struct cluster *cluster_open_tls(unsigned masters, bool replicas,
                                 enum cluster_names names);
const struct redis_files *cluster_files(const struct cluster *c);

/* "cluster://127.0.0.1:...,..."; lives as long as it. */
const char *cluster_url(const struct cluster *c);

/* The process of a master, by its number. */
pid_t cluster_pid(const struct cluster *c, unsigned master);

/* The port of the master of the slot; 0 while there is none. */
int cluster_port(const struct cluster *c, unsigned slot);

/* Moves a slot, key by key, to a master that has it not. `between` is called
 * before each key and at the end, while the slot is on its way. */
void cluster_migrate(struct cluster *c, unsigned slot,
                     void (*between)(void *arg), void *arg);

/* SIGKILL to the master of the slot, for good; waits until its replica has
 * taken over. */
void cluster_kill_master(struct cluster *c, unsigned slot);

/* A name for a queue whose keys are with the master of that number. */
const char *cluster_queue(unsigned masters, unsigned master);

#endif
