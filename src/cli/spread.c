#include "cli/spread.h"

/* Numbers under EXACT have a bucket each; above, every doubling has STEPS. */
enum { STEPS = 8, EXACT = 16 };

static unsigned bucket_of(uint64_t ms)
{
    unsigned shift = 0, n;

    while (ms >> shift >= EXACT)
        shift++;
    n = (unsigned)(ms >> shift) + shift * STEPS;
    return n < SPREAD_BUCKETS ? n : SPREAD_BUCKETS - 1;
}

/* The middle of what a bucket counts. */
static uint64_t value_of(unsigned bucket)
{
    unsigned shift;

    if (bucket < EXACT)
        return bucket;
    shift = bucket / STEPS - 1;
    return ((uint64_t)(bucket - shift * STEPS) << shift) +
           (UINT64_C(1) << shift) / 2;
}

void spread_add(struct spread *s, uint64_t ms)
{
    s->count++;
    s->buckets[bucket_of(ms)]++;
}

void spread_merge(struct spread *s, const struct spread *from)
{
    s->count += from->count;
    for (unsigned n = 0; n < SPREAD_BUCKETS; n++)
        s->buckets[n] += from->buckets[n];
}

uint64_t spread_at(const struct spread *s, unsigned percent)
{
    uint64_t rank = (s->count * percent + 99) / 100, seen = 0;

    for (unsigned n = 0; n < SPREAD_BUCKETS && rank > 0; n++) {
        seen += s->buckets[n];
        if (seen >= rank)
            return value_of(n);
    }
    return 0;
}
