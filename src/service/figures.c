#include "service/figures.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 64 }; /* of the processor's cache: no other thread writes there */

const char figures_other[] = "other";

static size_t find_point(const struct config *c, const char *name)
{
    size_t n = 0;

    while (n < c->point_count && strcmp(c->points[n].name, name) != 0)
        n++;
    return n;
}

enum err figures_open(const struct config *c, struct figures **ret)
{
    /* A point of that name takes in what belongs to none. */
    size_t other = find_point(c, figures_other);
    size_t count = c->point_count + (other == c->point_count);
    size_t size = sizeof **ret + count * sizeof(struct point_figures);
    struct figures *f;

    size = (size + LINE - 1) / LINE * LINE;
    f = aligned_alloc(LINE, size);
    if (!f)
        return ERR_MEMORY;
    memset(f, 0, size);
    f->point_count = count;
    *ret = f;
    return ERR_OK;
}

void figures_close(struct figures **f)
{
    free(*f);
    *f = NULL;
}

const char *figures_point(const struct config *c, size_t n)
{
    return n < c->point_count ? c->points[n].name : figures_other;
}

static size_t point_of(const struct figures *f, const struct config *c,
                       const char *name)
{
    size_t n = find_point(c, name);

    return n < f->point_count ? n : find_point(c, figures_other);
}

struct figure figures_begin(struct figures *f, const struct config *c,
                            const struct record_entry *e)
{
    struct figure figure = {.given = e->outcome != NULL};

    if (!e->outcome)
        return figure;
    figure.verdict = e->outcome->verdict;
    figure.class = e->outcome->class;
    figure.point = point_of(f, c, e->job->point);
    if (e->attempt) {
        meter_time(&f->points[figure.point].calls, e->attempt->total_us);
        meter_time(&f->points[figure.point].waits, e->queue_ms * 1000);
    }
    return figure;
}

void figures_end(struct figures *f, const struct figure *figure)
{
    if (figure->given)
        meter_add(
            &f->points[figure->point].outcomes[figure->verdict][figure->class],
            1);
}

void figures_resolved(struct figures *f, const struct resolved *resolved)
{
    meter_add(&f->resolves[resolved->source][resolved->kind], 1);
}
