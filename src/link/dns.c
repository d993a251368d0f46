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

/* Tenants. */

static struct dns_tenant *tenant_find(struct dns *d, const char *text)
{
    struct dns_tenant *t;
    size_t len = strlen(text);

    HASH_FIND(hh, d->tenants, text, len, t);
    if (t)
        return t;
    t = calloc(1, sizeof *t + len + 1);
    if (!t)
        return NULL;
    TAILQ_INIT(&t->waiting);
    memcpy(t->text, text, len);
    HASH_ADD_KEYPTR(hh, d->tenants, t->text, len, t);
    if (t->hh.tbl)
        return t;
    free(t);
    return NULL;
}

static void tenant_free_unused(struct dns *d, struct dns_tenant *t)
{
    if (t->names > 0)
        return;
    if (t->queued)
        TAILQ_REMOVE(&d->runnable, t, link);
    HASH_DEL(d->tenants, t);
    free(t);
}

static bool tenant_has_room(const struct dns *d, const struct dns_tenant *t)
{
    return t->running < d->options.tenant_max;
}

/* Queues it when it may start something, behind the other tenants. */
static void tenant_queue(struct dns *d, struct dns_tenant *t)
{
    if (t->queued || TAILQ_EMPTY(&t->waiting) || !tenant_has_room(d, t))
        return;
    t->queued = true;
    TAILQ_INSERT_TAIL(&d->runnable, t, link);
}

/* Names. */

static struct dns_name *name_find(struct dns *d, const char *text)
{
    struct dns_name *n;

    HASH_FIND_STR(d->table, text, n);
    return n;
}

static void name_free(struct dns_name *n)
{
    HASH_DEL(n->dns->table, n);
    dns_drop(&n->answer);
    free(n);
}

static void make_room(struct dns *d)
{
    struct dns_name *oldest = TAILQ_FIRST(&d->idle);

    if (!oldest || HASH_COUNT(d->table) < DNS_NAMES_MAX)
        return;
    TAILQ_REMOVE(&d->idle, oldest, link);
    name_free(oldest);
}

static struct dns_name *name_make(struct dns *d, const char *text)
{
    size_t len = strlen(text);
    struct dns_name *n = calloc(1, sizeof *n + len + 1);

    if (!n)
        return NULL;
    n->dns = d;
    memcpy(n->text, text, len);
    TAILQ_INIT(&n->waiters);
    make_room(d);
    HASH_ADD_KEYPTR(hh, d->table, n->text, len, n);
    if (!n->hh.tbl) {
        free(n);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&d->idle, n, link);
    return n;
}

/* Idle or waiting for another -> waiting, charged to this tenant. */
static void name_charge(struct dns_name *n, struct dns_tenant *t)
{
    struct dns *d = n->dns;
    struct dns_tenant *before = n->tenant;

    if (before) {
        TAILQ_REMOVE(&before->waiting, n, link);
        before->names--;
    } else {
        TAILQ_REMOVE(&d->idle, n, link);
    }
    n->tenant = t;
    n->state = NAME_WAITING;
    TAILQ_INSERT_TAIL(&t->waiting, n, link);
    t->names++;
    tenant_queue(d, t);
    if (before)
        tenant_free_unused(d, before);
}

/* Nobody waits for it any more, and it has not begun. */
static void name_give_up(struct dns_name *n)
{
    struct dns_tenant *t = n->tenant;

    TAILQ_REMOVE(&t->waiting, n, link);
    t->names--;
    n->tenant = NULL;
    n->state = NAME_IDLE;
    TAILQ_INSERT_TAIL(&n->dns->idle, n, link);
    tenant_free_unused(n->dns, t);
}

static void start_waiting(struct dns *d)
{
    struct dns_tenant *t;
    struct dns_name *n;

    while (d->running < d->options.running_max &&
           (t = TAILQ_FIRST(&d->runnable))) {
        TAILQ_REMOVE(&d->runnable, t, link);
        t->queued = false;
        n = TAILQ_FIRST(&t->waiting);
        if (!n)
            continue;
        TAILQ_REMOVE(&t->waiting, n, link);
        n->state = NAME_RUNNING;
        t->running++;
        d->running++;
        tenant_queue(d, t);
        channel_ask(d, n);
    }
}

void dns_answered(struct dns_name *n, struct dns_answer *answer)
{
    struct dns *d = n->dns;
    struct dns_tenant *t = n->tenant;

    d->running--;
    t->running--;
    t->names--;
    n->tenant = NULL;
    n->state = NAME_ANSWERED;
    TAILQ_INSERT_TAIL(&d->answered, n, link);
    tenant_queue(d, t);
    tenant_free_unused(d, t);
    if (answer && n->answer && answer_same(n->answer, answer)) {
        n->answer->until_ms = answer->until_ms;
        dns_drop(&answer);
        return;
    }
    dns_drop(&n->answer);
    n->answer = answer;
}

/* Waiting. */

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
    start_waiting(d);
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
    struct dns_tenant *t;

    if (strlen(q->name) > DNS_NAME_MAX)
        return ERR_LIMIT;
    n = name_find(d, q->name);
    if (!n)
        n = name_make(d, q->name);
    t = n ? tenant_find(d, q->tenant ? q->tenant : "") : NULL;
    if (!t)
        return ERR_MEMORY;
    waiter_attach(w, n, q->limit_ms);
    /* A question that waits for its tenant's turn begins in another's. */
    if (n->state == NAME_IDLE ||
        (n->state == NAME_WAITING && n->tenant != t && tenant_has_room(d, t)))
        name_charge(n, t);
    else
        tenant_free_unused(d, t);
    start_waiting(d);
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
