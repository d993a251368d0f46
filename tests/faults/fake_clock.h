/* Clocks that can be set, for the processes that are started under it. */
#ifndef EXTQ_FAULTS_FAKE_CLOCK_H
#define EXTQ_FAULTS_FAKE_CLOCK_H

#include "support/temp.h"

#include <stdbool.h>
#include <stdint.h>

/* Whose clock it is: a file that is looked at whenever it is asked. */
struct fake_clock {
    struct temp_path path;
    volatile int64_t *ahead_s;  /* of the right time */
    volatile int64_t *asleep_s; /* since boot, while CLOCK_MONOTONIC stood */
};

/* It is right. */
void fake_clock_open(struct fake_clock *c);

/* Whether what is started next by this process goes by that clock. */
void fake_clock_use(const struct fake_clock *c, bool on);

#endif
