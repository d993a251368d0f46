/* In which order the figures of queues are read. */
#include "cli/stats_read.h"
#include "link/redis_slot.h"
#include "support/main.h"

#include <stdio.h>

static struct config config;

static void configure(bool cluster)
{
    config.redis.cluster = cluster;
    config.queue_count = QUEUES_MAX;
    (void)snprintf(config.prefix, sizeof config.prefix, "extq");
    for (size_t i = 0; i < QUEUES_MAX; i++)
        (void)snprintf(config.queues[i].name, sizeof config.queues[i].name,
                       "q%zu", i);
}

static unsigned slot_of(size_t queue)
{
    struct queue_keys keys;

    keys_of_queue(&keys, config.prefix, config.queues[queue].name);
    return redis_slot(span_of(keys.jobs));
}

START_TEST(in_a_cluster_those_of_one_server_are_together)
{
    struct stats_order order;
    bool seen[QUEUES_MAX] = {false};

    configure(true);
    order = stats_order(&config);
    for (size_t i = 0; i < QUEUES_MAX; i++) {
        ck_assert(!seen[order.at[i]]);
        seen[order.at[i]] = true;
        if (i > 0)
            ck_assert_uint_le(slot_of(order.at[i - 1]), slot_of(order.at[i]));
    }
}
END_TEST

START_TEST(elsewhere_they_are_as_configured)
{
    struct stats_order order;

    configure(false);
    order = stats_order(&config);
    for (size_t i = 0; i < QUEUES_MAX; i++)
        ck_assert_uint_eq(order.at[i], i);
}
END_TEST

int main(void)
{
    return run_tests("unit.stats_order", 10,
                     in_a_cluster_those_of_one_server_are_together,
                     elsewhere_they_are_as_configured);
}
