/* Inside the decide stage: what an answer is taken for, and what follows from
 * that. One row per case of the classifier. */
#ifndef EXTQ_STAGES_DECIDE_RULE_H
#define EXTQ_STAGES_DECIDE_RULE_H

#include "model/attempt.h"
#include "model/outcome.h"
#include "model/policy.h"

enum rule_kind {
    RULE_DONE,       /* delivered */
    RULE_DEAD,       /* another call would end the same way */
    RULE_RETRY,      /* another call may help */
    RULE_QUARANTINE, /* another call may help, and this one did not count */
    RULE_REDISCOVER, /* what was cached is stale: one more call, once */
};

struct decide_rule {
    enum class class;
    enum rule_kind kind;
    uint32_t calls_max;  /* of RULE_RETRY, besides the policy's; 0 = none */
    bool stops;          /* at its end no more calls to this extension */
    int64_t wait_min_ms; /* unless the receiver asked for a wait itself */
    const char *reason;
};

/* The row that fits the attempt; static, never NULL. */
const struct decide_rule *decide_rule(const struct attempt *attempt,
                                      const struct policy *policy,
                                      bool envelope);

#endif
