#include "link/dns_internal.h"

#include <stdlib.h>
#include <string.h>

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

struct dns_name *name_find(struct dns *d, const char *text)
{
    struct dns_name *n;

    HASH_FIND_STR(d->table, text, n);
    return n;
}

void name_free(struct dns_name *n)
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

struct dns_name *name_make(struct dns *d, const char *text)
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

enum err name_want(struct dns_name *n, const char *tenant)
{
    struct dns *d = n->dns;
    struct dns_tenant *t = tenant_find(d, tenant);

    if (!t)
        return ERR_MEMORY;
    if (n->state == NAME_IDLE ||
        (n->state == NAME_WAITING && n->tenant != t && tenant_has_room(d, t)))
        name_charge(n, t);
    else
        tenant_free_unused(d, t);
    return ERR_OK;
}

void name_give_up(struct dns_name *n)
{
    struct dns_tenant *t = n->tenant;

    TAILQ_REMOVE(&t->waiting, n, link);
    t->names--;
    n->tenant = NULL;
    n->state = NAME_IDLE;
    TAILQ_INSERT_TAIL(&n->dns->idle, n, link);
    tenant_free_unused(n->dns, t);
}

void names_start(struct dns *d)
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

void name_answered(struct dns_name *n, struct dns_answer *answer)
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
