/* Waiting for a condition, with a limit and a sentence; tests never sleep for
 * a time they guessed. */
#ifndef EXTQ_SUPPORT_WAIT_H
#define EXTQ_SUPPORT_WAIT_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

/* Looks at the condition every few milliseconds until it is true. After the
 * limit (in ms) the test fails with the sentence: "waited 5000 ms in vain for:
 * the outcome of job 1". Limits are generous: they only end what hangs, and are
 * stretched by $CK_TIMEOUT_MULTIPLIER. */
#define wait_until(condition, limit, sentence)                                 \
    do {                                                                       \
        struct waiter waiter_ = waiter_start(limit);                           \
                                                                               \
        while (!(condition))                                                   \
            if (!waiter_pause(&waiter_))                                       \
                ck_abort_msg("waited %lld ms in vain for: %s",                 \
                             (long long)waiter_.limit_ms, (sentence));         \
    } while (0)

struct waiter {
    int64_t limit_ms;
    int64_t deadline_ms; /* monotonic */
};

struct waiter waiter_start(int64_t limit_ms);

/* Lets a few milliseconds pass; false when the limit is over. */
bool waiter_pause(struct waiter *w);

#endif
