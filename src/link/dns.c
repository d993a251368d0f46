#include "link/dns_internal.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { NO_TIMER_MS = 3600 * 1000 };

enum err dns_global_open(void)
{
    return ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS ? ERR_OK
                                                                : ERR_MEMORY;
}

void dns_global_close(void)
{
    ares_library_cleanup();
}

static int64_t now_ms(const struct dns *d)
{
    return (int64_t)uv_now(d->loop);
}

static void set_defaults(struct dns_options *o)
{
    o->ttl_min_ms = o->ttl_min_ms ? o->ttl_min_ms : 1000;
    o->ttl_max_ms = o->ttl_max_ms ? o->ttl_max_ms : 60000;
    o->running_max = o->running_max ? o->running_max : 256;
    o->tenant_max = o->tenant_max ? o->tenant_max : 8;
}

enum err dns_open(uv_loop_t *loop, const struct dns_options *options,
                  struct dns **ret)
{
    struct dns *d = calloc(1, sizeof *d);

    if (!d)
        return ERR_MEMORY;
    if (uv_timer_init(loop, &d->timer) != 0) {
        free(d);
        return ERR_IO;
    }
    d->timer.data = d;
    d->loop = loop;
    d->options = *options;
    set_defaults(&d->options);
    TAILQ_INIT(&d->idle);
    TAILQ_INIT(&d->answered);
    TAILQ_INIT(&d->runnable);
    TAILQ_INIT(&d->deadlines);
    LIST_INIT(&d->channels);
    *ret = d;
    return ERR_OK;
}

static void waiter_detach(struct dns_waiter *w)
{
    TAILQ_REMOVE(&w->name->waiters, w, same_name);
    TAILQ_REMOVE(&w->dns->deadlines, w, by_deadline);
    w->name = NULL;
}

void dns_cancel(struct dns_waiter *w)
{
    struct dns_name *n = w->name;

    if (!n)
        return;
    waiter_detach(w);
    if (n->state == NAME_WAITING && TAILQ_EMPTY(&n->waiters))
        name_give_up(n);
}

static void waiter_attach(struct dns_waiter *w, struct dns_name *n,
                          int64_t limit_ms)
{
    struct dns *d = n->dns;
    struct dns_waiter *later;

    w->dns = d;
    w->name = n;
    w->deadline_ms = now_ms(d) + limit_ms;
    TAILQ_INSERT_TAIL(&n->waiters, w, same_name);
    /* Limits are mostly the same: the place is at the end, or near it. */
    later = TAILQ_LAST(&d->deadlines, dns_waiters);
    while (later && later->deadline_ms > w->deadline_ms)
        later = TAILQ_PREV(later, dns_waiters, by_deadline);
    if (later)
        TAILQ_INSERT_AFTER(&d->deadlines, later, w, by_deadline);
    else
        TAILQ_INSERT_HEAD(&d->deadlines, w, by_deadline);
}

static void tell(struct dns_name *n)
{
    struct dns_waiter *w;

    /* Those who come while others are told are told as well. */
    while ((w = TAILQ_FIRST(&n->waiters))) {
        struct dns_answer *answer = n->answer ? dns_hold(n->answer) : NULL;

        waiter_detach(w);
        w->done(w->arg, answer);
        dns_drop(&answer);
    }
}

static void tell_answered(struct dns *d)
{
    struct dns_name *n;

    while ((n = TAILQ_FIRST(&d->answered))) {
        tell(n);
        TAILQ_REMOVE(&d->answered, n, link);
        n->state = NAME_IDLE;
        TAILQ_INSERT_TAIL(&d->idle, n, link);
    }
}

static void tell_late(struct dns *d)
{
    struct dns_waiter *w;

    while ((w = TAILQ_FIRST(&d->deadlines)) && w->deadline_ms <= now_ms(d)) {
        dns_cancel(w);
        w->done(w->arg, NULL);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct dns *d = timer->data;

    channel_tick(d);
    tell_answered(d);
    tell_late(d);
    dns_settle(d);
}

static void set_timer(struct dns *d)
{
    const struct dns_waiter *w = TAILQ_FIRST(&d->deadlines);
    int64_t ms = channel_wait_ms(d, NO_TIMER_MS);

    if (w && w->deadline_ms - now_ms(d) < ms)
        ms = w->deadline_ms - now_ms(d);
    if (!TAILQ_EMPTY(&d->answered) || ms < 0)
        ms = 0;
    if (ms == NO_TIMER_MS)
        uv_timer_stop(&d->timer);
    else
        check(uv_timer_start(&d->timer, on_timer, (uint64_t)ms, 0) == 0);
}

void dns_settle(struct dns *d)
{
    tell_answered(d);
    names_start(d);
    channel_sweep(d);
    set_timer(d);
}

struct dns_answer *dns_known(struct dns *d, const char *name)
{
    struct dns_name *n = name_find(d, name);

    return n && n->answer && now_ms(d) < n->answer->until_ms ? n->answer : NULL;
}

enum err dns_ask(struct dns *d, const struct dns_question *q,
                 struct dns_waiter *w)
{
    struct dns_name *n;
    enum err e;

    if (strlen(q->name) > DNS_NAME_MAX)
        return ERR_LIMIT;
    n = name_find(d, q->name);
    if (!n)
        n = name_make(d, q->name);
    e = n ? name_want(n, q->tenant ? q->tenant : "") : ERR_MEMORY;
    if (e)
        return e;
    waiter_attach(w, n, q->limit_ms);
    names_start(d);
    set_timer(d);
    return ERR_OK;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void dns_close(struct dns **ret)
{
    struct dns *d = *ret;
    struct dns_name *n, *next;

    *ret = NULL;
    if (!d)
        return;
    check(TAILQ_EMPTY(&d->deadlines));
    /* What runs is answered by this, with a failure. */
    channel_close_all(d);
    HASH_ITER(hh, d->table, n, next)
    name_free(n);
    uv_close((uv_handle_t *)&d->timer, timer_closed);
}
