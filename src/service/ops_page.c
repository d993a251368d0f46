#include "service/ops_page.h"

#include "base/check.h"
#include "base/clock.h"
#include "link/redis_nodes.h"
#include "service/keeper.h"
#include "service/worker.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 1000 };

struct redis_sync *page_redis(struct page *p)
{
    if (!p->redis && p->scope.queue_count > 0 &&
        redis_sync_open(&p->scope.redis, PAGE_REPLY_MS, &p->redis, &p->why))
        p->redis = NULL;
    return p->redis;
}

static void copy_loops(struct page_scope *scope, const struct ops *o)
{
    const struct shared *s = pool_shared(o->pools[0]);

    scope->workers = atomic_load(&s->worker_count);
    scope->limit = scope->workers * s->config->in_flight;
    scope->lag_us = pulse_lag_us(keeper_pulse(s->keeper));
    for (unsigned w = 0; w < scope->workers; w++) {
        int64_t lag_us = pulse_lag_us(worker_pulse(s->workers[w]));

        if (lag_us > scope->lag_us)
            scope->lag_us = lag_us;
    }
    for (unsigned n = 0; n < OPS_POOLS_MAX && o->pools[n]; n++)
        scope->busy += pool_busy(o->pools[n]);
}

static void copy_config(struct page_scope *scope, const struct config *c)
{
    scope->redis = c->redis;
    scope->redis.nodes = redis_nodes_share(c->redis.nodes);
    memcpy(scope->redis_url, c->redis_url, sizeof scope->redis_url);
    (void)span_copy(span_of(c->prefix), scope->prefix, sizeof scope->prefix);
    (void)span_copy(span_of(c->name), scope->name, sizeof scope->name);
    scope->admin = c->ops_token[0] != '\0';
    scope->outcomes_max = c->outcomes_max;
    scope->max_claims = c->max_claims;
    scope->queue_count = c->queue_count;
    for (size_t n = 0; n < c->queue_count; n++)
        (void)span_copy(span_of(c->queues[n].name), scope->queues[n],
                        sizeof scope->queues[n]);
}

/* What is of another Redis, or of other queues, is forgotten. */
static void read_scope(struct page *p)
{
    struct page_scope fresh;

    memset(&fresh, 0, sizeof fresh);
    uv_mutex_lock(&p->ops->lock);
    if (p->ops->pools[0]) {
        copy_config(&fresh, pool_config(p->ops->pools[0]));
        copy_loops(&fresh, p->ops);
    }
    uv_mutex_unlock(&p->ops->lock);
    if (strcmp(fresh.redis_url, p->scope.redis_url) != 0 ||
        strcmp(fresh.prefix, p->scope.prefix) != 0 ||
        memcmp(fresh.queues, p->scope.queues, sizeof fresh.queues) != 0) {
        redis_sync_close(&p->redis);
        page_forget_outcomes(p);
    }
    redis_nodes_drop(&p->scope.redis.nodes);
    p->scope = fresh;
    OPENSSL_cleanse(&fresh, sizeof fresh);
}

enum err page_ask_redis(struct page *p, int argc, const char **argv,
                        const struct reply **ret)
{
    struct redis_sync *r = page_redis(p);
    enum err e = ERR_REDIS;

    *ret = NULL;
    if (r)
        e = redis_ask(r, argc, argv, NULL, ret);
    if (r && e) {
        (void)why_set(&p->why, e, "%s", redis_sync_error(r));
        redis_sync_close(&p->redis);
    }
    return !e && reply_kind(*ret) == REPLY_ERROR ? ERR_REPLY : e;
}

void page_refuse(struct page_ask *ask, unsigned status, const char *why)
{
    struct page_text t = {.out = &ask->body};

    buf_reset(&ask->body);
    ask->status = status;
    page_quote(&t, "{\"error\":", span_of(why), sizeof(struct why));
    page_put(&t, "}");
}

static void write_last_sample(const struct page *p, struct page_text *t)
{
    const struct page_history *h = &p->history;

    page_put(t, "event: sample\ndata: ");
    page_write_sample(t, &h->samples[(h->count - 1) % PAGE_SAMPLES]);
    page_put(t, "\n\n");
}

/* Nothing of Redis is kept while nobody watches: it would grow old. */
static void fall_asleep(struct page *p)
{
    redis_sync_close(&p->redis);
    page_forget_outcomes(p);
    p->read_ms = 0;
    uv_mutex_lock(&p->lock);
    buf_clear(&p->state);
    page_forget_frames(p);
    uv_mutex_unlock(&p->lock);
}

