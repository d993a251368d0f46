#include "service/worker_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FINISHING_MAX = 512, TICK_MS = 250 };

int64_t worker_server_ms(const struct worker *w)
{
    return clock_boot_ms() + w->clock_offset_ms;
}

void worker_wake(struct worker *w)
{
    uv_async_send(&w->wake);
}

unsigned worker_quiet(const struct worker *w)
{
    return atomic_load(&w->quiet);
}

bool worker_ended(const struct worker *w)
{
    return atomic_load(&w->ended);
}

static void woken(uv_async_t *wake)
{
    (void)wake;
}

const struct pulse *worker_pulse(const struct worker *w)
{
    return &w->pulse;
}

const struct figures *worker_figures(const struct worker *w)
{
    return w->figures;
}

/* What others of this thread count, for all to see. */
static void note_links(const struct worker *w)
{
    struct http_stats stats = http_stats(w->http);

    meter_set(&w->figures->reused, stats.reused);
    meter_set(&w->figures->opened, stats.opened);
    meter_set(&w->figures->handshakes, stats.handshakes);
    meter_set(&w->figures->http2, stats.http2);
    meter_set(&w->figures->asks, discovery_asks(w->discovery));
}

/* Nothing is under way and nothing waits: what comes next announces itself. */
static bool is_calm(const struct worker *w)
{
    bool calm = w->busy_count == 0;

    for (size_t n = 0; calm && n < w->config->queue_count; n++)
        calm = !atomic_load(&w->intakes[n].queue->waiting) &&
               intake_is_in_touch(&w->intakes[n]);
    return calm;
}

static void keep_pace(struct worker *w, bool calm)
{
    int64_t every_ms = pulse_calm_ms(w->config->ops_stuck_ms);

    pulse_every(&w->pulse, calm || every_ms < TICK_MS ? every_ms : TICK_MS);
}

/* For what no event announces: leases that run again, refusals to retry. */
static void ticked(void *arg)
{
    struct worker *w = arg;

    note_links(w);
    slots_give_back(w);
    flights_nudge(w);
    keep_pace(w, is_calm(w));
}

static void redis_up(void *owner, struct redis *r)
{
    struct worker *w = owner;

    meter_add(&w->figures->redis_ups, 1);
    for (size_t n = 0; w->intakes && n < w->config->queue_count; n++)
        if (w->intakes[n].redis == r)
            intake_reconnected(&w->intakes[n]);
}

static enum err open_links(struct worker *w)
{
    const struct config *c = w->config;
    struct redis_options options = {
        .address = &c->redis,
        .connect_ms = c->redis_connect_ms,
        .reply_ms = c->redis_reply_ms,
        .owner = w,
        .up = redis_up,
    };
    enum err e = redis_links_open(&w->loop, &options, &w->links);

    if (!e)
        e = http_open(&w->loop, &c->http, &w->http);
    if (!e)
        e = discovery_open(&c->discovery, w->http, &w->discovery);
    if (!e)
        discovery_listen(w->discovery, discovery_watch_hear, w->shared->watch);
    if (!e)
        e = resolver_open(&w->loop, &c->cache, w->links, w->discovery,
                          &w->resolver);
    return e;
}

static enum err open_intakes(struct worker *w)
{
    size_t count = w->config->queue_count;
    enum err e = ERR_OK;

    w->intakes = calloc(count, sizeof *w->intakes);
    w->bells = w->index == 0 ? calloc(count, sizeof(struct bell *)) : NULL;
    if (!w->intakes || (w->index == 0 && !w->bells))
        return ERR_MEMORY;
    for (size_t n = 0; !e && n < count; n++) {
        e = intake_open(&w->intakes[n], w, &w->shared->queues[n]);
        if (!e && w->bells)
            e = bell_open(&w->intakes[n], &w->bells[n]);
    }
    return e;
}

static enum err open_flights(struct worker *w)
{
    unsigned slots = w->config->in_flight;
    unsigned finishing = slots < FINISHING_MAX ? slots : FINISHING_MAX;
    unsigned count = slots + finishing + AHEAD_MAX;

