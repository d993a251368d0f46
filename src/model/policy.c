#include "model/policy.h"

enum { SECOND_MS = 1000, HOUR_MS = 3600 * SECOND_MS };

struct policy policy_default(void)
{
    /* Webtask's own callers end at 20 s, below the 30 s an execution is
     * guaranteed. Eight calls from 5 s on span ten minutes: a deploy or a
     * restart of the receiver, not its outage of a day. */
    return (struct policy){
        .method = "POST",
        .content_type = "application/json",
        .connect_ms = 5 * SECOND_MS,
        .total_ms = 20 * SECOND_MS,
        .retry =
            {
                .attempts = 8,
                .base_ms = 5 * SECOND_MS,
                .cap_ms = HOUR_MS,
                .jitter = 20,
                .max_age_ms = 24 * (int64_t)HOUR_MS,
                .hint_cap_ms = 24 * (int64_t)HOUR_MS,
            },
        /* What the platform or the network did is tried to the end, what the
         * extension did a few times, what would end the same way not at all. A
         * call that was refused has one more, with what discovery says now. */
        .rules =
            {
                [CLASS_NO_EXTENSION] = RULE_SKIP,
                [CLASS_UNREACHABLE] = RULE_RETRY,
                [CLASS_TIMEOUT] = RULE_RETRY,
                [CLASS_RESET] = RULE_RETRY,
                [CLASS_PLATFORM_ERROR] = RULE_RETRY,
                [CLASS_THROTTLED] = RULE_RETRY,
                [CLASS_UNAUTHORIZED] = 2,
                [CLASS_NOT_FOUND] = 2,
                [CLASS_GONE] = 2,
                [CLASS_COMPILE_ERROR] = RULE_DEAD,
                [CLASS_REJECTED] = RULE_DEAD,
                [CLASS_REDIRECT] = RULE_DEAD,
                [CLASS_INVALID_RESPONSE] = RULE_DEAD,
                [CLASS_EXTENSION_ERROR] = 3,
                [CLASS_EXTENSION_CRASH] = 3,
                [CLASS_EXTENSION_BUSY] = 3,
                [CLASS_BLOCKED_ADDRESS] = RULE_DEAD,
                [CLASS_DISCOVERY_FAILED] = RULE_RETRY,
            },
        .circuit =
            {
                .failures = 50,
                .calls = 20,
                .window_ms = 60 * SECOND_MS,
                .wait_ms = 5 * SECOND_MS,
                .cap_ms = 120 * SECOND_MS,
            },
    };
}

bool policy_has_rule(enum class c)
{
    return c != CLASS_OK && c != CLASS_MALFORMED && c != CLASS_EXPIRED &&
           c != CLASS_WORKER_KILLER;
}

/* total * dice / 2^32, without overflow for any total >= 0. */
static int64_t share(int64_t total, uint32_t dice)
{
    uint64_t high = (uint64_t)total >> 32, low = (uint64_t)total & UINT32_MAX;

    return (int64_t)(high * dice + ((low * dice) >> 32));
}

/* percent (0 to 100) of total >= 0, without overflow. */
static int64_t part(int64_t total, uint32_t percent)
{
    return total / 100 * percent + total % 100 * percent / 100;
}

static int64_t exponential_ms(const struct retry *retry, uint32_t attempts)
{
    uint32_t doublings = attempts - 1;

    if (retry->base_ms <= 0)
        return 0;
    if (doublings > 62 || retry->base_ms > (retry->cap_ms >> doublings))
        return retry->cap_ms;
    return (int64_t)((uint64_t)retry->base_ms << doublings);
}

static int64_t planned_ms(const struct retry *retry, uint32_t attempts)
{
    uint32_t len = retry->schedule_len;
    int64_t wait_ms;

    if (len > POLICY_SCHEDULE_MAX)
        len = POLICY_SCHEDULE_MAX;
    if (attempts < 1)
        attempts = 1;
    if (len > 0)
        wait_ms = retry->schedule_ms[(attempts < len ? attempts : len) - 1];
    else
        wait_ms = exponential_ms(retry, attempts);
    return wait_ms > 0 ? wait_ms : 0;
}

int64_t policy_wait_ms(const struct retry *retry, uint32_t attempts,
                       uint32_t dice)
{
    int64_t wait_ms = planned_ms(retry, attempts);
    uint32_t jitter = retry->jitter < 100 ? retry->jitter : 100;

    return wait_ms - share(part(wait_ms, jitter), dice);
}

int64_t policy_hint_ms(const struct retry *retry, int64_t hint_ms,
                       int64_t least_ms, uint32_t dice)
{
    int64_t wait_ms = hint_ms;

    if (retry->hint_cap_ms > 0 && wait_ms > retry->hint_cap_ms)
        wait_ms = retry->hint_cap_ms;
    if (wait_ms < least_ms)
        wait_ms = least_ms;
    if (__builtin_add_overflow(wait_ms, share(wait_ms / 10, dice), &wait_ms))
        wait_ms = INT64_MAX;
    return wait_ms;
}

int64_t policy_wait_hinted_ms(const struct retry *retry, uint32_t attempts,
                              int64_t hint_ms, uint32_t dice)
{
    int64_t wait_ms = policy_wait_ms(retry, attempts, dice);
    int64_t asked_ms = policy_hint_ms(retry, hint_ms, 0, dice);

    return asked_ms > wait_ms ? asked_ms : wait_ms;
}
