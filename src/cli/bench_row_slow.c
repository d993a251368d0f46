/* The row of a host that hangs: requests of others, to the same host and to
 * another one, must not become dearer by those that wait. */
#include "cli/bench_rows.h"

#include "cli/bench_load.h"

#include <stddef.h>

enum { HANG_S = 600, HANGING = 3000, HANGING_QUICK = 300 };

/* Fills the slots of one service with requests that hang. */
static enum err hang(struct bench *b, const char *container, uint64_t hanging)
{
    const struct load_batch batch = {LOAD_JOBS, container, hanging, 0};
    enum err e = load_stock(&b->bed, &batch);

    if (!e)
        e = load_release(&b->bed, &batch);
    return e ? e : load_wait(&b->bed, SINK_SIDE, hanging);
}

/* CPU for each request at /main while so many hang at the container's host;
 * container NULL: none do. */
static enum err measure(struct bench *b, const struct bench_row *row,
                        const char *container, double *ret_us)
{
    const struct load_batch batch = {LOAD_JOBS, "acme", row_jobs(b, row), 0};
    unsigned hanging = b->quick ? HANGING_QUICK : HANGING;
    struct bench_shape shape = row->shape;
    struct bench_bed *bed = &b->bed;
    struct load_window w;
    enum err e = bed_reset(bed, 0, (int64_t)HANG_S * 1000000);

    if (container)
        shape.in_flight += hanging;
    if (!e)
        e = bed_serve(bed, &shape);
    if (!e && container)
        e = hang(b, container, hanging);
    if (!e)
        e = load_stock(bed, &batch);
    if (!e)
        e = load_release(bed, &batch);
    if (!e)
        e = load_window(bed, batch.jobs / 10, batch.jobs - batch.jobs / 10, &w);
    bed_stop_services(bed);
    if (!e)
        *ret_us = load_per_job(&w, w.service_us);
    return e;
}

enum err row_slow(struct bench *b, const struct bench_row *row)
{
    static const struct {
        const char *container, *name;
    } cases[] = {
        {"side", "CPU us/request, same host, against none"},
        {"other", "CPU us/request, other host, against none"},
    };
    double none_us, us;
    enum err e = measure(b, row, NULL, &none_us);

    for (size_t i = 0; !e && i < 2; i++) {
        e = measure(b, row, cases[i].container, &us);
        if (!e)
            figures_add(&b->figures,
                        &(struct measured){cases[i].name, us, none_us,
                                           GOAL_RATIO_AT_MOST, 1.1});
    }
    return e;
}