    w->flights = calloc(count, sizeof *w->flights);
    if (!w->flights)
        return ERR_MEMORY;
    w->flight_count = count;
    for (unsigned n = count; n-- > 0;) {
        w->flights[n].text = buf_make(JOB_BYTES_MAX + 4096);
        w->flights[n].job = job_make();
        LIST_INSERT_HEAD(&w->free, &w->flights[n], next);
    }
    worker_note_room(w);
    return ERR_OK;
}

static bool is_over(const struct worker *w, enum phase phase)
{
    bool claiming = false;

    if (phase == PHASE_RUN)
        return false;
    if (w->give_up_ms && clock_mono_ms() > w->give_up_ms)
        return true;
    for (size_t n = 0; n < w->config->queue_count; n++)
        claiming =
            claiming || w->intakes[n].now.asked || w->intakes[n].take_count;
    return w->busy_count == 0 && !claiming;
}

static void close_all(struct worker *w)
{
    for (size_t n = 0; w->bells && n < w->config->queue_count; n++)
        bell_close(&w->bells[n]);
    /* Callbacks on the way down find nothing left to do. */
    for (struct flight *f = LIST_FIRST(&w->busy); f; f = LIST_NEXT(f, next))
        f->dropped = true;
    resolver_close(&w->resolver);
    discovery_close(&w->discovery);
    http_close(&w->http);
    redis_links_close(&w->links);
    pulse_close(&w->pulse);
    uv_close((uv_handle_t *)&w->claim_timer, NULL);
    uv_close((uv_handle_t *)&w->wake, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    for (size_t n = 0; w->intakes && n < w->config->queue_count; n++)
        intake_close(&w->intakes[n]);
    check(uv_loop_close(&w->loop) == 0);
}

static void free_all(struct worker *w)
{
    for (unsigned n = 0; n < w->flight_count; n++) {
        buf_clear(&w->flights[n].text);
        job_clear(&w->flights[n].job);
    }
    free(w->flights);
    free(w->intakes);
    free(w->bells);
    figures_close(&w->figures);
    free(w);
}

static void worker_main(void *arg)
{
    struct worker *w = arg;
    enum phase phase;

    do {
        uv_run(&w->loop, UV_RUN_ONCE);
        phase = (enum phase)atomic_load(&w->shared->phase);
        worker_turn(w, phase);
        if (!is_calm(w))
            keep_pace(w, false);
    } while (!is_over(w, phase));
    note_links(w);
    atomic_store(&w->ended, true);
}

static enum err open_loop(struct worker *w)
{
    if (uv_loop_init(&w->loop) != 0)
        return ERR_IO;
    check(uv_async_init(&w->loop, &w->wake, woken) == 0);
    check(uv_timer_init(&w->loop, &w->claim_timer) == 0);
    w->pulse.beaten = ticked;
    w->pulse.arg = w;
    pulse_open(&w->pulse, &w->loop);
    keep_pace(w, false);
    return ERR_OK;
}

enum err worker_start(struct shared *shared, unsigned index,
                      struct worker **ret)
{
    struct worker *w = calloc(1, sizeof *w);
    enum err e;

    if (!w)
        return ERR_MEMORY;
    w->shared = shared;
    w->config = shared->config;
    w->index = index;
    w->dice = rand_seed();
    w->patience.dice = rand_seed();
    w->clock_offset_ms = clock_wall_ms() - clock_boot_ms();
    snprintf(w->name, sizeof w->name, "%s:%d:%u", w->config->name,
             (int)getpid(), index);
    LIST_INIT(&w->free);
    LIST_INIT(&w->busy);
    TAILQ_INIT(&w->ahead);
    e = open_loop(w);
    if (e) {
        free(w);
        return e;
    }
    e = figures_open(w->config, &w->figures);
    if (!e)
        e = open_links(w);
    if (!e)
        e = open_intakes(w);
    if (!e)
        e = open_flights(w);
    if (!e && uv_thread_create(&w->thread, worker_main, w) != 0)
        e = ERR_IO;
    if (e) {
        close_all(w);
        free_all(w);
        return e;
    }
    *ret = w;
    return ERR_OK;
}

void worker_join(struct worker *w)
{
    check(uv_thread_join(&w->thread) == 0);
}

void worker_close(struct worker **ret)
{
    struct worker *w = *ret;

    *ret = NULL;
    close_all(w);
    free_all(w);
}
