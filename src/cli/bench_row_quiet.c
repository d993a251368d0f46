/* Rows of a system with little to do: how soon it starts, what it costs. */
#include "cli/bench_rows.h"

#include "base/clock.h"
#include "base/rand.h"
#include "cli/bench_cpu.h"
#include "cli/bench_load.h"

#include <stdlib.h>

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

static void add(struct bench *b, const char *name, int64_t us, double bound)
{
    const struct measured m = {name, (double)us / 1e3, 0,
                               bound > 0 ? GOAL_AT_MOST : GOAL_NONE, bound};

    figures_add(&b->figures, &m);
}

enum err row_latency(struct bench *b, const struct bench_row *row)
{
    uint64_t count = row_jobs(b, row);
    struct bench_bed *bed = &b->bed;
    static int64_t us[SAMPLES_MAX];
    enum err e = bed_reset(bed, 0, 0);

    if (count > SAMPLES_MAX)
        count = SAMPLES_MAX;
    if (!e)
        e = bed_serve(bed, &row->shape);
    if (!e)
        e = sample_many(bed, count, us);
    bed_stop_services(bed);
    if (e)
        return e;
    qsort(us, count, sizeof *us, compare);
    add(b, "p50 ms", us[count / 2], 0.3);
    add(b, "p99 ms", us[count * 99 / 100], 0.8);
    add(b, "slowest ms", us[count - 1], 0);
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
