/* Jobs under suspicion of killing their workers, which run alone. */
#ifndef EXTQ_FAULTS_SUSPECTS_H
#define EXTQ_FAULTS_SUSPECTS_H

#include "faults/rig.h"

/* The oldest job becomes a suspect, as if it had killed often. */
void suspects_make(struct rig *r);

/* Waits until nobody's turn to run suspects is marked: the mark runs out by
 * itself, and is no key that leaked. */
void suspects_await_turn(struct rig *r);

#endif
