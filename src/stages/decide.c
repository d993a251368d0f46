#include "stages/decide.h"

#include "stages/decide_rule.h"

/* What is no call to the extension is tried so many times more: discovery's
 * failures and quarantines are the platform's, and hold up every job alike. */
enum { PATIENCE = 10 };

static struct outcome end(enum verdict verdict, enum class class,
                          const char *reason)
{
    return (struct outcome){
        .verdict = verdict, .class = class, .reason = reason};
}

static int64_t add_ms(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* A retry, unless it would come too late. */
static struct outcome again(const struct decide_job *job,
                            const struct policy *policy, enum class class,
                            int64_t wait_ms, const char *reason)
{
    int64_t max_age_ms = policy->retry.max_age_ms;
    int64_t due_ms = add_ms(job->now_ms, wait_ms);
    struct outcome o = end(VERDICT_RETRY, class, reason);

    if (job->expires_at > 0 && due_ms >= job->expires_at)
        return end(VERDICT_EXPIRED, CLASS_EXPIRED,
                   "expires before the next call is due");
    if (max_age_ms > 0 && due_ms > add_ms(job->first_ms, max_age_ms))
        return end(VERDICT_DEAD, class, "too old for another call");
    o.wait_ms = wait_ms;
    return o;
}

/* How many calls the point gives a job that ends so. */
static uint32_t calls_max(const struct policy *policy,
                          const struct decide_rule *rule)
{
    uint32_t calls = policy->rules[rule->class];

    if (calls != RULE_RETRY && calls > rule->fewer)
        calls -= rule->fewer;
    return calls < policy->retry.attempts ? calls : policy->retry.attempts;
}

static bool is_hopeless(const struct policy *policy,
                        const struct decide_rule *rule)
{
    uint32_t calls = policy->rules[rule->class];

    return calls != RULE_RETRY && calls <= rule->fewer + RULE_DEAD;
}

/* The receiver's word on how long it wants to be left alone; 0 = none. */
static int64_t hint_ms(const struct attempt *attempt)
{
    return attempt->status == 429 || attempt->status == 503
               ? attempt->retry_after_ms
               : 0;
}

/* Whether `tries` in a row without a call that counts are enough, of a class
 * whose rule may say so. */
static bool is_out_of_patience(const struct policy *policy, enum class class,
                               uint32_t tries)
{
    uint64_t tries_max = (uint64_t)policy->retry.attempts * PATIENCE;

    if (policy->rules[class] != RULE_RETRY)
        return tries >= policy->rules[class];
    return policy->retry.max_age_ms <= 0 && tries >= tries_max;
}

/* The platform keeps the whole container away from its code: nothing ran, and
 * nothing is known of this job. */
static struct outcome quarantine(const struct decide_job *job,
                                 const struct attempt *attempt,
                                 const struct policy *policy,
                                 const struct decide_rule *rule)
{
    int64_t hold_ms = policy_hint_ms(&policy->retry, hint_ms(attempt),
                                     rule->wait_min_ms, job->dice);
    uint32_t tries = job->flags / RECORD_UNDISCOVERED + 1;
    struct outcome o;

    if (is_out_of_patience(policy, rule->class, tries))
        o = end(VERDICT_DEAD, rule->class, rule->reason);
    else
        o = again(job, policy, rule->class, hold_ms, rule->reason);
    o.quarantine = true;
    o.hold_ms = hold_ms;
    return o;
}

/* Of several calls the last one is not the reason. */
static const char *last_reason(const struct policy *policy,
                               const struct decide_rule *rule)
{
    return rule->kind == DECIDE_REDISCOVER || is_hopeless(policy, rule)
               ? rule->reason
               : "no attempt is left";
}

static struct outcome by_rule(const struct decide_job *job,
                              const struct attempt *attempt,
                              const struct policy *policy,
                              const struct decide_rule *rule)
{
    int64_t asked_ms = hint_ms(attempt);
    struct outcome o;

    if (asked_ms <= 0)
        asked_ms = rule->wait_min_ms;
    if (job->attempts >= calls_max(policy, rule))
        o = end(VERDICT_DEAD, rule->class, last_reason(policy, rule));
    else
        o = again(job, policy, rule->class,
                  policy_wait_hinted_ms(&policy->retry, job->attempts, asked_ms,
                                        job->dice),
                  rule->reason);
    o.pauses = hint_ms(attempt) > 0;
    if (o.pauses)
        o.hold_ms =
            policy_hint_ms(&policy->retry, hint_ms(attempt), 0, job->dice);
    return o;
}

/* The refused call did nothing, and the stale entry was ours: the one call
 * that follows at once comes on top of the policy's attempts. */
static struct outcome rediscover(const struct decide_job *job,
                                 const struct attempt *attempt,
                                 const struct policy *policy,
                                 const struct decide_rule *rule)
{
    struct outcome o;

    if (job->flags & RECORD_REDISCOVERED ||
        job->attempts > policy->retry.attempts || is_hopeless(policy, rule))
        o = by_rule(job, attempt, policy, rule);
    else
        o = again(job, policy, rule->class, 0, rule->reason);
    o.rediscover = o.verdict == VERDICT_RETRY;
    return o;
}

static struct outcome judge(const struct decide_job *job,
                            const struct attempt *attempt,
                            const struct policy *policy,
                            const struct decide_rule *rule)
{
    switch (rule->kind) {
    case DECIDE_DELIVERED:
        break;
    case DECIDE_BY_RULE:
        return by_rule(job, attempt, policy, rule);
    case DECIDE_QUARANTINE:
        return quarantine(job, attempt, policy, rule);
    case DECIDE_REDISCOVER:
        return rediscover(job, attempt, policy, rule);
    }
    return end(VERDICT_DELIVERED, rule->class, rule->reason);
}

struct outcome decide(const struct decide_job *job,
                      const struct attempt *attempt,
                      const struct policy *policy, bool envelope)
{
    const struct decide_rule *rule = decide_rule(attempt, policy, envelope);
    struct outcome o = judge(job, attempt, policy, rule);

    o.spent = rule->kind != DECIDE_QUARANTINE;
    o.stops = rule->stops && o.verdict == VERDICT_DEAD;
    return o;
}

struct outcome decide_undiscovered(const struct decide_job *job,
                                   const struct policy *policy, uint32_t tries)
{
    if (is_out_of_patience(policy, CLASS_DISCOVERY_FAILED, tries))
        return end(VERDICT_DEAD, CLASS_DISCOVERY_FAILED,
                   "discovery failed too many times");
    return again(job, policy, CLASS_DISCOVERY_FAILED,
                 policy_wait_ms(&policy->retry, tries, job->dice),
                 "discovery failed");
}

struct outcome decide_malformed(const char *reason)
{
    return end(VERDICT_DEAD, CLASS_MALFORMED, reason);
}

struct outcome decide_expired(void)
{
    return end(VERDICT_EXPIRED, CLASS_EXPIRED, "expired before the call");
}

struct outcome decide_uninstalled(const struct decide_job *job,
                                  const struct policy *policy, uint32_t tries)
{
    const char *reason = "no extension is installed";

    if (policy->rules[CLASS_NO_EXTENSION] == RULE_SKIP)
        return end(VERDICT_SKIPPED, CLASS_NO_EXTENSION, reason);
    if (is_out_of_patience(policy, CLASS_NO_EXTENSION, tries))
        return end(VERDICT_DEAD, CLASS_NO_EXTENSION, reason);
    return again(job, policy, CLASS_NO_EXTENSION,
                 policy_wait_ms(&policy->retry, tries, job->dice), reason);
}

struct outcome decide_worker_killer(void)
{
    return end(VERDICT_DEAD, CLASS_WORKER_KILLER,
               "the service died with it too many times");
}
