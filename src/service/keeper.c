#include "service/keeper_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/rand.h"
#include "link/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEAVE_MS = 2000 };

void keeper_wake(struct keeper *k)
{
    uv_async_send(&k->wake);
}

void keeper_leave(struct keeper *k)
{
    atomic_store(&k->leaving, true);
    uv_async_send(&k->wake);
}

bool keeper_ended(const struct keeper *k)
{
    return atomic_load(&k->ended);
}

bool keeper_in_touch(const struct keeper *k)
{
    return atomic_load(&k->in_touch);
}

const struct pulse *keeper_pulse(const struct keeper *k)
{
    return &k->pulse;
}

uint64_t keeper_redis_ups(const struct keeper *k)
{
    return meter_read(&k->redis_ups);
}

static void woken(uv_async_t *wake)
{
    struct keeper *k = wake->data;
    bool leaving = atomic_load(&k->leaving);

    if (leaving && !k->leave_by_ms)
        k->leave_by_ms = clock_mono_ms() + LEAVE_MS;
    for (size_t n = 0; n < k->config->queue_count; n++)
        if (leaving)
            keeping_leave(&k->keepings[n], LEAVE_MS);
        else if (!k->keepings[n].asked && k->keepings[n].epoch[0])
            keeping_plan(&k->keepings[n]);
}

static bool is_over(const struct keeper *k)
{
    if (!atomic_load(&k->leaving))
        return false;
    if (clock_mono_ms() >= k->leave_by_ms && k->leave_by_ms)
        return true;
    for (size_t n = 0; n < k->config->queue_count; n++)
        if (!k->keepings[n].left)
            return false;
    return true;
}

static void keeper_main(void *arg)
{
    struct keeper *k = arg;

    while (!is_over(k)) {
        uv_run(&k->loop, UV_RUN_ONCE);
        for (size_t n = 0; n < k->link_count; n++)
            redis_flush(k->links[n].redis);
    }
    atomic_store(&k->ended, true);
}

static enum err open_keepings(struct keeper *k)
{
    const struct config *c = k->config;

    k->keepings = calloc(c->queue_count, sizeof *k->keepings);
    if (!k->keepings)
        return ERR_MEMORY;
    for (size_t n = 0; n < c->queue_count; n++) {
        struct keeping *q = &k->keepings[n];
        q->keeper = k;
        q->queue = &k->shared->queues[n];
        q->sweep.lease_ms = c->lease_ms;
        check(uv_timer_init(&k->loop, &q->timer) == 0);
        q->timer.data = q;
    }
    return ERR_OK;
}

static enum err open_links(struct keeper *k)
{
    struct queue *queues = k->shared->queues;
    size_t count = k->config->redis.cluster ? k->config->queue_count : 1;
    enum err e = ERR_OK;

    k->links = calloc(count, sizeof *k->links);
    if (!k->links)
        return ERR_MEMORY;
    for (size_t n = 0; n < k->config->queue_count; n++)
        k->keepings[n].link = &k->links[count > 1 ? n : 0];
    for (size_t n = 0; !e && n < count; n++) {
        e = keeper_link_open(&k->links[n], k, &queues[n]);
        k->link_count++;
    }
    return e;
}

static void describe(struct keeper *k)
{
    char host[65] = "";

    gethostname(host, sizeof host - 1);
    snprintf(k->about, sizeof k->about,
             "{\"name\":\"%s\",\"host\":\"%s\",\"pid\":%d,"
             "\"version\":\"" EXTQ_VERSION "\",\"started\":%lld}",
             k->config->name, host, (int)getpid(), (long long)clock_wall_ms());
}

void keeper_close(struct keeper **ret)
{
    struct keeper *k = *ret;

    *ret = NULL;
    for (size_t n = 0; n < k->link_count; n++)
        keeper_link_close(&k->links[n]);
    for (size_t n = 0; k->keepings && n < k->config->queue_count; n++)
        uv_close((uv_handle_t *)&k->keepings[n].timer, NULL);
    uv_close((uv_handle_t *)&k->wake, NULL);
    pulse_close(&k->pulse);
    uv_run(&k->loop, UV_RUN_DEFAULT);
    check(uv_loop_close(&k->loop) == 0);
    free(k->keepings);
    free(k->links);
    free(k);
}

enum err keeper_start(struct shared *shared, struct keeper **ret)
{
    struct keeper *k = calloc(1, sizeof *k);
    enum err e;

    if (!k)
        return ERR_MEMORY;
    k->shared = shared;
    k->config = shared->config;
    k->patience.dice = rand_seed();
    if (uv_loop_init(&k->loop) != 0) {
        free(k);
        return ERR_IO;
    }
    check(uv_async_init(&k->loop, &k->wake, woken) == 0);
    k->wake.data = k;
    pulse_open(&k->pulse, &k->loop);
    pulse_every(&k->pulse, pulse_calm_ms(k->config->ops_stuck_ms));
    describe(k);
    e = open_keepings(k);
    if (!e)
        e = open_links(k);
    if (!e && uv_thread_create(&k->thread, keeper_main, k) != 0)
        e = ERR_IO;
    if (e)
        keeper_close(&k);
    else
        *ret = k;
    return e;
}

void keeper_join(struct keeper *k)
{
    check(uv_thread_join(&k->thread) == 0);
}
