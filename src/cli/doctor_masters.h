/* The masters of a cluster, each of which keeps some of the jobs and may be
 * another one than the rest. */
#ifndef EXTQ_CLI_DOCTOR_MASTERS_H
#define EXTQ_CLI_DOCTOR_MASTERS_H

#include "cli/doctor_checks.h"
#include "link/redis_slot.h"

enum { MASTER_TEXT_MAX = REDIS_PATH_MAX + 16 };

/* Slots in a row that one of them has. */
struct master_range {
    struct redis_range slots;
    char place[MASTER_TEXT_MAX]; /* "host:port", as the others call it */
    size_t master;               /* its number */
};

struct masters {
    struct master_range *ranges; /* owned */
    size_t range_count, count;
};

/* As the node says that d is connected to; nothing where there is no cluster.
 * What went wrong is reported. For masters_clear in every case. */
struct masters masters_find(const struct doctor *d);
void masters_clear(struct masters *m);

/* The number of the master that has the key, or m->count. */
size_t masters_of_key(const struct masters *m, const char *key);

/* Calls look with a doctor connected to each, the findings of which begin with
 * its place; those out of reach are reported. */
void masters_each(const struct doctor *d, const struct masters *m,
                  void (*look)(const struct doctor *d));

#endif
