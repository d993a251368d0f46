/* Running a suspect alone: a job whose workers died again and again is claimed
 * once more only while nothing else is in flight in this process, so that no
 * neighbour is ever blamed for it, nor dies with it.
 *
 * The keeper begins an isolation when the queue has suspects and it is our
 * turn; workers stop claiming and fall quiet; worker 0 then runs suspects one
 * by one and ends it. */
#ifndef EXTQ_SERVICE_ISOLATION_H
#define EXTQ_SERVICE_ISOLATION_H

#include "service/shared.h"

/* From the keeper: nothing happens while one is on. */
void isolation_begin(struct shared *s, struct queue *q);

/* In each turn of each worker: true while one is on, when no ordinary claims
 * may be made. */
bool isolation_turn(struct worker *w);

/* From worker 0: no suspect is left, or enough were run for this time. */
void isolation_end(struct worker *w);

#endif
