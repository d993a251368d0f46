/* How many gates jobs wait at, for monitoring. */
#ifndef EXTQ_SERVICE_GATES_FIGURES_H
#define EXTQ_SERVICE_GATES_FIGURES_H

#include "service/gates.h"

/* The queue's gates by what they are, as this process knows them. */
void gates_kinds(struct gates *g, unsigned queue, uint64_t ret[GATE_KINDS]);

#endif
