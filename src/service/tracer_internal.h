/* What the files of the tracer share; nobody else includes it.
 *
 *   tracer.c        the thread
 *   tracer_queue.c  spans that wait to be sent
 *   tracer_send.c   one request after the other, again where that helps */
#ifndef EXTQ_SERVICE_TRACER_INTERNAL_H
#define EXTQ_SERVICE_TRACER_INTERNAL_H

#include "link/http.h"
#include "service/tracer.h"

#include <stdatomic.h>

enum { TRACER_BATCH_MAX = 512, TRACER_QUEUE_MAX = 8192, TRACER_HEADERS = 9 };

struct tracer_queue {
    _Atomic(struct otlp_span *) given; /* newest first; any thread's */
    atomic_uint count;                 /* of all that follows as well */
    struct otlp_span *first, **end;    /* oldest first; the tracer's own */
    unsigned taken;                    /* of those */
};

/* The request under way, or that is to be sent again. */
struct tracer_batch {
    struct otlp_span *spans[TRACER_BATCH_MAX]; /* owned */
    size_t count;                              /* 0 = none */
    struct buf body;
    unsigned tries;
    bool waiting;               /* for the time of its next try */
    struct http_ticket *ticket; /* NULL = nothing was sent */
};

struct tracer {
    const struct config *config;
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t pace;  /* spans are sent after so long, few as they may be */
    uv_timer_t again; /* the batch's next try */
    uv_timer_t end;   /* the last moment */
    struct http *http;
    struct http_target *target;
    char lines[SECRET_MAX + 1]; /* cut up for the next */
    const char *headers[TRACER_HEADERS];
    char where[CONFIG_PATH_MAX]; /* for log lines: without a query */
    char instance[96];
    uint64_t dice;
    struct tracer_queue queue;
    struct tracer_batch batch;
    bool due;  /* what waits is to be sent now */
    bool over; /* nothing is to be sent any more */
    bool full_told;
    atomic_bool full;  /* spans were dropped for want of room */
    char trouble[128]; /* as it was logged; empty = all is well */
    atomic_ullong exported, rejected, dropped;
    atomic_bool leaving, ended;
};

/* tracer_queue.c */
void tracer_queue_open(struct tracer_queue *q);

/* From any thread; false when it is full. *ret_many: enough for a batch. */
bool tracer_queue_add(struct tracer_queue *q, struct otlp_span *span,
                      bool *ret_many);

/* How many there are to be taken. */
unsigned tracer_queue_look(struct tracer_queue *q);

/* Takes the oldest, up to max; they count until tracer_queue_done. */
size_t tracer_queue_take(struct tracer_queue *q, struct otlp_span **ret,
                         size_t max);
void tracer_queue_done(struct tracer_queue *q, size_t count);

/* tracer_send.c */

/* Sends the next batch, if there is reason to; once a turn. */
void tracer_send(struct tracer *t);

/* No more waiting: what is there is tried once more. */
void tracer_hurry(struct tracer *t);

/* Drops all there is. */
void tracer_give_up(struct tracer *t);

#endif
