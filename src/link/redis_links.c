#include "link/redis_links.h"

#include <stdlib.h>
#include <sys/queue.h>

/* Those that look for their slot's master for the first time: while they do,
 * who knows whether another one is needed? */
enum { SEEKING_MAX = 4 };

struct link {
    LIST_ENTRY(link) next;
    struct redis_address address;
    struct redis *redis;
    bool pinned;
};

struct redis_links {
    uv_loop_t *loop;
    struct redis_options options; /* its address is the cluster's */
    LIST_HEAD(, link) all;
};

static enum err open_link(struct redis_links *l, const struct redis_address *a,
                          struct link **ret)
{
    struct redis_options options = l->options;
    struct link *link = calloc(1, sizeof *link);
    enum err e;

    if (!link)
        return ERR_MEMORY;
    link->address = *a;
    options.address = &link->address;
    e = redis_open(l->loop, &options, &link->redis);
    if (e) {
        free(link);
        return e;
    }
    LIST_INSERT_HEAD(&l->all, link, next);
    *ret = link;
    return ERR_OK;
}

enum err redis_links_open(uv_loop_t *loop, const struct redis_options *options,
                          struct redis_links **ret)
{
    struct redis_links *l = calloc(1, sizeof *l);
    struct link *only;
    enum err e = ERR_OK;

    if (!l)
        return ERR_MEMORY;
    l->loop = loop;
    l->options = *options;
    LIST_INIT(&l->all);
    if (!options->address->cluster)
        e = open_link(l, options->address, &only);
    if (e)
        free(l);
    else
        *ret = l;
    return e;
}

enum err redis_links_pin(struct redis_links *l, const struct redis_address *a,
                         struct redis **ret)
{
    struct link *link = LIST_FIRST(&l->all);
    enum err e = ERR_OK;

    if (a->cluster)
        e = open_link(l, a, &link);
    if (e)
        return e;
    link->pinned = true;
    *ret = link->redis;
    return ERR_OK;
}

static bool is_seeking(const struct link *link)
{
    struct redis_range range = redis_range(link->redis);

    return range.last < range.first;
}

static struct redis *open_for(struct redis_links *l, unsigned slot)
{
    struct redis_address a = *l->options.address;
    struct link *link;

    a.slot = slot;
    return open_link(l, &a, &link) ? NULL : link->redis;
}

/* Pinned ones are left alone: what other keys are told, that they moved, ends
 * the connection. */
struct redis *redis_links_to(struct redis_links *l, const char *key)
{
    unsigned slot, seeking = 0;
    struct link *link;

    if (!l->options.address->cluster)
        return LIST_FIRST(&l->all)->redis;
    slot = redis_slot(span_of(key));
    LIST_FOREACH(link, &l->all, next)
    {
        if (link->pinned)
            continue;
        if (redis_range_has(redis_range(link->redis), slot))
            return link->redis;
        seeking += is_seeking(link);
    }
    return seeking < SEEKING_MAX ? open_for(l, slot) : NULL;
}

void redis_links_flush(struct redis_links *l)
{
    struct link *link;

    LIST_FOREACH(link, &l->all, next)
    {
        redis_flush(link->redis);
    }
}

void redis_links_close(struct redis_links **ret)
{
    struct redis_links *l = *ret;
    struct link *link;

    *ret = NULL;
    if (!l)
        return;
    while ((link = LIST_FIRST(&l->all))) {
        LIST_REMOVE(link, next);
        redis_close(&link->redis);
        free(link);
    }
    free(l);
}
