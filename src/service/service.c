#include "service/service.h"

#include "base/check.h"
#include "base/clock.h"
#include "link/http.h"
#include "link/redis_facts.h"
#include "link/redis_sync.h"
#include "service/embedded.h"
#include "service/files.h"
#include "service/loudness.h"
#include "service/notify.h"
#include "service/ops.h"
#include "service/reload_report.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    WATCH_MS = 100, /* while something is to change */
    CALM_MS = 500,
    POOLS_MAX = 8,
    START_MS = 1000,
};

/* The main thread's state. */
struct service {
    uv_loop_t loop;
    uv_signal_t term, interrupt, hangup;
    struct loudness loudness;
    uv_timer_t watch;
    struct embedded *embedded; /* NULL when Redis is somebody else's */
    struct notify notify;
    struct ops *ops;
    struct pool *pool;
    struct pool *old[POOLS_MAX]; /* draining after reloads */
    int64_t old_due_ms[POOLS_MAX];
    int64_t drain_due_ms; /* monotonic; 0 = not stopping */
    unsigned reloads;     /* asked for so far: each is told, however many */
    char path[CONFIG_PATH_MAX];
};

static void watch(uv_timer_t *timer);

/* A watchdog that wants to be fed more often is looked after more often. */
static void watch_every(struct service *s, int64_t ms)
{
    int64_t feed_ms = s->notify.feed_ms / 2;

    if (feed_ms > 0 && feed_ms < ms)
        ms = feed_ms;
    if (uv_timer_get_repeat(&s->watch) != (uint64_t)ms)
        check(uv_timer_start(&s->watch, watch, (uint64_t)ms, (uint64_t)ms) ==
              0);
}

static void hand_back(struct service *s, const char *why)
{
    log_info("handing back what is in flight", LOG_TEXT("why", why),
             LOG_NUMBER("jobs", pool_busy(s->pool)));
    pool_hand_back(s->pool);
    for (int n = 0; n < POOLS_MAX; n++)
        if (s->old[n])
            pool_hand_back(s->old[n]);
}

static void stop(uv_signal_t *handle, int signum)
{
    struct service *s = handle->data;

    if (s->drain_due_ms) {
        hand_back(s, "second signal");
        return;
    }
    s->drain_due_ms = clock_mono_ms() + pool_config(s->pool)->drain_ms;
    log_info("stopping: no new jobs, finishing those in flight",
             LOG_TEXT("signal", signum == SIGTERM ? "SIGTERM" : "SIGINT"),
             LOG_NUMBER("jobs", pool_busy(s->pool)));
    notify_stopping(&s->notify);
    ops_drain(s->ops);
    pool_drain(s->pool);
    watch_every(s, WATCH_MS);
}

/* The place for one more draining pool, or -1. */
static int old_slot(const struct service *s)
{
    for (int n = 0; n < POOLS_MAX; n++)
        if (!s->old[n])
            return n;
    return -1;
}

/* What a running process cannot change. */
static enum err check_reload(const struct service *s, const struct config *c,
                             struct why *why)
{
    const struct config *now = pool_config(s->pool);

    if (now->embedded != c->embedded ||
        strcmp(now->embedded_dir, c->embedded_dir) != 0)
        return why_set(why, ERR_CONFIG,
                       "redis.url: moving to or from an embedded Redis needs "
                       "a restart");
    if (old_slot(s) < 0)
        return why_set(why, ERR_CONFIG,
                       "%d earlier reloads are still draining, try later",
                       POOLS_MAX);
    return ERR_OK;
}

/* The ops port first: where it cannot be, nothing has changed yet. */
static enum err start_fresh(struct service *s, struct config **config,
                            struct pool **ret, struct why *why)
{
    enum log_level level = (*config)->log_level;
    enum log_format format = (*config)->log_format;
    struct why ignored;
    enum err e = ops_listen(s->ops, *config, why);

    if (e) {
        config_close(config);
        return e;
    }
    files_raise(*config);
    e = pool_start(config, ret);
    if (e) {
        (void)!ops_listen(s->ops, pool_config(s->pool), &ignored);
        return why_set(why, e, "%s", err_text(e));
    }
    loudness_configure(&s->loudness, level);
    log_set_format(format);
    return ERR_OK;
}

