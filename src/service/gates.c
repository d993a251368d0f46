#include "service/gates_internal.h"

#include "base/check.h"

#include <stdlib.h>

enum err gates_open(const struct config *config, struct gates **ret)
{
    struct gates *g = calloc(1, sizeof *g);

    if (!g)
        return ERR_MEMORY;
    if (uv_mutex_init(&g->lock) != 0) {
        free(g);
        return ERR_MEMORY;
    }
    g->config = config;
    TAILQ_INIT(&g->rest);
    for (size_t n = 0; n < QUEUES_MAX; n++) {
        LIST_INIT(&g->queues[n].lines);
        TAILQ_INIT(&g->queues[n].ready);
        TAILQ_INIT(&g->queues[n].busy);
        g->queues[n].loading = true;
        atomic_store(&g->queues[n].news, true);
    }
    *ret = g;
    return ERR_OK;
}

void gates_close(struct gates **ret)
{
    struct gates *g = *ret;
    struct gate *gate, *next;

    *ret = NULL;
    if (!g)
        return;
    for (size_t n = 0; n < QUEUES_MAX; n++) {
        struct gate_line *line;

        while ((line = LIST_FIRST(&g->queues[n].lines))) {
            LIST_REMOVE(line, of_queue);
            free(line);
        }
        times_close(&g->queues[n].times);
    }
    HASH_ITER(hh, g->table, gate, next)
    {
        HASH_DEL(g->table, gate);
        free(gate);
    }
    uv_mutex_destroy(&g->lock);
    free(g);
}

static bool is_used(const struct gate *gate)
{
    return gate->running > 0 || gate->extensions > 0 ||
           !LIST_EMPTY(&gate->lines);
}

static void stir(struct gates *g, struct gate *gate)
{
    TAILQ_REMOVE(&g->rest, gate, rest);
    gate->idle = false;
    g->idle_count--;
}

/* With its container, if that was kept for its sake alone. */
static void forget_oldest(struct gates *g)
{
    struct gate *gate = TAILQ_FIRST(&g->rest);
    struct gate *container = gate->container;

    stir(g, gate);
    HASH_DEL(g->table, gate);
    free(gate);
    if (!container)
        return;
    container->extensions--;
    if (!is_used(container)) {
        check(g->table); /* it is in there itself */
        HASH_DEL(g->table, container);
        free(container);
    }
}

void gate_rest(struct gates *g, struct gate *gate)
{
    if (gate->idle == !is_used(gate))
        return;
    if (gate->idle) {
        stir(g, gate);
        return;
    }
    TAILQ_INSERT_TAIL(&g->rest, gate, rest);
    gate->idle = true;
    if (++g->idle_count > GATES_IDLE_MAX)
        forget_oldest(g);
}

/* At rest, and so not yet kept by anything. */
static struct gate *make_gate(struct gates *g, const char *name)
{
    size_t size = strlen(name) + 1;
    struct gate *gate = calloc(1, sizeof *gate + size);
    bool added = false;

    if (!gate)
        return NULL;
    memcpy(gate->name, name, size);
    LIST_INIT(&gate->lines);
    TAILQ_INIT(&gate->blocked);
#undef uthash_nonfatal_oom
#define uthash_nonfatal_oom(element) added = false
    added = true;
    HASH_ADD_KEYPTR(hh, g->table, gate->name, size - 1, gate);
    if (!added) {
        free(gate);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&g->rest, gate, rest);
    gate->idle = true;
    g->idle_count++;
    return gate;
}

static struct gate *look_up(struct gates *g, const char *name)
{
    struct gate *gate;

    HASH_FIND_STR(g->table, name, gate);
    return gate;
}

struct gate *gate_find(struct gates *g, const char *container,
                       const char *point)
{
    char name[GATE_NAME_SIZE];
    struct gate *gate, *whole;

    gate_name(name, container, point);
    gate = look_up(g, name);
    if (gate || point[0] == '\0')
        return gate ? gate : make_gate(g, name);
    whole = gate_find(g, container, "");
    if (!whole)
        return NULL;
    gate = make_gate(g, name);
    if (!gate)
        return NULL;
    gate->container = whole;
    gate->policy = config_policy(g->config, point);
    whole->extensions++;
    gate_rest(g, whole);
    while (g->idle_count > GATES_IDLE_MAX && TAILQ_FIRST(&g->rest) != gate)
        forget_oldest(g);
    return gate;
}

void gate_count_in(struct gates *g, struct gate *gate, uint32_t count)
{
    gate->running += count;
    gate_rest(g, gate);
}

void gate_count_out(struct gates *g, struct gate *gate, uint32_t count)
{
    check(gate->running >= count);
    gate->running -= count;
    gate_wake(g, gate);
    gate_rest(g, gate);
}

