/* A job as producers write it: one JSON object, made of its parts. Whether it
 * is a good one is for job_read to say. */
#ifndef EXTQ_MODEL_JOB_WRITE_H
#define EXTQ_MODEL_JOB_WRITE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* NULL and 0 are left out. */
struct job_parts {
    const char *container, *point, *traceparent, *tracestate;
    struct span payload; /* JSON; not checked here */
    struct span body;    /* any bytes, when there is no payload (NULL) */
    int64_t not_before, expires_at;
};

/* Appends the job. ERR_MEMORY, ERR_LIMIT. */
enum err job_compose(const struct job_parts *parts, const char *id,
                     struct buf *out) must_check;

#endif
