/* What the bare loops share: whatever is wrong ends them. */
#ifndef EXTQ_BENCH_BARE_H
#define EXTQ_BENCH_BARE_H

#include "link/redis_sync.h"

/* Says what is wrong on stderr, and exits with 1. */
_Noreturn void bare_give_up(const char *what);

/* A connection to the Redis at that port of this host. */
struct redis_sync *bare_open(const char *port);

/* The reply itself, which is no error. */
const struct reply *bare_checked(enum err e, const struct reply *reply);

#endif
