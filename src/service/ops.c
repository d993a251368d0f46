#include "service/ops_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "service/config_table.h"
#include "service/keeper.h"
#include "service/ops_page.h"
#include "service/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err ops_open(struct ops **ret)
{
    struct ops *o = calloc(1, sizeof *o);
    enum err e;

    if (!o)
        return ERR_MEMORY;
    check(uv_mutex_init(&o->lock) == 0);
    check(uv_mutex_init(&o->connections_lock) == 0);
    o->started_ms = clock_wall_ms();
    e = page_open(o, &o->page);
    if (e)
        ops_close(&o);
    *ret = o;
    return e;
}

static bool is_default(const char *listen)
{
    const struct config_key *key = config_key_find("ops.listen");

    return key && strcmp(listen, key->text) == 0;
}

/* A daemon is stopped with none of its connections waiting. */
static void stop_serving(struct ops *o)
{
    if (!o->daemon)
        return;
    page_hang_up(o->page);
    ops_unserve(&o->daemon);
    page_take_calls(o->page);
}

static enum err replace(struct ops *o, const char *listen, struct why *why)
{
    struct MHD_Daemon *fresh = NULL;
    int fd = listen[0] ? ops_bind(listen, why) : -1;

    if (listen[0] && fd < 0)
        return ERR_CONFIG;
    if (listen[0] && ops_serve(o, fd, &fresh)) {
        (void)close(fd);
        return why_set(why, ERR_MEMORY, "the ops port did not start");
    }
    stop_serving(o);
    o->daemon = fresh;
    (void)snprintf(o->listen, sizeof o->listen, "%s", listen);
    if (fresh)
        log_info("the ops port is open", LOG_TEXT("listen", listen));
    return ERR_OK;
}

enum err ops_listen(struct ops *o, const struct config *c, struct why *why)
{
    enum err e;

    if (strcmp(o->listen, c->ops_listen) == 0)
        return ERR_OK;
    e = replace(o, c->ops_listen, why);
    if (e != ERR_CONFIG || !is_default(c->ops_listen))
        return e;
    log_warn("there is no ops port", LOG_TEXT("why", why->text));
    why->text[0] = '\0';
    return replace(o, "", why);
}

void ops_add_pool(struct ops *o, struct pool *p)
{
    uv_mutex_lock(&o->lock);
    check(!o->pools[OPS_POOLS_MAX - 1]);
    memmove(&o->pools[1], &o->pools[0], sizeof o->pools - sizeof *o->pools);
    o->pools[0] = p;
    uv_mutex_unlock(&o->lock);
}

void ops_remove_pool(struct ops *o, struct pool *p)
{
    unsigned n = 0;

    uv_mutex_lock(&o->lock);
    while (n < OPS_POOLS_MAX && o->pools[n] != p)
        n++;
    if (n < OPS_POOLS_MAX) {
        if (ops_sums_collect(&o->past, p))
            log_warn("figures of an earlier configuration are lost",
                     LOG_TEXT("why", err_text(ERR_MEMORY)));
        memmove(&o->pools[n], &o->pools[n + 1],
                (OPS_POOLS_MAX - 1 - n) * sizeof *o->pools);
        o->pools[OPS_POOLS_MAX - 1] = NULL;
    }
    if (o->look.pool == p)
        ops_look_close(&o->look);
    uv_mutex_unlock(&o->lock);
}

void ops_drain(struct ops *o)
{
    uv_mutex_lock(&o->lock);
    o->draining = true;
    uv_mutex_unlock(&o->lock);
}

static bool beats(const struct pool *p, const struct pulse *pulse,
                  const char *loop, struct why *why)
{
    int64_t age_ms = pulse_age_ms(pulse);

    if (age_ms <= pool_config(p)->ops_stuck_ms)
        return true;
    (void)why_set(why, ERR_IO, "%s stands still for %lld ms", loop,
                  (long long)age_ms);
    return false;
}

static bool is_pool_healthy(const struct pool *p, struct why *why)
{
    const struct shared *s = pool_shared(p);
    char loop[32];

    for (unsigned n = 0; n < atomic_load(&s->worker_count); n++) {
        (void)snprintf(loop, sizeof loop, "worker-%u", n);
        if (!worker_ended(s->workers[n]) &&
            !beats(p, worker_pulse(s->workers[n]), loop, why))
            return false;
    }
    return keeper_ended(s->keeper) ||
           beats(p, keeper_pulse(s->keeper), "keeper", why);
}

bool ops_is_healthy(struct ops *o, struct why *why)
{
    bool good = true;

    uv_mutex_lock(&o->lock);
    for (unsigned n = 0; good && n < OPS_POOLS_MAX && o->pools[n]; n++)
        good = is_pool_healthy(o->pools[n], why);
    uv_mutex_unlock(&o->lock);
    return good;
}

static bool has_leases(const struct shared *s, struct why *why)
{
    int64_t now_ms = clock_boot_ms();
    char epoch[EPOCH_MAX];

    for (size_t n = 0; n < s->config->queue_count; n++) {
        struct queue *q = &s->queues[n];

        (void)queue_read_lease(q, epoch);
        if (epoch[0] && queue_lease_runs(q, now_ms))
            continue;
        (void)why_set(why, ERR_LEASE, "queue %s: %s", q->config->name,
                      epoch[0] ? "the lease ran out and is not renewed"
                               : "no lease is held");
        return false;
    }
    return true;
}

static bool is_pool_ready(const struct pool *p, struct why *why)
{
    const struct shared *s = pool_shared(p);

    if (!keeper_in_touch(s->keeper)) {
        (void)why_set(why, ERR_REDIS,
                      "Redis is not reachable, or not used; "
                      "the log says why");
        return false;
    }
    return has_leases(s, why);
}

bool ops_is_ready(struct ops *o, struct why *why)
{
    bool good;

    uv_mutex_lock(&o->lock);
    good = !o->draining && o->pools[0] && is_pool_ready(o->pools[0], why);
    if (o->draining)
        (void)why_set(why, ERR_IO, "draining: no new jobs are taken");
    else if (!o->pools[0])
        (void)why_set(why, ERR_IO, "starting");
    uv_mutex_unlock(&o->lock);
    return good;
}

void ops_close(struct ops **ret)
{
    struct ops *o = *ret;

    *ret = NULL;
    if (!o)
        return;
    stop_serving(o);
    page_close(&o->page);
    ops_look_close(&o->look);
    ops_sums_clear(&o->past);
    uv_mutex_destroy(&o->connections_lock);
    uv_mutex_destroy(&o->lock);
    free(o);
}
