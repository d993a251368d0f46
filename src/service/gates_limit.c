#include "service/gates_internal.h"

#include <string.h>

void peers_become(struct gates_queue *q, struct gate_peers peers,
                  int64_t until_us)
{
    struct former_peers *last;

    /* Too many to remember: until all have learned of it, nothing is ours. */
    if (q->former_count == FORMER_MAX) {
        last = &q->former[FORMER_MAX - 1];
        *last = (struct former_peers){{0, 0}, until_us};
    } else {
        last = &q->former[q->former_count++];
        *last = (struct former_peers){q->peers, until_us};
    }
    q->peers = peers;
    /* Alone, there is nobody who would have to learn of it. */
    if (peers.services <= 1)
        q->former_count = 0;
}

bool peers_settle(struct gates_queue *q, int64_t now_us)
{
    unsigned over = 0;

    while (over < q->former_count && q->former[over].until_us <= now_us)
        over++;
    q->former_count -= over;
    memmove(q->former, q->former + over, q->former_count * sizeof *q->former);
    return over > 0;
}

/* Of a limit over all services. While they come and go each goes by what it has
 * learned so far: the least of the shares that others may take for ours. */
static uint32_t shared(const struct gates_queue *q, uint32_t limit,
                       const char *name)
{
    uint32_t least = gate_share(limit, q->peers.services, q->peers.rank, name);

    for (unsigned n = 0; n < q->former_count; n++) {
        const struct gate_peers *p = &q->former[n].peers;
        uint32_t then = gate_share(limit, p->services, p->rank, name);

        if (then < least)
            least = then;
    }
    return least;
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
