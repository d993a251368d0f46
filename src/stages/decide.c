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

static struct outcome dead(const struct decide_rule *rule)
{
    struct outcome o = end(VERDICT_DEAD, rule->class, rule->reason);

    o.stops = rule->stops;
    return o;
}

/* The refused call did nothing, and the stale entry was ours: the one call
 * that follows comes on top of the policy's attempts. */
static struct outcome rediscover(const struct decide_job *job,
                                 const struct policy *policy,
                                 const struct decide_rule *rule)
{
    struct outcome o;

    if (job->flags & RECORD_REDISCOVERED ||
        job->attempts > policy->retry.attempts)
        return dead(rule);
    o = again(job, policy, rule->class, 0, rule->reason);
    o.rediscover = o.verdict == VERDICT_RETRY;
    return o;
}

/* The receiver's word on how long it wants to be left alone; 0 = none. */
static int64_t hint_ms(const struct attempt *attempt)
{
    return attempt->status == 429 || attempt->status == 503
               ? attempt->retry_after_ms
               : 0;
}

static bool is_out_of_patience(const struct policy *policy, uint32_t tries)
{
    uint64_t tries_max = (uint64_t)policy->retry.attempts * PATIENCE;

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
    struct outcome o;

    if (is_out_of_patience(policy, job->flags / RECORD_UNDISCOVERED + 1))
        o = end(VERDICT_DEAD, rule->class, "throttled too many times");
    else
        o = again(job, policy, rule->class, hold_ms, rule->reason);
    o.quarantine = true;
    o.hold_ms = hold_ms;
    return o;
}

static struct outcome retry(const struct decide_job *job,
                            const struct attempt *attempt,
                            const struct policy *policy,
                            const struct decide_rule *rule)
{
    uint32_t calls_max = policy->retry.attempts;
    int64_t asked_ms = hint_ms(attempt);
    struct outcome o;

    if (asked_ms <= 0)
        asked_ms = rule->wait_min_ms;
    if (rule->calls_max > 0 && rule->calls_max < calls_max)
        calls_max = rule->calls_max;
    if (job->attempts >= calls_max)
        o = end(VERDICT_DEAD, rule->class, "no attempt is left");
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

static struct outcome judge(const struct decide_job *job,
                            const struct attempt *attempt,
                            const struct policy *policy,
                            const struct decide_rule *rule)
{
    switch (rule->kind) {
    case RULE_DONE:
        return end(VERDICT_DELIVERED, rule->class, rule->reason);
    case RULE_DEAD:
        break;
    case RULE_RETRY:
        return retry(job, attempt, policy, rule);
    case RULE_QUARANTINE:
        return quarantine(job, attempt, policy, rule);
    case RULE_REDISCOVER:
        return rediscover(job, policy, rule);
    }
    return dead(rule);
}

struct outcome decide(const struct decide_job *job,
                      const struct attempt *attempt,
                      const struct policy *policy, bool envelope)
{
    const struct decide_rule *rule = decide_rule(attempt, policy, envelope);
    struct outcome o = judge(job, attempt, policy, rule);

    o.spent = rule->kind != RULE_QUARANTINE;
    return o;
}

struct outcome decide_undiscovered(const struct decide_job *job,
                                   const struct policy *policy, uint32_t tries)
{
    if (is_out_of_patience(policy, tries))
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
