#include "service/gates_figures.h"
#include "service/gates_internal.h"

#include <string.h>

void gates_kinds(struct gates *g, unsigned queue, uint64_t ret[GATE_KINDS])
{
    const struct gate_line *line;

    memset(ret, 0, GATE_KINDS * sizeof *ret);
    uv_mutex_lock(&g->lock);
    LIST_FOREACH(line, &g->queues[queue].lines, of_queue)
    ret[line->kind]++;
    uv_mutex_unlock(&g->lock);
}

struct gate_turns gates_turns(struct gates *g, unsigned queue)
{
    struct gate_turns ret;

    uv_mutex_lock(&g->lock);
    ret = g->queues[queue].turns;
    uv_mutex_unlock(&g->lock);
    return ret;
}
