#include "cli/ending.h"

#include <signal.h>
#include <time.h>

static sigset_t ending_signals(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    return set;
}

void ending_take_over(void)
{
    sigset_t set = ending_signals();

    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

bool ending_came(int64_t wait_ms)
{
    struct timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000};
    sigset_t set = ending_signals();

    return sigtimedwait(&set, NULL, &wait) > 0;
}