static enum err reload_pool(struct service *s, struct reload_report *report,
                            struct why *why)
{
    struct config *c = NULL;
    struct pool *fresh;
    int slot = old_slot(s);
    enum err e = config_read(s->path, &c, why);

    if (!e)
        e = check_reload(s, c, why);
    if (!e)
        config_inherit(c, pool_config(s->pool));
    if (!e)
        e = config_read_secrets(c, why);
    if (e) {
        config_close(&c);
        return e;
    }
    e = start_fresh(s, &c, &fresh, why);
    if (e)
        return e;
    (void)config_changes(pool_config(s->pool), pool_config(fresh),
                         reload_report_change, report);
    ops_add_pool(s->ops, fresh);
    s->old[slot] = s->pool;
    s->old_due_ms[slot] = clock_mono_ms() + pool_config(s->pool)->drain_ms;
    pool_drain(s->pool);
    s->pool = fresh;
    watch_every(s, WATCH_MS);
    return ERR_OK;
}

static void reload(uv_signal_t *handle, int signum)
{
    struct service *s = handle->data;
    struct reload_report report = reload_report_make();
    struct why why = {""};
    enum err e;

    (void)signum;
    if (s->drain_due_ms) {
        (void)why_set(&why, ERR_CONFIG, "the service is stopping");
        reload_report_send(&report, &why);
        return;
    }
    s->reloads++;
    notify_reloading(&s->notify);
    e = reload_pool(s, &report, &why);
    if (e)
        log_error("reload refused, the old configuration stays",
                  LOG_TEXT("why", why.text), LOG_NUMBER("reload", s->reloads));
    else
        log_info("reloaded", LOG_TEXT("file", s->path),
                 LOG_NUMBER("changes", report.changes),
                 LOG_NUMBER("reload", s->reloads),
                 LOG_NUMBER("workers", pool_config(s->pool)->workers));
    reload_report_send(&report, e ? &why : NULL);
}

static void end_pool(struct service *s, struct pool **p)
{
    ops_remove_pool(s->ops, *p);
    pool_close(p);
}

static void watch_old(struct service *s)
{
    for (int n = 0; n < POOLS_MAX; n++) {
        if (!s->old[n])
            continue;
        if (clock_mono_ms() >= s->old_due_ms[n])
            pool_hand_back(s->old[n]);
        if (pool_ended(s->old[n]))
            end_pool(s, &s->old[n]);
    }
}

static bool are_old_ended(const struct service *s)
{
    for (int n = 0; n < POOLS_MAX; n++)
        if (s->old[n])
            return false;
    return true;
}

/* The watchdog is fed as long as there is nothing that a new start mends. True
 * when ready. */
static bool report(struct service *s)
{
    struct why why = {""};
    bool ready = ops_is_ready(s->ops, &why);

    ops_tend(s->ops);
    notify_status(&s->notify, ready ? "taking jobs" : why.text);
    if (ready)
        notify_ready(&s->notify);
    if (notify_is_hungry(&s->notify) && ops_is_healthy(s->ops, &why))
        notify_feed(&s->notify);
    return ready;
}

static void watch(uv_timer_t *timer)
{
    struct service *s = timer->data;
    bool calm;

    if (s->embedded && embedded_watch(s->embedded))
        log_warn("the embedded Redis was started again",
                 LOG_TEXT("dir", pool_config(s->pool)->embedded_dir));
    watch_old(s);
    calm = report(s) && are_old_ended(s);
    watch_every(s, calm ? CALM_MS : WATCH_MS);
    log_settle(false);
    if (!s->drain_due_ms)
        return;
    if (clock_mono_ms() >= s->drain_due_ms)
        pool_hand_back(s->pool);
    if (are_old_ended(s) && pool_ended(s->pool))
        uv_stop(&s->loop);
}

