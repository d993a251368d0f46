#include "service/tracer_internal.h"

#include "base/check.h"
#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PACE_MS = 1000, LEAVE_MS = 2000 };

void tracer_give(struct tracer *t, struct otlp_span *span)
{
    bool many = false;

    if (!t) {
        free(span);
    } else if (!span || !tracer_queue_add(&t->queue, span, &many)) {
        atomic_fetch_add(&t->dropped, 1);
        atomic_store(&t->full, true);
        free(span);
    } else if (many) {
        uv_async_send(&t->wake);
    }
}

void tracer_leave(struct tracer *t)
{
    if (!t)
        return;
    atomic_store(&t->leaving, true);
    uv_async_send(&t->wake);
}

bool tracer_ended(const struct tracer *t)
{
    return !t || atomic_load(&t->ended);
}

struct tracer_counts tracer_counts(const struct tracer *t)
{
    if (!t)
        return (struct tracer_counts){0};
    return (struct tracer_counts){atomic_load(&t->exported),
                                  atomic_load(&t->rejected),
                                  atomic_load(&t->dropped)};
}

static void last_moment(uv_timer_t *timer)
{
    tracer_give_up(timer->data);
}

static void woken(uv_async_t *wake)
{
    struct tracer *t = wake->data;

    if (!atomic_load(&t->leaving) || uv_is_active((uv_handle_t *)&t->end))
        return;
    tracer_hurry(t);
    uv_update_time(&t->loop);
    check(uv_timer_start(&t->end, last_moment, LEAVE_MS, 0) == 0);
}

/* Once, until none was dropped for as long as a batch waits. Where the
 * collector takes nothing at all that was told. */
static void tell_full(struct tracer *t)
{
    bool full = atomic_exchange(&t->full, false);

    if (full && !t->full_told && !t->trouble[0])
        log_warn("spans are dropped: the collector is too slow for them",
                 LOG_TEXT("collector", t->where),
                 LOG_NUMBER("waiting", TRACER_QUEUE_MAX));
    t->full_told = full;
}

static void paced(uv_timer_t *timer)
{
    struct tracer *t = timer->data;

    t->due = true;
    tell_full(t);
}

static bool is_over(struct tracer *t)
{
    return t->over || (atomic_load(&t->leaving) && t->batch.count == 0 &&
                       tracer_queue_look(&t->queue) == 0);
}

static void tracer_main(void *arg)
{
    struct tracer *t = arg;

    do {
        uv_run(&t->loop, UV_RUN_ONCE);
        if (!t->over)
            tracer_send(t);
    } while (!is_over(t));
    atomic_store(&t->ended, true);
}

/* The operator's own choice: on this host as a rule, and over plain HTTP. No
 * tenant has a say in where it is. */
static enum err open_http(struct tracer *t, struct why *why)
{
    struct http_options o = t->config->http;

    memset(o.doors, 0, sizeof o.doors);
    o.nodes = NULL;
    memset(&o.addresses, 0, sizeof o.addresses);
    memset(&o.ports, 0, sizeof o.ports);
    check(!address_range_read(span_of("0.0.0.0/0"), &o.addresses.allow[0]));
    check(!address_range_read(span_of("::/0"), &o.addresses.allow[1]));
    o.addresses.allow_count = 2;
    o.allow_http = true;
    o.max_connections = 1;
    if (http_open(&t->loop, &o, &t->http))
        return ERR_MEMORY;
    return http_target_open(&o, t->config->tracing.url, NULL, &t->target, why);
}

static void cut_headers(struct tracer *t)
{
    size_t n = 0;

    (void)span_copy(span_of(t->config->tracing.headers), t->lines,
                    sizeof t->lines);
    for (char *at = t->lines; at && *at && n + 1 < TRACER_HEADERS;) {
        char *end = strchr(at, '\n');

        t->headers[n++] = at;
        if (end)
            *end++ = '\0';
        at = end;
    }
}

static void describe(struct tracer *t)
{
    struct span url = span_of(t->config->tracing.url);

    (void)span_copy(span_cut(&url, '?'), t->where, sizeof t->where);
    (void)snprintf(t->instance, sizeof t->instance, "%s:%d", t->config->name,
                   (int)getpid());
    cut_headers(t);
}

static enum err open_loop(struct tracer *t)
{
    if (uv_loop_init(&t->loop) != 0)
        return ERR_IO;
    check(uv_async_init(&t->loop, &t->wake, woken) == 0);
    check(uv_timer_init(&t->loop, &t->pace) == 0);
    check(uv_timer_init(&t->loop, &t->again) == 0);
    check(uv_timer_init(&t->loop, &t->end) == 0);
    t->wake.data = t->pace.data = t->again.data = t->end.data = t;
    check(uv_timer_start(&t->pace, paced, PACE_MS, PACE_MS) == 0);
    return ERR_OK;
}

static enum err start(struct tracer *t)
{
    struct why why = {""};
    enum err e = open_http(t, &why);

    if (e == ERR_SYNTAX) {
        log_error("tracing.otlp_url is refused", LOG_TEXT("why", why.text));
        return ERR_CONFIG;
    }
    if (!e && uv_thread_create(&t->thread, tracer_main, t) != 0)
        e = ERR_IO;
    return e;
}

enum err tracer_start(const struct config *c, struct tracer **ret)
{
    struct tracer *t;
    enum err e;

    *ret = NULL;
    if (c->tracing.url[0] == '\0')
        return ERR_OK;
    t = calloc(1, sizeof *t);
    if (!t)
        return ERR_MEMORY;
    t->config = c;
    t->dice = rand_seed();
    tracer_queue_open(&t->queue);
    describe(t);
    e = open_loop(t);
    if (e) {
        free(t);
        return e;
    }
    e = start(t);
    if (e)
        tracer_close(&t);
    *ret = t;
    return e;
}

void tracer_join(struct tracer *t)
{
    if (t)
        check(uv_thread_join(&t->thread) == 0);
}

void tracer_close(struct tracer **ret)
{
    struct tracer *t = *ret;

    *ret = NULL;
    if (!t)
        return;
    tracer_give_up(t);
    http_target_close(&t->target);
    if (t->http)
        http_close(&t->http);
    uv_close((uv_handle_t *)&t->wake, NULL);
    uv_close((uv_handle_t *)&t->pace, NULL);
    uv_close((uv_handle_t *)&t->again, NULL);
    uv_close((uv_handle_t *)&t->end, NULL);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    check(uv_loop_close(&t->loop) == 0);
    explicit_bzero(t->lines, sizeof t->lines);
    free(t);
}
