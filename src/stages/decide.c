#include "stages/decide.h"

#include "stages/decide_rule.h"

/* Discovery is asked again so many times more than an extension is called:
 * its failures are the platform's and hold up every job alike. */
enum { DISCOVERY_PATIENCE = 10 };

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

/* The refused call did nothing, and the stale entry was ours: the one call
 * that follows comes on top of the policy's attempts. */
static struct outcome rediscover(const struct decide_job *job,
                                 const struct policy *policy,
                                 const struct decide_rule *rule)
{
    struct outcome o;

    if (job->flags & RECORD_REDISCOVERED)
        return end(VERDICT_DEAD, rule->class, rule->reason);
    o = again(job, policy, rule->class, 0, rule->reason);
    o.rediscover = o.verdict == VERDICT_RETRY;
    return o;
}

/* How long the receiver wants to be left alone: its word where it gave one. */
static int64_t hint_ms(const struct attempt *attempt,
                       const struct decide_rule *rule)
{
    if ((attempt->status == 429 || attempt->status == 503) &&
        attempt->retry_after_ms > 0)
        return attempt->retry_after_ms;
    return rule->wait_min_ms;
}

static struct outcome retry(const struct decide_job *job,
                            const struct attempt *attempt,
                            const struct policy *policy,
                            const struct decide_rule *rule)
{
    uint32_t calls_max = policy->retry.attempts;

    if (rule->calls_max > 0 && rule->calls_max < calls_max)
        calls_max = rule->calls_max;
    if (job->attempts >= calls_max)
        return end(VERDICT_DEAD, rule->class, "no attempt is left");
    return again(job, policy, rule->class,
                 policy_wait_hinted_ms(&policy->retry, job->attempts,
                                       hint_ms(attempt, rule), job->dice),
                 rule->reason);
}

struct outcome decide(const struct decide_job *job,
                      const struct attempt *attempt,
                      const struct policy *policy, bool envelope)
{
    const struct decide_rule *rule = decide_rule(attempt, policy, envelope);

    switch (rule->kind) {
    case RULE_DONE:
        return end(VERDICT_DELIVERED, rule->class, rule->reason);
    case RULE_DEAD:
        break;
    case RULE_RETRY:
        return retry(job, attempt, policy, rule);
    case RULE_REDISCOVER:
        return rediscover(job, policy, rule);
    }
    return end(VERDICT_DEAD, rule->class, rule->reason);
}

struct outcome decide_undiscovered(const struct decide_job *job,
                                   const struct policy *policy, uint32_t tries)
{
    uint64_t tries_max = (uint64_t)policy->retry.attempts * DISCOVERY_PATIENCE;

    if (policy->retry.max_age_ms <= 0 && tries >= tries_max)
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

struct outcome decide_skipped(void)
{
    return end(VERDICT_SKIPPED, CLASS_NO_EXTENSION,
               "no extension is installed");
}

struct outcome decide_worker_killer(void)
{
    return end(VERDICT_DEAD, CLASS_WORKER_KILLER,
               "the service died with it too many times");
}
