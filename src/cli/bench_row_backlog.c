/* Rows of long queues, of jobs and of retries: one among a million must not
 * cost more than one among a thousand. */
#include "cli/bench_rows.h"

#include "base/clock.h"
#include "cli/bench_load.h"

enum {
    SHORT = 1000,
    FILLINGS = 25,
    FILLINGS_QUICK = 3,
    MEASURED = 50000,
    FRESH = 20,
};

static void add(struct bench *b, const char *name, double own, double other)
{
    figures_add(&b->figures,
                &(struct measured){name, own, other, GOAL_RATIO_AT_MOST, 1.1});
}

/* A short queue, filled again as soon as it was worked off. All batches lie
 * ready: pushing is not measured. */
static enum err measure_short(struct bench *b, const struct bench_row *row,
                              enum load_kind kind, struct load_window *ret)
{
    unsigned fillings = b->quick ? FILLINGS_QUICK : FILLINGS;
    struct load_batch batch = {kind, "acme", SHORT, 0};
    struct bench_bed *bed = &b->bed;
    enum err e = bed_reset(bed, 0, 0);

    for (batch.nth = 0; !e && batch.nth < fillings; batch.nth++)
        e = load_stock(bed, &batch);
    if (!e)
        e = bed_serve(bed, &row->shape);
    for (batch.nth = 0; !e && batch.nth < fillings; batch.nth++) {
        if (batch.nth == fillings / 5)
            load_begin(bed, ret);
        e = load_release(bed, &batch);
        if (!e)
            e = load_wait(bed, SINK_MAIN, (batch.nth + 1) * (uint64_t)SHORT);
    }
    load_end(bed, ret);
    bed_stop_services(bed);
    return e;
}

/* While due retries are worked off, fresh jobs come: how long the slowest of
 * some takes to its call. */
static enum err time_fresh(struct bench_bed *b, int64_t *ret_us)
{
    struct sink_lane *lane = &b->sink.counters->lanes[SINK_SIDE];
    enum err e = ERR_OK;

    *ret_us = 0;
    for (uint64_t i = 0; !e && i < FRESH; i++) {
        int64_t start = clock_mono_us(), us;

        e = load_push_one(b, "other");
        if (!e)
            e = load_wait(b, SINK_SIDE, i + 1);
        us = atomic_load(&lane->arrived_us) - start;
        *ret_us = us > *ret_us ? us : *ret_us;
    }
    return e;
}

/* A long queue: some of its jobs are measured, the rest goes with Redis' data.
 */
static enum err measure_long(struct bench *b, const struct bench_row *row,
                             enum load_kind kind, struct load_window *ret)
{
    struct load_batch batch = {kind, "acme", row_jobs(b, row), 0};
    uint64_t from = batch.jobs / 20;
    uint64_t jobs = batch.jobs / 4 < MEASURED ? batch.jobs / 4 : MEASURED;
    struct bench_bed *bed = &b->bed;
    enum err e = bed_reset(bed, 0, 0);

    if (!e)
        e = load_stock(bed, &batch);
    if (!e)
        e = bed_serve(bed, &row->shape);
    if (!e)
        e = load_release(bed, &batch);
    return e ? e : load_window(bed, from, from + jobs, ret);
}

static enum err add_fresh(struct bench *b)
{
    int64_t us;
    enum err e = time_fresh(&b->bed, &us);

    if (!e)
        figures_add(&b->figures, &(struct measured){
                                     "slowest fresh job of 20, ms",
                                     (double)us / 1e3, 0, GOAL_AT_MOST, 1000});
    return e;
}

static enum err compare(struct bench *b, const struct bench_row *row,
                        enum load_kind kind)
{
    struct load_window own, other;
    enum err e = measure_long(b, row, kind, &own);

    if (!e && kind == LOAD_DUE)
        e = add_fresh(b);
    bed_stop_services(&b->bed);
    if (!e)
        e = measure_short(b, row, kind, &other);
    if (e)
        return e;
    add(b, "service CPU us/job, against a thousand",
        load_per_job(&own, own.service_us),
        load_per_job(&other, other.service_us));
    add(b, "Redis CPU us/job, against a thousand",
        load_per_job(&own, own.redis_us), load_per_job(&other, other.redis_us));
    return ERR_OK;
}

enum err row_backlog(struct bench *b, const struct bench_row *row)
{
    return compare(b, row, LOAD_JOBS);
}

enum err row_retries(struct bench *b, const struct bench_row *row)
{
    return compare(b, row, LOAD_DUE);
}
