#include "fair.h"

#include <check.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void sum_up(int64_t *took, struct fair_times *t)
{
    if (t->done == 0)
        return;
    qsort(took, t->done, sizeof *took, compare);
    t->p50_ms = (double)took[t->done / 2] / 1000;
    t->p99_ms = (double)took[t->done - 1 - t->done / 100] / 1000;
    t->most_ms = (double)took[t->done - 1] / 1000;
}

struct fair_times fair_times(const struct fair_bed *b, unsigned from,
                             unsigned to, unsigned tenant)
{
    const struct fair_jobs *j = &b->good;
    int64_t *took = calloc(to - from + 1, sizeof *took), last = 0;
    struct fair_times t = {0};

    ck_assert_ptr_nonnull(took);
    for (unsigned n = from; n < to; n++) {
        if (j->tenant[n] < tenant)
            continue;
        t.count++;
        if (j->done_us[n] == 0)
            continue;
        took[t.done++] = j->done_us[n] - j->pushed_us[n];
        if (j->done_us[n] > last)
            last = j->done_us[n];
    }
    sum_up(took, &t);
    if (t.done > 0)
        t.rate = t.done * 1e6 / (double)(last - j->pushed_us[from]);
    free(took);
    return t;
}
