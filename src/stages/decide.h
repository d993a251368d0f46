/* Fourth stage, pure: what an attempt, or its absence, means for the job. All
 * retry semantics of extq are this one function. */
#ifndef EXTQ_STAGES_DECIDE_H
#define EXTQ_STAGES_DECIDE_H

#include "model/attempt.h"
#include "model/outcome.h"
#include "model/policy.h"
#include "model/record.h"

/* The job's side of the decision. */
struct decide_job {
    uint32_t attempts;  /* calls made since record_start, the judged one
                           included */
    uint32_t flags;     /* enum record_flag */
    int64_t first_ms;   /* of record_start, unix ms by the server's clock */
    int64_t expires_at; /* unix ms; 0 = never */
    int64_t now_ms;     /* unix ms by the server's clock */
    uint32_t dice;      /* uniform */
};

/* After an HTTP call. decide_rule.c has the cases and their order. envelope is
 * the extension's own switch, added to the policy's. */
struct outcome decide(const struct decide_job *job,
                      const struct attempt *attempt,
                      const struct policy *policy, bool envelope);

/* Discovery failed, for the `tries`th time in a row, and nothing usable was
 * cached: no call was made. Follows the retry schedule by tries, spends no
 * attempt, ends by max age only when the policy has one, otherwise after
 * 10 x attempts tries; or by the class's rule, which counts tries. */
struct outcome decide_undiscovered(const struct decide_job *job,
                                   const struct policy *policy, uint32_t tries);

/* There is no extension: skipped, unless the rule of no_extension has the job
 * wait for one in the same way. */
struct outcome decide_uninstalled(const struct decide_job *job,
                                  const struct policy *policy, uint32_t tries);

/* Ends that need no call. */
struct outcome decide_malformed(const char *reason);
struct outcome decide_expired(void);
struct outcome decide_worker_killer(void);

#endif
