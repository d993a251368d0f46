/* A bound on how fast a command goes through what is in Redis. */
#ifndef EXTQ_CLI_PACE_H
#define EXTQ_CLI_PACE_H

#include <stdint.h>

struct pace {
    int64_t per_s;  /* 0 = as fast as it goes */
    int64_t due_us; /* monotonic: when the next step may begin */
};

/* So many were done: waits until that is no more than per_s allows. What was
 * slower earlier is not made up for. */
void pace_wait(struct pace *p, uint64_t done);

/* How many to do in one step: at most `most`, and about a tenth of a second's
 * worth. */
uint64_t pace_step(const struct pace *p, uint64_t most);

#endif
