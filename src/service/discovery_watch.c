#include "service/discovery_watch.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"

#include <string.h>

/* Another reason is told this much after the last one: there may be as many
 * as there are tenants. */
enum { RETELL_MS = 60000, CALM_MS = 10 * 60000 };

void discovery_watch_open(struct discovery_watch *w)
{
    memset(w, 0, sizeof *w);
    check(uv_mutex_init(&w->lock) == 0);
}

void discovery_watch_close(struct discovery_watch *w)
{
    uv_mutex_destroy(&w->lock);
}

static void tell(struct discovery_watch *w, const char *message,
                 const struct finding *finding, int64_t now_ms)
{
    w->told = finding->why;
    w->told_ms = now_ms;
    log_warn(message, LOG_TEXT("backend", finding->source),
             LOG_TEXT("container", w->key.container),
             LOG_TEXT("point", w->key.point), LOG_TEXT("why", w->told.text),
             LOG_NUMBER("failures", w->failures));
}

static void failed(struct discovery_watch *w, const struct extension_key *key,
                   const struct finding *finding, int64_t now_ms)
{
    bool fresh = !w->fails;

    if (fresh) {
        w->fails = true;
        w->since_ms = now_ms;
        w->failures = 0;
    }
    w->failed_ms = now_ms;
    w->failures++;
    w->key = *key;
    if (fresh)
        tell(w, "discovery fails", finding, now_ms);
    else if (now_ms - w->told_ms >= RETELL_MS &&
             strcmp(w->told.text, finding->why.text) != 0)
        tell(w, "discovery still fails", finding, now_ms);
}

static void answered(struct discovery_watch *w, const struct extension_key *key,
                     int64_t now_ms)
{
    bool same = strcmp(w->key.container, key->container) == 0 &&
                strcmp(w->key.point, key->point) == 0;

    if (!w->fails || (!same && now_ms - w->failed_ms < CALM_MS))
        return;
    w->fails = false;
    log_info("discovery answers again",
             LOG_NUMBER("failed_s", (now_ms - w->since_ms) / 1000),
             LOG_NUMBER("failures", w->failures));
}

void discovery_watch_hear(void *watch, const struct extension_key *key,
                          const struct finding *finding)
{
    struct discovery_watch *w = watch;
    int64_t now_ms = clock_mono_ms();

    uv_mutex_lock(&w->lock);
    if (finding->kind == FINDING_FAILED)
        failed(w, key, finding, now_ms);
    else
        answered(w, key, now_ms);
    uv_mutex_unlock(&w->lock);
}

void discovery_watch_use(struct discovery_watch *w,
                         const struct extension_key *key, int64_t age_ms)
{
    int64_t now_ms;

    if (!atomic_load(&w->fails))
        return;
    now_ms = clock_mono_ms();
    uv_mutex_lock(&w->lock);
    if (now_ms - age_ms > w->failed_ms)
        answered(w, key, now_ms);
    uv_mutex_unlock(&w->lock);
}
