/* Attempts as OpenTelemetry knows them: spans in the JSON form of the
 * OpenTelemetry Protocol (OTLP 1.0). Pure. */
#ifndef EXTQ_MODEL_OTLP_H
#define EXTQ_MODEL_OTLP_H

#include "base/buf.h"
#include "model/attempt.h"
#include "model/job.h"
#include "model/outcome.h"
#include "model/trace.h"

/* One attempt. Texts are copies: it outlives its job. */
struct otlp_span {
    struct trace trace;
    char id[IDENT_MAX + 1], container[IDENT_MAX + 1], point[IDENT_MAX + 1];
    char method[16];
    char error[ATTEMPT_ERROR_MAX]; /* why there was no answer; may be empty */
    uint32_t attempt;              /* from 1 */
    int status;                    /* HTTP status; 0 = none */
    bool judged;                   /* verdict and class are known */
    enum verdict verdict;
    enum class class;
    int64_t begin_ns, end_ns; /* unix time */
    struct otlp_span *next;   /* the owner's */
    char url[];               /* as called, without its query */
};

/* Says whose the spans are. */
struct otlp_source {
    const char *service; /* service.name */
    const char *version;
    const char *instance; /* service.instance.id */
};

/* A span of a call to that URL, all else empty; for free. What stands behind
 * the first '?' may be a secret, and is left out. NULL when out of memory. */
struct otlp_span *otlp_span_make(struct span url) must_check;

/* Appends one export request with the spans. ERR_MEMORY, ERR_LIMIT. */
enum err otlp_write(struct buf *out, const struct otlp_source *source,
                    const struct otlp_span *const *spans,
                    size_t count) must_check;

/* How many spans a collector refused, as its answer to a request says; 0 where
 * it says nothing of it that can be read. */
uint64_t otlp_rejected(struct span answer);

#endif