static void show_all(struct page *p, bool sampled)
{
    struct buf state = buf_make(PAGE_FRAME_MAX);
    struct buf frame = buf_make(PAGE_FRAME_MAX);
    struct page_text t = {.out = &state};
    struct page_text f = {.out = &frame};

    read_scope(p);
    page_write_state(p, &t);
    if (!t.err)
        f.err = buf_add(&frame, state.at, state.len);
    page_write_outcomes(p, &f);
    if (sampled)
        write_last_sample(p, &f);
    uv_mutex_lock(&p->lock);
    buf_clear(&p->state);
    if (!t.err && !f.err) {
        p->state = state;
        page_publish(p, &frame);
    } else {
        buf_clear(&state);
    }
    uv_mutex_unlock(&p->lock);
    buf_clear(&frame);
}

static void tick(struct page *p)
{
    bool sampled = page_sample(p), watched;

    uv_mutex_lock(&p->lock);
    watched = p->watcher_count > 0;
    uv_mutex_unlock(&p->lock);
    if (watched)
        show_all(p, sampled);
    else
        fall_asleep(p);
}

static void answer(struct page *p, struct page_ask *ask)
{
    uv_mutex_unlock(&p->lock);
    read_scope(p);
    ask->answer(p, ask);
    uv_mutex_lock(&p->lock);
    ask->done = true;
    p->ask_count--;
    MHD_resume_connection(ask->connection);
    uv_cond_broadcast(&p->answered);
}

static bool must_hurry(const struct page *p)
{
    return p->closing || !STAILQ_EMPTY(&p->asks) ||
           (p->watcher_count > 0 && p->state.len == 0);
}

/* The lock is held. */
static void rest(struct page *p, int64_t due_ms)
{
    int64_t left_ms = due_ms - clock_mono_ms();

    while (!must_hurry(p) && left_ms > 0) {
        (void)uv_cond_timedwait(&p->wake, &p->lock,
                                (uint64_t)left_ms * 1000000);
        left_ms = due_ms - clock_mono_ms();
    }
}

static void read_on(void *arg)
{
    struct page *p = arg;

    uv_mutex_lock(&p->lock);
    while (!p->closing) {
        struct page_ask *ask = STAILQ_FIRST(&p->asks);
        int64_t due_ms;

        if (ask) {
            STAILQ_REMOVE_HEAD(&p->asks, next);
            answer(p, ask);
            continue;
        }
        uv_mutex_unlock(&p->lock);
        due_ms = clock_mono_ms() + TICK_MS;
        tick(p);
        uv_mutex_lock(&p->lock);
        rest(p, due_ms);
    }
    uv_mutex_unlock(&p->lock);
}

enum err page_open(struct ops *ops, struct page **ret)
{
    struct page *p = calloc(1, sizeof *p);

    if (!p)
        return ERR_MEMORY;
    p->ops = ops;
    p->state = buf_make(PAGE_FRAME_MAX);
    STAILQ_INIT(&p->asks);
    check(uv_mutex_init(&p->lock) == 0);
    check(uv_cond_init(&p->wake) == 0);
    check(uv_cond_init(&p->answered) == 0);
    if (uv_thread_create(&p->thread, read_on, p)) {
        uv_cond_destroy(&p->answered);
        uv_cond_destroy(&p->wake);
        uv_mutex_destroy(&p->lock);
        free(p);
        return ERR_IO;
    }
    *ret = p;
    return ERR_OK;
}

void page_hang_up(struct page *p)
{
    uv_mutex_lock(&p->lock);
    p->hanging_up = true;
    while (p->ask_count > 0)
        uv_cond_wait(&p->answered, &p->lock);
    page_resume_all(p);
    uv_mutex_unlock(&p->lock);
}

void page_take_calls(struct page *p)
{
    uv_mutex_lock(&p->lock);
    p->hanging_up = false;
    uv_mutex_unlock(&p->lock);
}

void page_close(struct page **ret)
{
    struct page *p = *ret;

    *ret = NULL;
    if (!p)
        return;
    uv_mutex_lock(&p->lock);
    p->closing = true;
    uv_cond_signal(&p->wake);
    uv_mutex_unlock(&p->lock);
    check(uv_thread_join(&p->thread) == 0);
    fall_asleep(p);
    redis_nodes_drop(&p->scope.redis.nodes);
    uv_cond_destroy(&p->answered);
    uv_cond_destroy(&p->wake);
    uv_mutex_destroy(&p->lock);
    OPENSSL_cleanse(p, sizeof *p);
    free(p);
}
