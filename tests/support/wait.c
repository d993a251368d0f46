#include "support/wait.h"

#include "base/clock.h"

#include <poll.h>
#include <stdlib.h>

enum { PAUSE_MS = 3 };

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
    if (clock_mono_ms() >= w->deadline_ms)
        return false;
    (void)poll(NULL, 0, PAUSE_MS);
    return true;
}
