/* What the rows of bench_fair share: a Redis, services, the extensions, jobs
 * pushed at a pace, and the stream of outcomes as it is read.
 *
 * A measured job has the id "g<n>"; all others are "b<n>", of the container
 * "bad", whose extension is at the bad port. */
#ifndef EXTQ_BENCH_FAIR_H
#define EXTQ_BENCH_FAIR_H

#include "fair_sink.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/temp.h"

#include <stdbool.h>
#include <stdio.h>

enum { FAIR_JOBS_MAX = 1 << 20, FAIR_SERVICES_MAX = 2 };

struct fair_jobs {
    unsigned count; /* pushed so far */
    uint16_t *tenant;
    int64_t *pushed_us, *done_us; /* monotonic; 0 = not yet */
};

struct fair_bed {
    struct redis_server *redis;
    struct fair_sink *sink;
    struct temp_path dir;
    struct process *services[FAIR_SERVICES_MAX];
    unsigned service_count, tenants;
    struct redis_sync *link; /* of the producer */
    struct fair_jobs good;
    pthread_t watcher;
    atomic_uint good_done;
    atomic_uint bad_attempts; /* calls that did not deliver */
    atomic_uint bad_delivered, bad_dead;
    _Atomic int64_t bad_last_us; /* of the last delivery */
};

/* A number of the environment, or what it is otherwise. */
long fair_option(const char *name, long otherwise);

/* Redis and the watcher; tenants t0, t1, ... at the good port. settings: more
 * of the configuration. */
struct fair_bed *fair_open(struct fair_sink *sink, unsigned tenants);
void fair_serve(struct fair_bed *b, unsigned services, const char *settings);
void fair_stop(struct fair_bed *b);
void fair_close(struct fair_bed *b);

/* Jobs a second for so long, of the tenants that pick() names. Returns the
 * number of the first; the last is count - 1. */
typedef unsigned (*fair_pick)(void *arg);
unsigned fair_push(struct fair_bed *b, unsigned rate, int64_t span_ms,
                   fair_pick pick, void *arg);

/* The same as fast as Redis takes them. */
unsigned fair_push_all(struct fair_bed *b, unsigned count, fair_pick pick,
                       void *arg);

/* Jobs of "bad", as fast as Redis takes them, from a thread of their own. */
struct fair_flood;
struct fair_flood *fair_flood_start(struct fair_bed *b, unsigned count);
void fair_flood_join(struct fair_flood **f);

/* Until all measured jobs that were pushed are done. */
void fair_wait_good(struct fair_bed *b, int64_t limit_ms);

/* Of the jobs from..to-1, of tenants from `tenant` on. */
struct fair_times {
    unsigned count, done;
    double p50_ms, p99_ms, most_ms;
    double rate; /* done a second, between first push and last outcome */
};
struct fair_times fair_times(const struct fair_bed *b, unsigned from,
                             unsigned to, unsigned tenant);

/* A number of INFO. */
double fair_info(struct fair_bed *b, const char *section, const char *field);

#endif
