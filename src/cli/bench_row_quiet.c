/* Rows of a system with little to do: how soon it starts, what it costs. */
#include "cli/bench_rows.h"

#include "base/clock.h"
#include "base/rand.h"
#include "cli/bench_cpu.h"
#include "cli/bench_load.h"
#include "cli/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLES_MAX = 10000,
    WARM_UP = 100,
    GAP_MS = 5, /* and up to as much again */
    SETTLE_MS = 2000,
};

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* One job, and how long it was under way. */
static enum err sample(struct bench_bed *b, uint64_t nth, int64_t *ret_us)
{
    struct sink_lane *lane = &b->sink.counters->lanes[SINK_MAIN];
    int64_t start = clock_mono_us();
    enum err e = load_push_one(b, "acme");

    if (!e)
        e = load_wait(b, SINK_MAIN, nth + 1);
    *ret_us = atomic_load(&lane->arrived_us) - start;
    return e;
}

static enum err sample_many(struct bench_bed *b, uint64_t count, int64_t *ret)
{
    uint64_t dice = rand_seed();
    enum err e = ERR_OK;
    int64_t us;

    for (uint64_t i = 0; !e && i < WARM_UP + count; i++) {
        (void)bed_wait(b, GAP_MS + rand_u32(&dice) % GAP_MS);
        e = sample(b, i, &us);
        if (i >= WARM_UP)
            ret[i - WARM_UP] = us;
    }
    return e;
}

/* How long jobs were under way, the quickest first. */
struct ways {
    uint64_t count;
    int64_t us[SAMPLES_MAX];
};

static enum err measure_ways(struct bench_bed *b, struct ways *ret)
{
    enum err e = sample_many(b, ret->count, ret->us);

    qsort(ret->us, ret->count, sizeof *ret->us, compare);
    return e;
}

static enum err measure_own(struct bench *b, const struct bench_row *row,
                            struct ways *ret)
{
    enum err e = bed_reset(&b->bed, 0, 0);

    if (!e)
        e = bed_serve(&b->bed, &row->shape);
    if (!e)
        e = measure_ways(&b->bed, ret);
    bed_stop_services(&b->bed);
    return e;
}

/* Zeros where it was not built. */
static enum err measure_bare(struct bench *b, struct ways *ret)
{
    struct bench_bed *bed = &b->bed;
    char redis[16], server[16];
    const char *argv[] = {b->bare_queue, redis, server, NULL};
    enum err e;

    memset(ret->us, 0, sizeof ret->us);
    if (!b->bare_queue[0])
        return ERR_OK;
    (void)snprintf(redis, sizeof redis, "%u", bed->redis.port);
    (void)snprintf(server, sizeof server, "%u", bed->sink.port);
    e = bed_reset(bed, 0, 0);
    if (!e)
        e = bed_start_bare(bed, argv, bed->folder.log);
    if (!e)
        e = measure_ways(bed, ret);
    child_kill(&bed->bare);
    return e;
}

static void add(struct bench *b, const char *name, const int64_t us[2],
                double bound)
{
    const struct measured m = {name, (double)us[0] / 1e3, (double)us[1] / 1e3,
                               bound > 0 ? GOAL_AT_MOST : GOAL_NONE, bound};

    figures_add(&b->figures, &m);
}

/* Those of which so many percent were quicker; ours and the bare loop's. */
static void add_percentile(struct bench *b, const struct ways ways[2],
                           const char *name, unsigned percent, double bound)
{
    uint64_t count = ways->count, at = count * percent / 100;
    int64_t us[2];

    if (at == count)
        at--;
    for (size_t i = 0; i < 2; i++)
        us[i] = ways[i].us[at];
    add(b, name, us, bound);
}

enum err row_latency(struct bench *b, const struct bench_row *row)
{
    static struct ways ways[2];
    uint64_t count = row_jobs(b, row);
    enum err e;

    if (count > SAMPLES_MAX)
        count = SAMPLES_MAX;
    ways[0].count = ways[1].count = count;
    e = measure_own(b, row, &ways[0]);
    if (!e)
        e = measure_bare(b, &ways[1]);
    if (e)
        return e;
    add_percentile(b, ways, "p50 ms", 50, 0.3);
    add_percentile(b, ways, "p99 ms", 99, 0.8);
    add_percentile(b, ways, "slowest ms", 100, 0);
    return ERR_OK;
}

/* Jobs of this row are seconds. */
enum err row_idle(struct bench *b, const struct bench_row *row)
{
    int64_t ms = (int64_t)row_jobs(b, row) * 1000;
    struct bench_bed *bed = &b->bed;
    int64_t commands[2], functions[2], cpu;
    enum err e = bed_reset(bed, 0, 0);

    if (!e)
        e = bed_serve(bed, &row->shape);
    if (!e)
        (void)bed_wait(bed, SETTLE_MS);
    bench_redis_calls(&bed->redis, &commands[0], &functions[0]);
    cpu = bench_cpu_us(bed->services[0]);
    if (!e && !bed_wait(bed, ms))
        e = why_set(&bed->why, ERR_IO, "interrupted");
    cpu = bench_cpu_us(bed->services[0]) - cpu;
    bench_redis_calls(&bed->redis, &commands[1], &functions[1]);
    bed_stop_services(bed);
    if (e)
        return e;
    figures_add(&b->figures, &(struct measured){"percent of a core",
                                                (double)cpu / 10 / (double)ms,
                                                0, GOAL_AT_MOST, 0.1});
    /* The first question about them is one of them. */
    figures_add(&b->figures,
                &(struct measured){"Redis commands/s, inside functions too",
                                   (double)(commands[1] - commands[0] - 1) *
                                       1e3 / (double)ms,
                                   0, GOAL_AT_MOST, 10});
    figures_add(&b->figures,
                &(struct measured){"function calls/s",
                                   (double)(functions[1] - functions[0]) * 1e3 /
                                       (double)ms,
                                   0, GOAL_NONE, 0});
    return ERR_OK;
}
