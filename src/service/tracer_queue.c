#include "service/tracer_internal.h"

void tracer_queue_open(struct tracer_queue *q)
{
    q->end = &q->first;
}

bool tracer_queue_add(struct tracer_queue *q, struct otlp_span *span,
                      bool *ret_many)
{
    unsigned before = atomic_fetch_add(&q->count, 1);

    if (before >= TRACER_QUEUE_MAX) {
        atomic_fetch_sub(&q->count, 1);
        return false;
    }
    span->next = atomic_load(&q->given);
    while (!atomic_compare_exchange_weak(&q->given, &span->next, span))
        ;
    *ret_many = (before + 1) % TRACER_BATCH_MAX == 0;
    return true;
}

unsigned tracer_queue_look(struct tracer_queue *q)
{
    struct otlp_span *span = atomic_exchange(&q->given, NULL), *next;
    struct otlp_span *oldest = NULL, *newest = span;

    if (!span)
        return q->taken;
    for (; span; span = next) {
        next = span->next;
        span->next = oldest;
        oldest = span;
        q->taken++;
    }
    *q->end = oldest;
    q->end = &newest->next;
    return q->taken;
}

size_t tracer_queue_take(struct tracer_queue *q, struct otlp_span **ret,
                         size_t max)
{
    size_t count = 0;

    while (count < max && q->first) {
        ret[count++] = q->first;
        q->first = q->first->next;
    }
    if (!q->first)
        q->end = &q->first;
    q->taken -= (unsigned)count;
    return count;
}

void tracer_queue_done(struct tracer_queue *q, size_t count)
{
    atomic_fetch_sub(&q->count, (unsigned)count);
}