/* The gate's line, if the job may not pass by it: whoever waits there comes
 * first, and it may be shut or full. NULL if it may. */
static enum err stop_at(struct gates *g, struct gate *gate, unsigned queue,
                        int64_t now_us, struct gate_line **ret)
{
    int64_t interval_us = gate_interval(g, gate, queue);
    struct gate_line *line = line_find(gate, queue);

    if (line && (line->kind != GATE_NONE || line->waiting || line->asked ||
                 line->parking > 0)) {
        *ret = line;
    } else if (gate_lets_in(g, gate, queue, line) &&
               gate_pace_room(&gate->pace, interval_us, now_us, 1) > 0) {
        *ret = NULL;
    } else {
        *ret = line_make(g, gate, queue);
        return *ret ? ERR_OK : ERR_MEMORY;
    }
    return ERR_OK;
}

/* The same for an extension that comes first to its container. One that is just
 * full has nobody wait at it but at its extensions, which take turns: else all
 * jobs move on from there to one that was shut meanwhile. */
static enum err stop(struct gates *g, struct gate *gate, unsigned queue,
                     int64_t now_us, struct gate_line **ret)
{
    struct gate *whole = gate->container;
    bool full = !gate_is_closed(whole, NULL) && !gate_space(g, whole, queue) &&
                !line_find(whole, queue);
    enum err e = ERR_OK;

    *ret = NULL;
    if (!full)
        e = stop_at(g, whole, queue, now_us, ret);
    if (!e && !*ret)
        e = stop_at(g, gate, queue, now_us, ret);
    if (!e && !*ret && full) {
        *ret = line_make(g, gate, queue);
        e = *ret ? ERR_OK : ERR_MEMORY;
    }
    return e;
}

static enum err enter(struct gates *g, struct gate_pass *pass,
                      const struct extension_key *key, int64_t now_us)
{
    struct gate *gate = gate_find(g, key->container, key->point);
    struct gate_line *line = NULL;
    enum err e = gate ? ERR_OK : ERR_MEMORY;

    if (!e)
        e = pass->container ? stop_at(g, gate, pass->queue, now_us, &line)
                            : stop(g, gate, pass->queue, now_us, &line);
    if (e)
        return e;
    pass->parked = line;
    if (line) {
        line_park(g, line, now_us);
        return ERR_OK;
    }
    if (!pass->container)
        gate_count_in(g, gate->container, 1);
    gate_count_in(g, gate, 1);
    gate_pace_take(&gate->pace, gate_interval(g, gate, pass->queue), now_us, 1);
    pass->container = gate->container;
    pass->extension = gate;
    return ERR_OK;
}

enum err gates_enter(struct gates *g, struct gate_pass *pass,
                     const struct extension_key *key, int64_t now_us)
{
    enum err e = ERR_OK;

    uv_mutex_lock(&g->lock);
    /* What comes from the extension's own line has its place already. */
    if (!pass->extension)
        e = enter(g, pass, key, now_us);
    uv_mutex_unlock(&g->lock);
    return e;
}

enum err gates_send_back(struct gates *g, struct gate_pass *pass)
{
    struct gate_line *line;

    uv_mutex_lock(&g->lock);
    line = line_make(g, pass->extension, pass->queue);
    if (line)
        line->parking++;
    pass->parked = line;
    uv_mutex_unlock(&g->lock);
    return line ? ERR_OK : ERR_MEMORY;
}

const char *gates_parked_at(const struct gate_pass *pass)
{
    return pass->parked->gate->name;
}

static bool leave(struct gates *g, struct gate_pass *pass, int64_t now_us,
                  struct gate_change *ret)
{
    bool changes = pass->probe && gate_probe_over(g, pass, now_us, ret);

    if (pass->extension)
        gate_count_out(g, pass->extension, 1);
    if (pass->container)
        gate_count_out(g, pass->container, 1);
    if (pass->parked) {
        pass->parked->parking--;
        pass->parked->waiting = true;
        pass->parked->joined = pass->parked->asked;
        line_place(g, pass->parked, now_us);
    }
    return changes;
}

bool gates_leave(struct gates *g, struct gate_pass *pass, int64_t now_us,
                 struct gate_change *ret)
{
    bool changes;

    uv_mutex_lock(&g->lock);
    changes = leave(g, pass, now_us, ret);
    uv_mutex_unlock(&g->lock);
    *pass = (struct gate_pass){.queue = pass->queue};
    return changes;
}

size_t gates_count(struct gates *g)
{
    size_t count;

    uv_mutex_lock(&g->lock);
    count = HASH_COUNT(g->table);
    uv_mutex_unlock(&g->lock);
    return count;
}
