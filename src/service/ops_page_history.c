#include "service/ops_page.h"

#include "base/clock.h"

#include <inttypes.h>

/* Between the bounds of the bucket where it is, by how far into that. */
static int64_t percentile(const uint64_t buckets[METER_BUCKETS], uint64_t count,
                          unsigned percent)
{
    uint64_t rank = (count * percent + 99) / 100, below = 0;

    for (unsigned n = 0; n < METER_BUCKETS && count > 0; n++) {
        int64_t low = n > 0 ? meter_bounds_us[n - 1] : 0;
        int64_t high = n < METER_BOUNDS ? meter_bounds_us[n] : low;

        if (below + buckets[n] >= rank)
            return low + (int64_t)((double)(high - low) *
                                   (double)(rank - below) / (double)buckets[n]);
        below += buckets[n];
    }
    return 0;
}

static void measure_calls(struct page_history *h, const struct meter_sum *calls,
                          struct page_sample *s)
{
    uint64_t fresh[METER_BUCKETS];

    for (unsigned n = 0; n < METER_BUCKETS; n++) {
        fresh[n] = calls->buckets[n] - h->calls.buckets[n];
        s->calls += fresh[n];
    }
    s->p50_us = percentile(fresh, s->calls, 50);
    s->p95_us = percentile(fresh, s->calls, 95);
    s->p99_us = percentile(fresh, s->calls, 99);
    h->calls = *calls;
}

static void count_outcomes(struct page_history *h,
                           const uint64_t outcomes[VERDICTS],
                           struct page_sample *s)
{
    for (int v = 0; v < VERDICTS; v++) {
        uint64_t fresh = outcomes[v] - h->outcomes[v];

        if (v == VERDICT_DELIVERED)
            s->delivered = fresh;
        else if (v == VERDICT_RETRY)
            s->retry = fresh;
        else if (v == VERDICT_DEAD)
            s->dead = fresh;
        else
            s->other += fresh;
        h->outcomes[v] = outcomes[v];
    }
}

/* False when memory is short: the next sample has what is missing. */
static bool read_meters(struct ops *o, uint64_t outcomes[VERDICTS],
                        struct meter_sum *calls)
{
    struct ops_sums sums = {.points = NULL};
    enum err e;

    uv_mutex_lock(&o->lock);
    e = ops_sums_merge(&sums, &o->past);
    for (unsigned n = 0; !e && n < OPS_POOLS_MAX && o->pools[n]; n++)
        e = ops_sums_collect(&sums, o->pools[n]);
    uv_mutex_unlock(&o->lock);
    for (size_t n = 0; !e && n < sums.count; n++) {
        meter_merge(&sums.points[n].calls, calls);
        for (int v = 0; v < VERDICTS; v++)
            for (int c = 0; c < CLASSES; c++)
                outcomes[v] += sums.points[n].outcomes[v][c];
    }
    ops_sums_clear(&sums);
    return e == ERR_OK;
}

bool page_sample(struct page *p)
{
    struct page_history *h = &p->history;
    struct page_sample s = {.at_ms = clock_wall_ms()};
    uint64_t outcomes[VERDICTS] = {0};
    struct meter_sum calls = {.sum_us = 0};
    int64_t now_ms = clock_mono_ms();

    if ((h->sampled_ms && now_ms - h->sampled_ms < PAGE_SAMPLE_MS) ||
        !read_meters(p->ops, outcomes, &calls))
        return false;
    h->sampled_ms = now_ms;
    count_outcomes(h, outcomes, &s);
    measure_calls(h, &calls, &s);
    uv_mutex_lock(&p->lock);
    h->samples[h->count++ % PAGE_SAMPLES] = s;
    uv_mutex_unlock(&p->lock);
    return true;
}

void page_write_sample(struct page_text *t, const struct page_sample *s)
{
    page_put(t,
             "{\"at\":%" PRId64 ",\"delivered\":%" PRIu64 ",\"retry\":%" PRIu64
             ",\"dead\":%" PRIu64 ",\"other\":%" PRIu64 ",\"calls\":%" PRIu64
             ",\"p50_us\":%" PRId64 ",\"p95_us\":%" PRId64
             ",\"p99_us\":%" PRId64 "}",
             s->at_ms, s->delivered, s->retry, s->dead, s->other, s->calls,
             s->p50_us, s->p95_us, s->p99_us);
}
