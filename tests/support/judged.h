/* Answers and jobs for tests of decide: eight calls, a second apart at first,
 * of a job that came a while ago. */
#ifndef EXTQ_SUPPORT_JUDGED_H
#define EXTQ_SUPPORT_JUDGED_H

#include "stages/decide.h"
#include "support/table.h"

#include <stdio.h>

#define ASYNC "Script generated an unhandled asynchronous exception."
#define SYNC  "Script generated an unhandled synchronous exception."

enum { FIRST_MS = 1000000, NOW_MS = 2000000, BASE_MS = 1000, ATTEMPTS = 8 };

static inline struct policy plain_policy(void)
{
    struct policy p = policy_default();

    p.retry = (struct retry){
        .attempts = ATTEMPTS, .base_ms = BASE_MS, .cap_ms = 3600 * 1000};
    return p;
}

/* Its call number `attempts` has just ended. */
static inline struct decide_job job_after(uint32_t attempts)
{
    return (struct decide_job){
        .attempts = attempts, .first_ms = FIRST_MS, .now_ms = NOW_MS};
}

/* `source` is x-wt-response-source's; the texts are borrowed. */
static inline struct attempt answer(const char *source, int status,
                                    const char *body)
{
    struct attempt a = {
        .end = ATTEMPT_ANSWERED, .status = status, .body = span_of(body)};

    (void)snprintf(a.source, sizeof(a.source), "%s", source);
    return a;
}

#endif
