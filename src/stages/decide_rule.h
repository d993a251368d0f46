/* Inside the decide stage: what an answer is taken for, and what follows from
 * that. One row per case of the classifier. */
#ifndef EXTQ_STAGES_DECIDE_RULE_H
#define EXTQ_STAGES_DECIDE_RULE_H

#include "model/attempt.h"
#include "model/outcome.h"
#include "model/policy.h"

enum decide_kind {
    DECIDE_DELIVERED,
    DECIDE_BY_RULE,    /* as the policy has it for the class */
    DECIDE_QUARANTINE, /* the same, but this call did not count */
    DECIDE_REDISCOVER, /* the same, but at first what is cached is taken to be
                          stale: once more, with what discovery says now */
};

struct decide_rule {
    enum class class;
    enum decide_kind kind;
    uint32_t fewer;      /* calls than the class has, because this case of it is
                            more certain */
    bool stops;          /* at its end no more calls to this extension */
    int64_t wait_min_ms; /* unless the receiver asked for a wait itself */
    const char *reason;
};

/* The row that fits the attempt; static, never NULL. */
const struct decide_rule *decide_rule(const struct attempt *attempt,
                                      const struct policy *policy,
                                      bool envelope);

#endif
