#include "cli/bench_figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct figure *find_or_make(struct figures *f, const char *name)
{
    struct figure *last = &f->all[f->count];

    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->all[i].name, name) == 0)
            return &f->all[i];
    if (f->count == FIGURES_MAX)
        return NULL;
    *last = (struct figure){.goal = GOAL_NONE};
    (void)snprintf(last->name, sizeof last->name, "%s", name);
    f->count++;
    return last;
}

void figures_add(struct figures *f, const struct measured *m)
{
    struct figure *x = find_or_make(f, m->name);

    if (!x || x->runs == BENCH_RUNS_MAX)
        return;
    x->goal = m->goal;
    x->bound = m->bound;
    x->values[x->runs++] = m->value;
    if (m->against <= 0)
        return;
    x->against[x->compared] = m->against;
    x->ratios[x->compared++] = m->value / m->against;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct spread spread_of(const double *values, size_t count)
{
    double sorted[BENCH_RUNS_MAX];

    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return (struct spread){
        .median = (sorted[count / 2] + sorted[(count - 1) / 2]) / 2,
        .min = sorted[0],
        .max = sorted[count - 1],
    };
}

bool figure_is_met(const struct figure *f)
{
    bool of_ratio =
        f->goal == GOAL_RATIO_AT_MOST || f->goal == GOAL_RATIO_AT_LEAST;
    double median;

    if (f->goal == GOAL_NONE || (of_ratio && f->compared == 0))
        return false;
    median = of_ratio ? spread_of(f->ratios, f->compared).median
                      : spread_of(f->values, f->runs).median;
    if (f->goal == GOAL_AT_MOST || f->goal == GOAL_RATIO_AT_MOST)
        return median <= f->bound;
    return median >= f->bound;
}
