#include "service/keeper.h"
#include "service/ops_internal.h"
#include "service/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The point of that name, made if need be; NULL when out of memory. */
static struct point_sums *find(struct ops_sums *sums, const char *name)
{
    struct point_sums *points;

    for (size_t n = 0; n < sums->count; n++)
        if (strcmp(sums->points[n].name, name) == 0)
            return &sums->points[n];
    points = realloc(sums->points, (sums->count + 1) * sizeof *points);
    if (!points)
        return NULL;
    sums->points = points;
    points += sums->count++;
    *points = (struct point_sums){.name = ""};
    (void)snprintf(points->name, sizeof points->name, "%s", name);
    return points;
}

static void collect_point(struct point_sums *sums,
                          const struct point_figures *f)
{
    for (int v = 0; v < VERDICTS; v++)
        for (int c = 0; c < CLASSES; c++)
            sums->outcomes[v][c] += meter_read(&f->outcomes[v][c]);
    meter_collect(&f->calls, &sums->calls);
    meter_collect(&f->waits, &sums->waits);
}

static void collect_counts(struct ops_sums *sums, const struct figures *f)
{
    for (int s = 0; s < SOURCES; s++)
        for (int k = 0; k < FINDINGS; k++)
            sums->resolves[s][k] += meter_read(&f->resolves[s][k]);
    sums->asks += meter_read(&f->asks);
    sums->reused += meter_read(&f->reused);
    sums->opened += meter_read(&f->opened);
    sums->handshakes += meter_read(&f->handshakes);
    sums->http2 += meter_read(&f->http2);
    sums->redis_ups += meter_read(&f->redis_ups);
}

static void add_spans(struct tracer_counts *sums,
                      const struct tracer_counts *from)
{
    sums->exported += from->exported;
    sums->rejected += from->rejected;
    sums->dropped += from->dropped;
}

enum err ops_sums_collect(struct ops_sums *sums, struct pool *p)
{
    const struct config *c = pool_config(p);
    const struct shared *s = pool_shared(p);
    struct tracer_counts spans = tracer_counts(s->tracer);
    enum err e = ERR_OK;

    add_spans(&sums->spans, &spans);
    sums->redis_ups += keeper_redis_ups(s->keeper);
    for (unsigned w = 0; w < atomic_load(&s->worker_count); w++) {
        const struct figures *f = worker_figures(s->workers[w]);

        collect_counts(sums, f);
        for (size_t n = 0; n < f->point_count; n++) {
            struct point_sums *point = find(sums, figures_point(c, n));

            if (point)
                collect_point(point, &f->points[n]);
            else
                e = ERR_MEMORY;
        }
    }
    return e;
}

static void merge_point(struct point_sums *sums, const struct point_sums *from)
{
    for (int v = 0; v < VERDICTS; v++)
        for (int c = 0; c < CLASSES; c++)
            sums->outcomes[v][c] += from->outcomes[v][c];
    meter_merge(&from->calls, &sums->calls);
    meter_merge(&from->waits, &sums->waits);
}

enum err ops_sums_merge(struct ops_sums *sums, const struct ops_sums *from)
{
    for (int s = 0; s < SOURCES; s++)
        for (int k = 0; k < FINDINGS; k++)
            sums->resolves[s][k] += from->resolves[s][k];
    sums->asks += from->asks;
    sums->reused += from->reused;
    sums->opened += from->opened;
    sums->handshakes += from->handshakes;
    sums->http2 += from->http2;
    sums->redis_ups += from->redis_ups;
    add_spans(&sums->spans, &from->spans);
    for (size_t n = 0; n < from->count; n++) {
        struct point_sums *point = find(sums, from->points[n].name);

        if (!point)
            return ERR_MEMORY;
        merge_point(point, &from->points[n]);
    }
    return ERR_OK;
}

void ops_sums_clear(struct ops_sums *sums)
{
    free(sums->points);
    *sums = (struct ops_sums){.points = NULL};
}
