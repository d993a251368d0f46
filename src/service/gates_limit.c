#include "service/gates_internal.h"

/* Of a limit over all services. Where others came or went, both the old and the
 * new share hold until they have learned of it too. */
static uint32_t shared(const struct gates_queue *q, uint32_t limit,
                       const char *name)
{
    uint32_t now = gate_share(limit, q->peers.services, q->peers.rank, name);
    uint32_t then = gate_share(limit, q->before.services, q->before.rank, name);

    return q->settled_us != 0 && then < now ? then : now;
}

static uint64_t slots(const struct config *c)
{
    return (uint64_t)c->workers * c->in_flight;
}

static uint32_t own_limit(const struct gates *g, const struct gate *gate,
                          unsigned queue)
{
    const struct config *c = g->config;
    uint32_t limit =
        gate->policy ? gate->policy->in_flight : c->container_in_flight;
    const struct gates_queue *q = &g->queues[queue];
    uint64_t quarter = slots(c) / 4;

    /* Where all services together cannot reach it there is nothing to share. */
    if (limit > 0 && limit < slots(c) * q->peers.services)
        return shared(q, limit, gate->name);
    if (limit > 0 || gate->policy || quarter > UINT32_MAX)
        return UINT32_MAX;
    return quarter > 0 ? (uint32_t)quarter : 1;
}

uint32_t gate_limit(const struct gates *g, const struct gate *gate,
                    unsigned queue)
{
    uint32_t own = own_limit(g, gate, queue), whole;

    if (!gate->container)
        return own;
    whole = own_limit(g, gate->container, queue);
    return own < whole ? own : whole;
}

uint32_t gate_space(const struct gates *g, const struct gate *gate,
                    unsigned queue)
{
    uint32_t limit = own_limit(g, gate, queue);

    if (gate->allowance > 0 && gate->allowance < limit)
        limit = gate->allowance;
    return gate->running < limit ? limit - gate->running : 0;
}

int64_t gate_interval(const struct gates *g, const struct gate *gate,
                      unsigned queue)
{
    uint32_t rate = gate->policy ? gate->policy->rate : 0;

    return gate_interval_us(rate, g->queues[queue].peers.services);
}
