#include "service/flight_internal.h"
#include "service/tracer.h"

#include "base/rand.h"

#include <stdlib.h>
#include <string.h>

enum { NS_IN_MS = 1000000, NS_IN_US = 1000 };

static struct tracer *tracer_of(const struct flight *f)
{
    return f->intake->worker->shared->tracer;
}

/* Of a job without a trace: only where somebody would hear of it. */
static void start_trace(struct flight *f)
{
    const struct trace_seed seed = {
        .queue = span_of(f->intake->queue->config->name),
        .seq = f->record.seq,
        .id = span_of(f->job.id),
        .first_ms = f->record.first_ms,
    };

    trace_start(&seed, f->intake->worker->config->tracing.share, &f->trace);
}

const struct trace *flight_trace(struct flight *f, const char *url)
{
    uint64_t *dice = &f->intake->worker->dice;
    struct tracer *t = tracer_of(f);

    if (f->job.traceparent[0])
        (void)trace_read(span_of(f->job.traceparent), &f->trace);
    else if (t)
        start_trace(f);
    else
        return NULL;
    trace_enter(&f->trace, (uint64_t)rand_u32(dice) << 32 | rand_u32(dice));
    if (t && f->trace.sampled) {
        f->span = otlp_span_make(span_of(url));
        if (!f->span)
            tracer_give(t, NULL);
    }
    return &f->trace;
}

void flight_traced(struct flight *f, const struct attempt *attempt,
                   const struct outcome *outcome)
{
    struct otlp_span *s = f->span;

    if (!s)
        return;
    f->span = NULL;
    s->trace = f->trace;
    memcpy(s->id, f->job.id, sizeof s->id);
    memcpy(s->container, f->job.container, sizeof s->container);
    memcpy(s->point, f->job.point, sizeof s->point);
    memcpy(s->method, f->policy->method, sizeof s->method);
    memcpy(s->error, attempt->error, sizeof s->error);
    s->attempt = f->call.attempt;
    s->status = attempt->status;
    s->judged = outcome != NULL;
    if (outcome) {
        s->verdict = outcome->verdict;
        s->class = outcome->class;
    }
    s->begin_ns = f->started_ms * NS_IN_MS;
    s->end_ns = s->begin_ns + attempt->total_us * NS_IN_US;
    tracer_give(tracer_of(f), s);
}

void flight_untraced(struct flight *f)
{
    free(f->span);
    f->span = NULL;
}
