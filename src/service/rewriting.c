#include "service/rewriting.h"

#include "base/check.h"
#include "base/log.h"
#include "link/redis.h"

#include <string.h>

enum { LOOK_MIN_MS = 50, LOOK_MAX_MS = 60000 };

static void look(struct rewriting *w);

static void timer_fired(uv_timer_t *timer)
{
    look(timer->data);
}

/* Soon at first, as it may still read its data; a rewrite that fails again and
 * again costs the server much. */
static void look_later(struct rewriting *w)
{
    check(uv_timer_start(&w->timer, timer_fired, w->wait_ms, 0) == 0);
    w->wait_ms *= 2;
    if (w->wait_ms > LOOK_MAX_MS)
        w->wait_ms = LOOK_MAX_MS;
}

static void tell(struct rewriting *w, const char *why)
{
    if (!w->told)
        log_warn("Redis does not rewrite its append-only file: run "
                 "BGREWRITEAOF after each of its starts, or the one after a "
                 "power cut may lose jobs at the next",
                 LOG_TEXT("why", why));
    w->told = true;
}

/* Of "already in progress", by another service, nobody needs to know: whether
 * it succeeds is seen at the next look. */
static void ordered(void *arg, const struct reply *reply)
{
    char why[512];

    if (!reply || reply_kind(reply) != REPLY_ERROR ||
        reply_fault(reply) == FAULT_AWAY)
        return;
    reply_explain(reply, why, sizeof why);
    if (!strstr(why, "already"))
        tell(arg, why);
}

static void order(struct rewriting *w)
{
    static const char *argv[] = {"BGREWRITEAOF"};

    /* Without memory for it, the next look comes to the same. */
    (void)!redis_send(w->redis, ordered, w,
                      &(struct redis_words){1, argv, NULL});
    redis_flush(w->redis);
}

static void judge(struct rewriting *w, const struct redis_facts *facts)
{
    switch (facts->rewrite) {
    case REWRITE_NEEDLESS:
        w->told = false;
        return;
    case REWRITE_FAILED:
        tell(w, "the last rewrite failed, its log says why");
        order(w);
        break;
    case REWRITE_DUE:
        order(w);
        break;
    case REWRITE_UNKNOWN:
    case REWRITE_UNDER_WAY:
    default:
        break;
    }
    look_later(w);
}

static void looked(void *arg, const struct reply *reply)
{
    struct rewriting *w = arg;
    struct redis_facts facts;

    if (!reply || !w->redis)
        return;
    facts = redis_facts_read(reply_span(reply));
    judge(w, &facts);
}

static void look(struct rewriting *w)
{
    const char *argv[5];

    memcpy(argv, redis_facts_ask, sizeof argv);
    if (redis_send(w->redis, looked, w, &(struct redis_words){5, argv, NULL}))
        look_later(w);
    redis_flush(w->redis);
}

void rewriting_open(struct rewriting *w, uv_loop_t *loop)
{
    check(uv_timer_init(loop, &w->timer) == 0);
    w->timer.data = w;
}

void rewriting_up(struct rewriting *w, struct redis *redis,
                  const struct redis_facts *facts)
{
    w->redis = redis;
    w->wait_ms = LOOK_MIN_MS;
    judge(w, facts);
}

void rewriting_down(struct rewriting *w)
{
    w->redis = NULL;
    uv_timer_stop(&w->timer);
}

void rewriting_close(struct rewriting *w)
{
    uv_close((uv_handle_t *)&w->timer, NULL);
}
