/* Numbers for jitter and spreading. Never for secrets. */
#ifndef EXTQ_BASE_RAND_H
#define EXTQ_BASE_RAND_H

#include <stdint.h>

/* A state to start from; different in every process and at every call. */
uint64_t rand_seed(void);

/* The next number, uniform over all 32-bit values (splitmix64). Each owner
 * keeps its own state. */
uint32_t rand_u32(uint64_t *state);

#endif