static void open_loop(struct service *s)
{
    check(uv_loop_init(&s->loop) == 0);
    check(uv_signal_init(&s->loop, &s->term) == 0);
    check(uv_signal_init(&s->loop, &s->interrupt) == 0);
    check(uv_signal_init(&s->loop, &s->hangup) == 0);
    check(uv_timer_init(&s->loop, &s->watch) == 0);
    s->term.data = s->interrupt.data = s->hangup.data = s->watch.data = s;
    check(uv_signal_start(&s->term, stop, SIGTERM) == 0);
    check(uv_signal_start(&s->interrupt, stop, SIGINT) == 0);
    check(uv_signal_start(&s->hangup, reload, SIGHUP) == 0);
    loudness_open(&s->loudness, &s->loop);
    watch_every(s, WATCH_MS);
}

static void close_loop(struct service *s)
{
    uv_close((uv_handle_t *)&s->term, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    uv_close((uv_handle_t *)&s->hangup, NULL);
    loudness_close(&s->loudness);
    uv_close((uv_handle_t *)&s->watch, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    check(uv_loop_close(&s->loop) == 0);
}

static void announce(const struct config *c)
{
    char where[300];

    redis_address_text(&c->redis, where, sizeof where);
    log_info("extq starts", LOG_TEXT("version", EXTQ_VERSION),
             LOG_TEXT("config", c->path[0] ? c->path : "(defaults)"),
             LOG_TEXT("redis", where), LOG_NUMBER("workers", c->workers),
             LOG_NUMBER("in_flight", c->in_flight));
    if (c->seal.count == 0)
        log_warn("extensions' secrets lie open in Redis: no key is configured",
                 LOG_TEXT("key", "cache.key_file"));
}

/* Refuses a Redis that would lose jobs, if it answers by now; the keeper asks
 * again whenever it comes up. It may wait for a name: nothing else runs yet. */
static enum err check_redis(const struct config *c, struct why *why)
{
    const char *argv[5];
    struct redis_sync *redis = NULL;
    const struct reply *reply;
    struct redis_facts facts;
    struct why unreachable;
    enum err e = ERR_OK;

    memcpy(argv, redis_facts_ask, sizeof argv);
    if (redis_sync_open(&c->redis, START_MS, &redis, &unreachable))
        return ERR_OK;
    if (redis_ask(redis, 5, argv, NULL, &reply) == ERR_OK) {
        facts = redis_facts_read(reply_span(reply));
        e = redis_facts_check(&facts, c->allow_eviction, why);
        if (!e)
            e = redis_facts_match(&facts, &c->redis, why);
    }
    redis_sync_close(&redis);
    return e;
}

static enum err start(struct service *s, struct config **config,
                      struct why *why)
{
    const struct config *c = *config;
    enum err e = config_read_secrets(*config, why);

    loudness_configure(&s->loudness, c->log_level);
    log_set_format(c->log_format);
    memcpy(s->path, c->path, sizeof s->path);
    if (!e)
        e = ops_listen(s->ops, c, why);
    if (!e && c->embedded)
        e = embedded_start(c->embedded_dir, &s->embedded, why);
    if (!e)
        e = check_redis(c, why);
    if (e) {
        config_close(config);
        return e;
    }
    announce(c);
    files_raise(c);
    e = pool_start(config, &s->pool);
    if (e)
        return why_set(why, e, "the workers did not start: %s", err_text(e));
    ops_add_pool(s->ops, s->pool);
    return ERR_OK;
}

enum err service_run(struct config **config, struct why *why)
{
    struct service *s = calloc(1, sizeof *s);
    enum err e;

    if (!s || ops_open(&s->ops)) {
        free(s);
        config_close(config);
        return why_set(why, ERR_MEMORY, "out of memory");
    }
    notify_open(&s->notify);
    signal(SIGPIPE, SIG_IGN);
    http_global_open();
    /* Signals are taken from here on: one that comes while starting waits for
     * the loop. */
    open_loop(s);
    e = start(s, config, why);
    if (!e) {
        uv_run(&s->loop, UV_RUN_DEFAULT);
        end_pool(s, &s->pool);
        log_info("stopped");
    }
    if (s->embedded)
        embedded_stop(&s->embedded);
    log_settle(true);
    close_loop(s);
    ops_close(&s->ops);
    notify_close(&s->notify);
    http_global_close();
    free(s);
    return e;
}
