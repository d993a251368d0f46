#include "cli/doctor_masters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of several ranges of the same master has its number. */
static void add_range(struct masters *m, const struct reply *row)
{
    struct master_range *range = &m->ranges[m->range_count];
    const struct reply *node = reply_at(row, 2);
    struct span host = reply_span(reply_at(node, 0));
    size_t n = 0;

    range->slots.first = (unsigned)reply_number(reply_at(row, 0));
    range->slots.last = (unsigned)reply_number(reply_at(row, 1));
    (void)snprintf(range->place, sizeof range->place, "%.*s:%" PRId64,
                   (int)(host.len < REDIS_PATH_MAX ? host.len : 0), host.at,
                   reply_number(reply_at(node, 1)));
    while (n < m->range_count && strcmp(m->ranges[n].place, range->place) != 0)
        n++;
    range->master = n < m->range_count ? m->ranges[n].master : m->count++;
    m->range_count++;
}

struct masters masters_find(const struct doctor *d)
{
    struct masters m = {NULL, 0, 0};
    const struct reply *reply = NULL;
    enum err e;

    if (!d->config->redis.cluster)
        return m;
    e = redis_ask_words(d->redis, &reply, "CLUSTER", "SLOTS", NULL);
    reply = doctor_reply(d, "cluster", e, reply);
    m.ranges = reply_count(reply) > 0
                   ? calloc(reply_count(reply), sizeof *m.ranges)
                   : NULL;
    for (size_t i = 0; m.ranges && i < reply_count(reply); i++)
        add_range(&m, reply_at(reply, i));
    return m;
}

void masters_clear(struct masters *m)
{
    free(m->ranges);
    *m = (struct masters){NULL, 0, 0};
}

size_t masters_of_key(const struct masters *m, const char *key)
{
    unsigned slot = redis_slot((struct span){key, strlen(key)});

    for (size_t i = 0; i < m->range_count; i++)
        if (redis_range_has(m->ranges[i].slots, slot))
            return m->ranges[i].master;
    return m->count;
}

static void look_at(const struct doctor *d, const struct master_range *range,
                    void (*look)(const struct doctor *d))
{
    struct redis_address address = d->config->redis;
    struct doctor own = *d;
    struct why why = {""};

    own.redis = NULL;
    own.node = range->place;
    address.slot = range->slots.first;
    if (redis_sync_open(&address, doctor_patience_ms(d), &own.redis, &why))
        doctor_say(&own, HEALTH_WRONG, "redis",
                   "redis-cli --cluster check HOST:PORT", "%s", why.text);
    else
        look(&own);
    redis_sync_close(&own.redis);
}

void masters_each(const struct doctor *d, const struct masters *m,
                  void (*look)(const struct doctor *d))
{
    size_t next = 0;

    /* They are numbered as they come. */
    for (size_t i = 0; i < m->range_count; i++)
        if (m->ranges[i].master == next) {
            look_at(d, &m->ranges[i], look);
            next++;
        }
}
