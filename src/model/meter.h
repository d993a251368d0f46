/* What happens, counted while it happens: each meter is written by one thread
 * and read by any, without locks. Sums are the plain numbers read from them. */
#ifndef EXTQ_MODEL_METER_H
#define EXTQ_MODEL_METER_H

#include <stdatomic.h>
#include <stdint.h>

struct meter {
    _Atomic uint64_t value;
};

/* By its one writer; not a read-modify-write of the processor's. */
static inline void meter_add(struct meter *m, uint64_t n)
{
    uint64_t now = atomic_load_explicit(&m->value, memory_order_relaxed);

    atomic_store_explicit(&m->value, now + n, memory_order_relaxed);
}

/* By its one writer, for what is counted elsewhere. */
static inline void meter_set(struct meter *m, uint64_t value)
{
    atomic_store_explicit(&m->value, value, memory_order_relaxed);
}

static inline uint64_t meter_read(const struct meter *m)
{
    return atomic_load_explicit(&m->value, memory_order_relaxed);
}

/* Durations by size: bucket n counts those of at most meter_bounds_us[n] that
 * fit in no earlier one, the last bucket those above all bounds. */
enum { METER_BOUNDS = 15, METER_BUCKETS = METER_BOUNDS + 1 };
extern const int64_t meter_bounds_us[METER_BOUNDS];

struct meter_times {
    struct meter buckets[METER_BUCKETS];
    struct meter sum_us;
};

/* By its one writer; what is negative counts as 0. */
void meter_time(struct meter_times *t, int64_t us);

struct meter_sum {
    uint64_t buckets[METER_BUCKETS];
    uint64_t sum_us;
};

/* Adds what was counted so far. */
void meter_collect(const struct meter_times *t, struct meter_sum *sum);

void meter_merge(const struct meter_sum *from, struct meter_sum *sum);

/* All of them. */
uint64_t meter_count(const struct meter_sum *sum);

#endif
