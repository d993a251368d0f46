/* Which jobs are missing: acknowledged, and in the end neither ended nor in a
 * key, by the ledgers of a settled rig. */
#ifndef EXTQ_FAULTS_MISSING_H
#define EXTQ_FAULTS_MISSING_H

#include <stddef.h>
#include <stdint.h>

struct missing {
    uint32_t *jobs; /* rising */
    int64_t *at_us; /* when they were acknowledged, monotonic */
    size_t count;
};

/* Reads the ledgers of the folder. Fails the test when it cannot. */
void missing_read(struct missing *m, const char *folder);
void missing_clear(struct missing *m);

#endif
