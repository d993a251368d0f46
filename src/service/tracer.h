/* Tells an OpenTelemetry collector of attempts, as spans over OTLP/HTTP, from
 * a thread of its own: workers give spans away and never wait.
 *
 * What a collector does not take in time is dropped and counted: a trace is
 * never worth a job's time. */
#ifndef EXTQ_SERVICE_TRACER_H
#define EXTQ_SERVICE_TRACER_H

#include "model/otlp.h"
#include "service/config.h"

struct tracer;

/* Starts the thread; *ret is NULL where the configuration names no collector.
 * ERR_MEMORY, ERR_IO, ERR_CONFIG (the log says why). */
enum err tracer_start(const struct config *c, struct tracer **ret) must_check;

/* All functions below take NULL for a tracer that is not there. */

/* From any thread: takes the span over, without waiting for anything. NULL:
 * one that could not be made counts as dropped. */
void tracer_give(struct tracer *t, struct otlp_span *span);

/* From any thread: send what is there, end. Takes 2 s at most. */
void tracer_leave(struct tracer *t);

/* From any thread: it has ended; tracer_join will not wait. */
bool tracer_ended(const struct tracer *t);

/* What became of spans. */
struct tracer_counts {
    uint64_t exported, rejected, dropped; /* rejected: by the collector */
};
struct tracer_counts tracer_counts(const struct tracer *t);

/* Waits for the thread. */
void tracer_join(struct tracer *t);

/* Frees it, once no thread may give it any more. Sets *t to NULL. */
void tracer_close(struct tracer **t);

#endif
