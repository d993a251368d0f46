#include "service/pool.h"

#include "service/keeper.h"
#include "service/tracer.h"
#include "service/worker.h"

#include <stdlib.h>

struct pool {
    struct config *config; /* owned */
    struct shared shared;
    struct discovery_watch watch;
    bool leaving; /* the keeper was told to leave */
};

static enum err open_shared(struct pool *p)
{
    struct shared *s = &p->shared;
    const struct config *c = p->config;

    s->config = c;
    s->watch = &p->watch;
    discovery_watch_open(s->watch);
    s->queues = calloc(c->queue_count, sizeof *s->queues);
    s->workers = calloc(c->workers, sizeof(struct worker *));
    if (!s->queues || !s->workers)
        return ERR_MEMORY;
    for (size_t n = 0; n < c->queue_count; n++)
        queue_open(&s->queues[n], c, n);
    return gates_open(c, &s->gates);
}

static void set_phase(struct pool *p, enum phase phase)
{
    struct shared *s = &p->shared;

    if (atomic_load(&s->phase) >= (int)phase)
        return;
    atomic_store(&s->phase, (int)phase);
    for (unsigned n = 0; n < atomic_load(&s->worker_count); n++)
        worker_wake(s->workers[n]);
}

static enum err start_threads(struct pool *p)
{
    struct shared *s = &p->shared;
    enum err e = tracer_start(p->config, &s->tracer);

    if (!e)
        e = keeper_start(s, &s->keeper);
    for (unsigned n = 0; !e && n < p->config->workers; n++) {
        e = worker_start(s, n, &s->workers[n]);
        if (!e)
            atomic_fetch_add(&s->worker_count, 1);
    }
    return e;
}

enum err pool_start(struct config **config, struct pool **ret)
{
    struct pool *p = calloc(1, sizeof *p);
    enum err e;

    if (!p) {
        config_close(config);
        return ERR_MEMORY;
    }
    p->config = *config;
    *config = NULL;
    e = open_shared(p);
    if (!e)
        e = start_threads(p);
    if (e) {
        set_phase(p, PHASE_HAND_BACK);
        pool_close(&p);
        return e;
    }
    *ret = p;
    return ERR_OK;
}

void pool_drain(struct pool *p)
{
    set_phase(p, PHASE_DRAIN);
}

void pool_hand_back(struct pool *p)
{
    set_phase(p, PHASE_HAND_BACK);
}

bool pool_ended(struct pool *p)
{
    struct shared *s = &p->shared;

    for (unsigned n = 0; n < atomic_load(&s->worker_count); n++)
        if (!worker_ended(s->workers[n]))
            return false;
    if (!p->leaving) {
        p->leaving = true;
        keeper_leave(s->keeper);
        tracer_leave(s->tracer);
    }
    return keeper_ended(s->keeper) && tracer_ended(s->tracer);
}

const struct config *pool_config(const struct pool *p)
{
    return p->config;
}

const struct shared *pool_shared(const struct pool *p)
{
    return &p->shared;
}

unsigned pool_busy(const struct pool *p)
{
    const struct shared *s = &p->shared;
    unsigned busy = 0;

    for (unsigned n = 0; n < atomic_load(&s->worker_count); n++)
        busy += p->config->in_flight - worker_room(s->workers[n]);
    return busy;
}

static void close_threads(struct shared *s)
{
    unsigned count = atomic_load(&s->worker_count);

    for (unsigned n = 0; n < count; n++)
        worker_join(s->workers[n]);
    if (s->keeper) {
        keeper_leave(s->keeper);
        keeper_join(s->keeper);
    }
    tracer_leave(s->tracer);
    tracer_join(s->tracer);
    for (unsigned n = 0; n < count; n++)
        worker_close(&s->workers[n]);
    if (s->keeper)
        keeper_close(&s->keeper);
    tracer_close(&s->tracer);
}

void pool_close(struct pool **ret)
{
    struct pool *p = *ret;
    struct shared *s = &p->shared;

    *ret = NULL;
    close_threads(s);
    for (size_t n = 0; s->queues && n < p->config->queue_count; n++)
        queue_close(&s->queues[n]);
    gates_close(&s->gates);
    free(s->queues);
    free(s->workers);
    discovery_watch_close(s->watch);
    config_close(&p->config);
    free(p);
}

void shared_wake_worker(struct shared *s)
{
    unsigned count = atomic_load(&s->worker_count);
    struct worker *best = NULL;

    for (unsigned n = 0; n < count; n++)
        if (!best || worker_room(s->workers[n]) > worker_room(best))
            best = s->workers[n];
    if (best && worker_room(best) > 0)
        worker_wake(best);
}
