/* What the files of a flight share; nobody else includes it.
 *
 *   flight.c       from its claim to the call, and back among the free ones
 *   flight_call.c  the call: discovery, the request, what it means
 *   flight_gate.c  by the gates, in and out
 *   flight_trace.c what traces are told of the call
 *   flight_end.c   what is written when it ends */
#ifndef EXTQ_SERVICE_FLIGHT_INTERNAL_H
#define EXTQ_SERVICE_FLIGHT_INTERNAL_H

#include "service/worker_internal.h"

enum { FLIGHT_PAUSE_MS = 1000 };

/* flight.c */
void flight_free(struct flight *f);

/* What is in the record, and on to what it asks for. */
void flight_read(struct flight *f);

/* It waits, in that state, for what no event announces: see flights_nudge. */
void flight_stall(struct flight *f, enum flight_state state);

/* flight_call.c */

/* On to the call, by way of discovery. */
void flight_resolve(struct flight *f);

/* The job's extension. */
struct extension_key flight_key(const struct flight *f);

/* flight_trace.c */

/* The trace that a call of that URL is part of; NULL = none. */
const struct trace *flight_trace(struct flight *f, const char *url);

/* The call is over; outcome NULL: nobody knows what it means, the job is not
 * ours any more. */
void flight_traced(struct flight *f, const struct attempt *attempt,
                   const struct outcome *outcome);

/* No call was made after all. */
void flight_untraced(struct flight *f);

/* flight_gate.c */

/* To the call if the gates let it, otherwise to be parked. */
void flight_enter(struct flight *f);

/* What came of it, for the gates. */
void flight_tell(struct flight *f, const struct outcome *outcome);

/* Back to where others wait for the extension, which is gone for good. */
void flight_stay_gone(struct flight *f);

/* The flight ends. */
void flight_leave(struct flight *f);

/* flight_end.c */

/* Puts the entry into the recorder's batch. Out of memory, the flight waits
 * and is handed back later: nothing is lost, a delivered job may run twice. */
void flight_finish(struct flight *f, struct record_entry *e);

/* Back to the queue without an outcome entry. */
void flight_put_back(struct flight *f, int64_t delay_ms);

/* To the gate that keeps it; its deaths so far still count. */
void flight_park(struct flight *f);

/* The outcome, and what the job becomes by it. attempt NULL = no call was made;
 * detail as in struct record_entry. */
void flight_conclude(struct flight *f, const struct outcome *outcome,
                     const struct attempt *attempt, const char *detail);

#endif
