/* The extensions that bench_fair calls: one thread with two ports. At the good
 * one all requests are answered after the same delay; what happens at the bad
 * one is set, and counted by the second. */
#ifndef EXTQ_BENCH_FAIR_SINK_H
#define EXTQ_BENCH_FAIR_SINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum { FAIR_SECONDS_MAX = 4096 };

enum fair_mode {
    FAIR_WELL,
    FAIR_HANGS,   /* accepts, reads, never answers */
    FAIR_FAILS,   /* 503 at once */
    FAIR_REFUSES, /* nobody listens */
};

struct fair_sink {
    int epoll, good_fd, bad_fd;
    unsigned good_port, bad_port;
    int64_t delay_us; /* at the good port */
    int64_t start_us; /* monotonic: second 0 */
    _Atomic enum fair_mode mode;
    atomic_uint bad_by_second[FAIR_SECONDS_MAX];
    pthread_t thread;
};

/* Lives until the process ends. Fails the test when it cannot. */
struct fair_sink *fair_sink_start(enum fair_mode mode, int64_t delay_us);

/* From now on all is well at the bad port; returns the second it is. */
unsigned fair_sink_heal(struct fair_sink *s);

/* Requests at the bad port in the seconds from..to-1, and the most in one. */
unsigned fair_sink_count(const struct fair_sink *s, unsigned from, unsigned to,
                         unsigned *ret_most);

unsigned fair_sink_second(const struct fair_sink *s);

#endif
