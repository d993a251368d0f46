/* What an attempt, or its absence, means for the job. */
#ifndef EXTQ_MODEL_OUTCOME_H
#define EXTQ_MODEL_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

enum verdict {
    VERDICT_DELIVERED,
    VERDICT_RETRY,
    VERDICT_DEAD,
    VERDICT_EXPIRED,
    VERDICT_SKIPPED, /* no extension is installed */
    VERDICT_DROPPED, /* by an operator */
    VERDICTS,
};

/* Why: sorted by what the operator must do about it. */
enum class {
    CLASS_OK,
    CLASS_NO_EXTENSION,
    CLASS_UNREACHABLE,
    CLASS_TIMEOUT,
    CLASS_RESET,
    CLASS_PLATFORM_ERROR,
    CLASS_THROTTLED,
    CLASS_UNAUTHORIZED,
    CLASS_NOT_FOUND,
    CLASS_GONE,
    CLASS_COMPILE_ERROR,
    CLASS_REJECTED,
    CLASS_REDIRECT,
    CLASS_INVALID_RESPONSE,
    CLASS_EXTENSION_ERROR,
    CLASS_EXTENSION_CRASH,
    CLASS_EXTENSION_BUSY,
    CLASS_BLOCKED_ADDRESS,
    CLASS_DISCOVERY_FAILED,
    CLASS_MALFORMED,
    CLASS_EXPIRED,
    CLASS_WORKER_KILLER,
    CLASSES,
};

struct outcome {
    enum verdict verdict;
    enum class class;
    int64_t wait_ms;    /* until the next call; only for VERDICT_RETRY */
    bool rediscover;    /* forget the cached extension before the next call */
    bool stops;         /* no further calls to this extension until somebody
                           resumes it or discovery answers differently */
    bool quarantine;    /* no calls to its container, for hold_ms */
    bool pauses;        /* no calls to this extension, for hold_ms: it asked so
                           by Retry-After */
    int64_t hold_ms;    /* of quarantine and pauses, whatever the verdict; a
                           retry's wait_ms is never less */
    bool spent;         /* the call counts as one of the job's attempts */
    const char *reason; /* static text in words; never NULL */
};

/* The words used in the outcome stream; static texts. */
const char *verdict_text(enum verdict v);
const char *class_text(enum class c);

#endif
