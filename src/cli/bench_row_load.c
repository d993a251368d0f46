/* Rows under a load of jobs: throughput and CPU beside the bare libcurl loop,
 * thousands in flight, Redis beside the bare Redis loop, several processes. */
#include "cli/bench_rows.h"

#include "cli/bench_cpu.h"
#include "cli/bench_load.h"
#include "cli/child.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

enum { LOOK_MS = 2, IDEAL = 98 };

static uint64_t all_in_flight(const struct bench_row *row)
{
    const struct bench_shape *s = &row->shape;

    return (uint64_t)s->processes * s->workers * s->in_flight;
}

/* Neither the start counts, when connections are made, nor the end, when not
 * all slots are taken. Whole rounds, where all slots answer together. */
static void window_of(const struct bench *b, const struct bench_row *row,
                      uint64_t *ret_from, uint64_t *ret_to)
{
    uint64_t jobs = row_jobs(b, row), round = all_in_flight(row);
    uint64_t margin = row->delay_ms || jobs / 10 < round ? round : jobs / 10;

    *ret_from = jobs > 2 * margin ? margin : 0;
    *ret_to = jobs > 2 * margin ? jobs - margin : jobs;
}

static enum err measure_own(struct bench *b, const struct bench_row *row,
                            struct load_window *ret)
{
    struct bench_bed *bed = &b->bed;
    const struct load_batch batch = {LOAD_JOBS, "acme", row_jobs(b, row), 0};
    uint64_t from, to;
    enum err e = bed_reset(bed, row->delay_ms * 1000, 0);

    window_of(b, row, &from, &to);
    if (!e)
        e = load_stock(bed, &batch);
    if (!e)
        e = bed_serve(bed, &row->shape);
    if (!e)
        e = load_release(bed, &batch);
    if (!e)
        e = load_window(bed, from, to, ret);
    bed_stop_services(bed);
    return e;
}

static enum err start_bare(struct bench *b, const struct bench_row *row)
{
    struct bench_bed *bed = &b->bed;
    char url[64], threads[16], in_flight[16], payload[16];
    const char *argv[] = {b->bare_curl, url, threads, in_flight, payload, NULL};

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/main", bed->sink.port);
    (void)snprintf(threads, sizeof threads, "%u", row->shape.workers);
    (void)snprintf(in_flight, sizeof in_flight, "%u", row->shape.in_flight);
    (void)snprintf(payload, sizeof payload, "%d", (int)LOAD_PAYLOAD);
    return bed_start_bare(bed, argv, bed->folder.log);
}

/* Nothing where it was not built. */
static enum err measure_bare(struct bench *b, const struct bench_row *row,
                             struct load_window *ret)
{
    uint64_t from, to;
    enum err e;

    *ret = (struct load_window){.jobs = 0};
    if (!b->bare_curl[0])
        return ERR_OK;
    window_of(b, row, &from, &to);
    bench_sink_reset(&b->bed.sink, row->delay_ms * 1000, 0);
    e = start_bare(b, row);
    if (!e)
        e = load_window(&b->bed, from, to, ret);
    child_kill(&b->bed.bare);
    return e;
}

static double rate(const struct load_window *w)
{
    return w->wall_us ? (double)w->jobs * 1e6 / (double)w->wall_us : 0;
}

static void add(struct bench *b, struct measured m)
{
    figures_add(&b->figures, &m);
}

static void add_rates(struct bench *b, const struct bench_row *row,
                      const struct load_window *own,
                      const struct load_window *bare)
{
    double ideal = (double)all_in_flight(row) * 1000;

    if (row->delay_ms == 0) {
        add(b, (struct measured){"jobs/s", rate(own), rate(bare),
                                 GOAL_RATIO_AT_LEAST, 0.8});
        return;
    }
    ideal /= (double)row->delay_ms;
    add(b, (struct measured){"jobs/s", rate(own), rate(bare), GOAL_NONE, 0});
    add(b,
        (struct measured){"percent of the ideal rate", 100 * rate(own) / ideal,
                          100 * rate(bare) / ideal, GOAL_AT_LEAST, IDEAL});
}

/* A claim and a finish for each batch of jobs. */
static void add_batching(struct bench *b, const struct load_window *w)
{
    double batches = (double)w->functions / 2;

    add(b, (struct measured){"jobs per claim and finish",
                             batches > 0 ? (double)w->jobs / batches : 0, 0,
                             GOAL_NONE, 0});
}

enum err row_load(struct bench *b, const struct bench_row *row)
{
    struct load_window own, bare;
    enum err e = measure_own(b, row, &own);
    long long most = atomic_load(&b->bed.sink.counters->lanes[0].most);

