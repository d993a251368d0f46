/* What the operator decided about one extensibility point: how to call its
 * extensions, what counts as success, and when to try again. Pure values. */
#ifndef EXTQ_MODEL_POLICY_H
#define EXTQ_MODEL_POLICY_H

#include "model/gate.h"
#include "model/outcome.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    POLICY_SCHEDULE_MAX = 32,
    POLICY_TEXT_MAX = 128,
    POLICY_FILES_MAX = 1024,
    POLICY_CALLS_MAX = 1000,
};

/* How often a job may be called when its calls end in a class: so many times in
 * all, never more than retry.attempts. */
#define RULE_SKIP  0u /* of no_extension alone: the job ends as skipped */
#define RULE_DEAD  1u
#define RULE_RETRY UINT32_MAX

struct signer;

struct retry {
    uint32_t attempts;   /* HTTP calls in all, the first included; >= 1 */
    int64_t base_ms;     /* wait after the first failure */
    int64_t cap_ms;      /* no doubled wait is longer */
    uint32_t jitter;     /* percent of the wait drawn at random, 0 to 100 */
    int64_t max_age_ms;  /* no retry is due later than this after the first
                            claim; 0 = no bound */
    int64_t hint_cap_ms; /* a Retry-After counts for no more than this; 0 = no
                            bound here */
    int64_t schedule_ms[POLICY_SCHEDULE_MAX]; /* explicit waits, in order:
                                                 the last one repeats */
    uint32_t schedule_len;                    /* 0 = exponential from base_ms */
};

struct policy {
    char method[16];                    /* POST, PUT, PATCH, DELETE, GET */
    char content_type[POLICY_TEXT_MAX]; /* printable ASCII */
    int64_t connect_ms;                 /* DNS, TCP and TLS together */
    int64_t total_ms; /* from DNS to the last byte of the answer */
    bool http2;       /* where the extension's server speaks it over TLS */
    bool only_200;    /* success is exactly 200, not any 2xx */
    bool json_answer; /* success needs a body that is JSON, or empty */
    bool envelope;    /* 200 bodies of the form {"status":"error",...} are
                         failures (auth0-ext-compilers) */
    struct retry retry;
    uint32_t rules[CLASSES]; /* of classes that have one, see
                                policy_has_rule */
    uint32_t in_flight; /* calls to one extension at a time, over all services;
                           0 = as its container's limit allows */
    uint32_t rate;      /* calls to one extension in a second, over all
                           services; 0 = no bound */
    struct circuit circuit;
    char signing_keys[POLICY_FILES_MAX]; /* paths, one to a line */
    struct signer *signer; /* what is in them (link/signature.h), owned by the
                              configuration; NULL = calls are not signed */
};

/* The policy of a point that the configuration does not mention. */
struct policy policy_default(void);

/* False for the classes of jobs that no further call could help: delivered,
 * no job at all, expired, or deadly to workers. */
bool policy_has_rule(enum class c);

/* The wait before the call that follows `attempts` failed ones (>= 1).
 * dice is uniform over all 32-bit values; jitter only shortens the wait, by
 * at most `jitter` percent, so that caps hold. Never negative. */
int64_t policy_wait_ms(const struct retry *retry, uint32_t attempts,
                       uint32_t dice);

/* As policy_wait_ms, with a Retry-After of the receiver (ms, 0 = none): never
 * earlier than asked; the hint is bounded by hint_cap_ms, and spread upwards
 * by at most 10 %. */
int64_t policy_wait_hinted_ms(const struct retry *retry, uint32_t attempts,
                              int64_t hint_ms, uint32_t dice);

/* How long a receiver is left alone that asked for hint_ms: bounded by
 * hint_cap_ms, at least least_ms, spread upwards by at most 10 %. */
int64_t policy_hint_ms(const struct retry *retry, int64_t hint_ms,
                       int64_t least_ms, uint32_t dice);

#endif
