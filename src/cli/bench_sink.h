/* The extensions that `extq bench` calls: one small HTTP server in a process
 * of its own, with two paths that are told apart and answer after a time. */
#ifndef EXTQ_CLI_BENCH_SINK_H
#define EXTQ_CLI_BENCH_SINK_H

#include "base/err.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/* "/main", and "/side" for what happens besides. */
enum { SINK_MAIN, SINK_SIDE, SINK_LANES };

/* Shared memory: the server counts, we read; we set delays, it obeys. */
struct sink_lane {
    atomic_ullong served;         /* requests that have arrived */
    atomic_llong arrived_us;      /* when the last one did; monotonic */
    atomic_llong in_flight, most; /* arrived and not answered yet */
    atomic_llong delay_us;        /* from arrival to answer */
};

struct sink_counters {
    struct sink_lane lanes[SINK_LANES];
    atomic_ullong connections; /* accepted */
};

struct bench_sink {
    pid_t pid; /* 0 = not started */
    unsigned port;
    struct sink_counters *counters;
};

/* Listens on 127.0.0.1 and 127.0.0.2, the same port. Call before there are
 * threads. ERR_IO. */
enum err bench_sink_start(struct bench_sink *ret, struct why *why) must_check;

/* Counters at 0, delays as given; while nobody calls. */
void bench_sink_reset(struct bench_sink *s, int64_t main_us, int64_t side_us);

void bench_sink_stop(struct bench_sink *s);

#endif
