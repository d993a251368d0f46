#include "cli/pace.h"

#include "base/clock.h"

#include <errno.h>
#include <time.h>

enum { STEPS_PER_S = 10, SECOND_US = 1000000 };

void pace_wait(struct pace *p, uint64_t done)
{
    int64_t now = clock_mono_us(), wait_us;
    struct timespec left;

    if (p->per_s == 0)
        return;
    if (p->due_us < now)
        p->due_us = now;
    p->due_us += (int64_t)done * SECOND_US / p->per_s;
    wait_us = p->due_us - now;
    left = (struct timespec){wait_us / SECOND_US, wait_us % SECOND_US * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

uint64_t pace_step(const struct pace *p, uint64_t most)
{
    uint64_t step = (uint64_t)p->per_s / STEPS_PER_S;

    if (p->per_s == 0 || step > most)
        return most;
    return step > 0 ? step : 1;
}
