/* W3C Trace Context (level 2): which trace an attempt belongs to, and the span
 * that it is. Pure. */
#ifndef EXTQ_MODEL_TRACE_H
#define EXTQ_MODEL_TRACE_H

#include "base/span.h"

enum {
    TRACEPARENT_LEN = 55,
    TRACE_ID_LEN = 32,
    SPAN_ID_LEN = 16,
    TRACESTATE_MAX = 512,
    TRACESTATE_MEMBERS = 32,
    TRACE_SHARE_ALL = 100, /* percent */
};

struct trace {
    char id[TRACE_ID_LEN + 1];
    char parent[SPAN_ID_LEN + 1]; /* empty: the trace begins here */
    char span[SPAN_ID_LEN + 1];   /* the attempt's own */
    bool sampled;                 /* somebody up the line records it */
    bool random;                  /* the other flag of level 2, kept as it is */
};

/* Reads a `traceparent`; span is left empty. False, with *ret empty, when it
 * is none: the specification has the trace begin anew then. Of a version that
 * is not known what 00 would have is taken. */
bool trace_read(struct span text, struct trace *ret);

/* True of a `tracestate` that is to go on as it is: KEY=VALUE with commas,
 * within those bounds, no key twice, and not nothing at all. */
bool tracestate_is_good(struct span text);

/* What makes a job's own trace: the same for all of its attempts, wherever
 * they are made. */
struct trace_seed {
    struct span queue, seq, id;
    int64_t first_ms;
};

/* A trace of the job's own, of which so many percent are sampled, always the
 * same ones. */
void trace_start(const struct trace_seed *seed, uint32_t share,
                 struct trace *ret);

/* Gives the attempt a span of its own; dice: 64 random bits. */
void trace_enter(struct trace *t, uint64_t dice);

/* The header for the attempt: its span is the parent of what the extension
 * does. */
void trace_write(const struct trace *t, char dst[TRACEPARENT_LEN + 1]);

#endif
