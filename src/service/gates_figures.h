/* How many gates jobs wait at, and how they change, for monitoring. */
#ifndef EXTQ_SERVICE_GATES_FIGURES_H
#define EXTQ_SERVICE_GATES_FIGURES_H

#include "service/gates.h"

/* The queue's gates by what they are, as this process knows them. */
void gates_kinds(struct gates *g, unsigned queue, uint64_t ret[GATE_KINDS]);

/* How often gates were shut, and opened again, by what they were. */
struct gate_turns {
    uint64_t shut[GATE_KINDS], opened[GATE_KINDS];
};

/* Those of the queue's gates that calls of this process brought about. */
struct gate_turns gates_turns(struct gates *g, unsigned queue);

#endif
