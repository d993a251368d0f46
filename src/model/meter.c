#include "model/meter.h"

/* From a hit in memory to the longest that a webtask may run, and beyond. */
const int64_t meter_bounds_us[METER_BOUNDS] = {
    1000,   2500,    5000,    10000,   25000,    50000,    100000,   250000,
    500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000,
};

void meter_time(struct meter_times *t, int64_t us)
{
    unsigned n = 0;

    if (us < 0)
        us = 0;
    while (n < METER_BOUNDS && us > meter_bounds_us[n])
        n++;
    meter_add(&t->buckets[n], 1);
    meter_add(&t->sum_us, (uint64_t)us);
}

void meter_collect(const struct meter_times *t, struct meter_sum *sum)
{
    for (unsigned n = 0; n < METER_BUCKETS; n++)
        sum->buckets[n] += meter_read(&t->buckets[n]);
    sum->sum_us += meter_read(&t->sum_us);
}

void meter_merge(const struct meter_sum *from, struct meter_sum *sum)
{
    for (unsigned n = 0; n < METER_BUCKETS; n++)
        sum->buckets[n] += from->buckets[n];
    sum->sum_us += from->sum_us;
}

uint64_t meter_count(const struct meter_sum *sum)
{
    uint64_t count = 0;

    for (unsigned n = 0; n < METER_BUCKETS; n++)
        count += sum->buckets[n];
    return count;
}
