/* Durations by the thousand in little memory: how they are spread, to within a
 * sixteenth. */
#ifndef EXTQ_CLI_SPREAD_H
#define EXTQ_CLI_SPREAD_H

#include <stdint.h>

enum { SPREAD_BUCKETS = 256 };

struct spread {
    uint64_t count;
    uint32_t buckets[SPREAD_BUCKETS];
};

void spread_add(struct spread *s, uint64_t ms);

/* Adds what the other one has. */
void spread_merge(struct spread *s, const struct spread *from);

/* What `percent` of them (1 to 100) were no longer than, in ms; 0 of none. */
uint64_t spread_at(const struct spread *s, unsigned percent);

#endif
