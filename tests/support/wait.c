#include "support/wait.h"

#include "base/clock.h"

#include <poll.h>
#include <stdlib.h>

/* At first often, later at an eighth of what has passed: many that wait for
 * long, beside each other, must not keep the machine busy by asking. */
enum { PAUSE_MIN_MS = 2, PAUSE_MAX_MS = 25, SHARE = 8 };

struct waiter waiter_start(int64_t limit_ms)
{
    const char *text = getenv("CK_TIMEOUT_MULTIPLIER");
    long factor = text ? strtol(text, NULL, 10) : 1;
    struct waiter w = {.limit_ms = limit_ms * (factor > 1 ? factor : 1)};

    w.deadline_ms = clock_mono_ms() + w.limit_ms;
    return w;
}

bool waiter_pause(struct waiter *w)
{
    int64_t now_ms = clock_mono_ms();
    int64_t pause_ms = (now_ms - w->deadline_ms + w->limit_ms) / SHARE;

    if (now_ms >= w->deadline_ms)
        return false;
    if (pause_ms < PAUSE_MIN_MS)
        pause_ms = PAUSE_MIN_MS;
    else if (pause_ms > PAUSE_MAX_MS)
        pause_ms = PAUSE_MAX_MS;
    (void)poll(NULL, 0, (int)pause_ms);
    return true;
}