    if (!e)
        e = measure_bare(b, row, &bare);
    if (e)
        return e;
    add_rates(b, row, &own, &bare);
    add(b, (struct measured){
               "service CPU us/job", load_per_job(&own, own.service_us),
               load_per_job(&bare, bare.service_us),
               row->cpu_bound > 0 ? GOAL_AT_MOST : GOAL_RATIO_AT_MOST,
               row->cpu_bound > 0 ? row->cpu_bound : 1.25});
    add(b,
        (struct measured){"Redis CPU us/job", load_per_job(&own, own.redis_us),
                          0, GOAL_NONE, 0});
    add_batching(b, &own);
    add(b,
        (struct measured){"new connections per 1,000 jobs",
                          load_per_job(&own, (int64_t)own.connections * 1000),
                          0, GOAL_NONE, 0});
    add(b, (struct measured){"extension CPU us/job",
                             load_per_job(&own, own.sink_us),
                             load_per_job(&bare, bare.sink_us), GOAL_NONE, 0});
    add(b, (struct measured){"service RSS MiB", (double)own.rss_kib / 1024,
                             (double)bare.rss_kib / 1024,
                             row->rss_bound > 0 ? GOAL_AT_MOST : GOAL_NONE,
                             row->rss_bound});
    if (row->delay_ms > 0)
        add(b,
            (struct measured){"most in flight", (double)most, 0, GOAL_NONE, 0});
    return ERR_OK;
}

/* The bare Redis loop works the queue off and ends. */
static enum err measure_bare_redis(struct bench *b, uint64_t jobs,
                                   double *ret_us)
{
    struct bench_bed *bed = &b->bed;
    char port[16], count[32];
    const char *argv[] = {b->bare_redis, port, count, NULL};
    const struct load_batch batch = {LOAD_JOBS, "acme", jobs, 0};
    enum err e = bed_reset(bed, 0, 0);
    int64_t before;

    (void)snprintf(port, sizeof port, "%u", bed->redis.port);
    (void)snprintf(count, sizeof count, "%" PRIu64, jobs);
    if (!e)
        e = load_stock(bed, &batch);
    if (!e)
        e = load_release(bed, &batch);
    if (e)
        return e;
    before = bench_cpu_us(bed->redis.pid);
    e = bed_start_bare(bed, argv, bed->folder.log);
    while (!e && !child_ended(&bed->bare, NULL))
        if (!bed_wait(bed, LOOK_MS))
            e = why_set(&bed->why, ERR_IO, "interrupted");
    child_kill(&bed->bare);
    *ret_us = (double)(bench_cpu_us(bed->redis.pid) - before) / (double)jobs;
    if (!e && bench_redis_number(&bed->redis, "GET", "extq:{default}:bare") !=
                  (int64_t)jobs)
        e = why_set(&bed->why, ERR_IO, "the bare Redis loop failed");
    return e;
}

enum err row_redis(struct bench *b, const struct bench_row *row)
{
    struct load_window own;
    double bare_us = 0;
    enum err e = measure_own(b, row, &own);

    if (!e && b->bare_redis[0])
        e = measure_bare_redis(b, row_jobs(b, row), &bare_us);
    if (e)
        return e;
    add(b,
        (struct measured){"Redis CPU us/job", load_per_job(&own, own.redis_us),
                          bare_us, GOAL_AT_MOST, 8});
    add_batching(b, &own);
    return ERR_OK;
}

static enum err one_count(struct bench *b, const struct bench_row *row)
{
    struct load_window w;
    unsigned n = row->shape.processes;
    enum err e = measure_own(b, row, &w);
    char name[4][FIGURE_NAME_MAX];

    if (e)
        return e;
    (void)snprintf(name[0], sizeof name[0], "%u: jobs/s", n);
    (void)snprintf(name[1], sizeof name[1], "%u: service CPU us/job", n);
    (void)snprintf(name[2], sizeof name[2], "%u: Redis cores", n);
    (void)snprintf(name[3], sizeof name[3], "%u: extension cores", n);
    add(b, (struct measured){name[0], rate(&w), 0, GOAL_NONE, 0});
    add(b, (struct measured){name[1], load_per_job(&w, w.service_us), 0,
                             GOAL_NONE, 0});
    add(b, (struct measured){name[2], (double)w.redis_us / (double)w.wall_us, 0,
                             GOAL_NONE, 0});
    add(b, (struct measured){name[3], (double)w.sink_us / (double)w.wall_us, 0,
                             GOAL_NONE, 0});
    return ERR_OK;
}

enum err row_processes(struct bench *b, const struct bench_row *row)
{
    struct bench_row each = *row;
    enum err e = ERR_OK;

    for (each.shape.processes = 1;
         !e && each.shape.processes <= BED_SERVICES_MAX; each.shape.processes++)
        e = one_count(b, &each);
    return e;
}
