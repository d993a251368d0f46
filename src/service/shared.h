/* What the threads of one pool share, and how they wake each other. */
#ifndef EXTQ_SERVICE_SHARED_H
#define EXTQ_SERVICE_SHARED_H

#include "service/discovery_watch.h"
#include "service/gates.h"
#include "service/queue.h"

struct worker;
struct keeper;
struct tracer;

enum phase {
    PHASE_RUN,
    PHASE_DRAIN,     /* no new claims; what is in flight ends */
    PHASE_HAND_BACK, /* what is in flight goes back to the queue now */
};

struct shared {
    const struct config *config;
    struct queue *queues; /* config->queue_count of them */
    struct worker **workers;
    atomic_uint worker_count; /* started so far */
    struct keeper *keeper;
    struct tracer *tracer; /* NULL = nobody is told of calls */
    struct gates *gates;   /* queues by their index in `queues` */
    struct discovery_watch *watch;
    atomic_int phase;
    atomic_uint isolation;            /* counts; odd while one is on */
    _Atomic(struct queue *) isolated; /* whose suspects it runs */
    atomic_llong isolated_ms;         /* monotonic: since when it is on */
    atomic_llong isolate_ms;          /* monotonic: no next one before */
};

/* Wakes one worker that has room, preferring the one with the most. */
void shared_wake_worker(struct shared *s);

/* From the keeper: whether suspects may be run alone now. */
bool shared_may_isolate(const struct shared *s);

/* From the keeper: has suspects of the queue run alone, see
 * service/isolation.c. Nothing happens while that is under way. */
void shared_isolate(struct shared *s, struct queue *q);

#endif
