/* One worker thread: an event loop that carries up to `in_flight` jobs through
 * the five stages at once.
 *
 * A turn: wait for sockets and timers, whose callbacks move jobs from stage to
 * stage; then send what the turn produced: finishes, claims, requests. Nothing
 * here waits for anything but the loop. */
#ifndef EXTQ_SERVICE_WORKER_H
#define EXTQ_SERVICE_WORKER_H

#include "service/figures.h"
#include "service/pulse.h"
#include "service/shared.h"

/* Starts the thread. index 0 also listens to the doorbells. ERR_MEMORY,
 * ERR_IO. */
enum err worker_start(struct shared *shared, unsigned index,
                      struct worker **ret) must_check;

/* From any thread: look at phase, leases and queues now. */
void worker_wake(struct worker *w);

/* From any thread: how many more jobs it could take. */
unsigned worker_room(const struct worker *w);

/* From any thread: the isolation during which it has nothing in flight and
 * claims nothing; 0 = none. */
unsigned worker_quiet(const struct worker *w);

/* From any thread: its loop is over; worker_join will not wait. */
bool worker_ended(const struct worker *w);

/* From any thread: how it goes on, and what it has done. */
const struct pulse *worker_pulse(const struct worker *w);
const struct figures *worker_figures(const struct worker *w);

/* Waits for the thread. */
void worker_join(struct worker *w);

/* Frees it, once no thread may wake it any more: the pool's threads were all
 * joined. Sets *w to NULL. */
void worker_close(struct worker **w);

#endif
