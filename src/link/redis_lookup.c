#include "link/redis_lookup.h"

#include "base/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct lookup {
    uv_async_t answered;
    struct redis_address address;
    struct lookup_request request;
    struct lookup_result result; /* the thread's until it has sent */
    uv_mutex_t lock;             /* over the next */
    bool dropped;                /* the handle may be closed */
    atomic_uint refs;            /* the loop's and the thread's */
};

static void unref(struct lookup *l)
{
    if (atomic_fetch_sub(&l->refs, 1) > 1)
        return;
    if (l->result.found)
        freeaddrinfo(l->result.found);
    redis_nodes_drop(&l->address.nodes);
    uv_mutex_destroy(&l->lock);
    free(l);
}

static void find(const struct lookup *l, struct lookup_result *ret)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

    if (redis_find(&l->address, l->request.turn, &ret->server, &ret->why))
        return;
    if (getaddrinfo(ret->server.place.host, NULL, &hints, &ret->found) == 0)
        return;
    ret->found = NULL;
    (void)why_set(&ret->why, ERR_REDIS, "its host name does not resolve");
}

static void lookup_main(void *arg)
{
    struct lookup *l = arg;

    find(l, &l->result);
    uv_mutex_lock(&l->lock);
    if (!l->dropped)
        check(uv_async_send(&l->answered) == 0);
    uv_mutex_unlock(&l->lock);
    unref(l);
}

static void closed(uv_handle_t *handle)
{
    unref(handle->data);
}

void lookup_drop(struct lookup **ret)
{
    struct lookup *l = *ret;

    *ret = NULL;
    if (!l)
        return;
    uv_mutex_lock(&l->lock);
    l->dropped = true;
    uv_mutex_unlock(&l->lock);
    uv_close((uv_handle_t *)&l->answered, closed);
}

static void answered(uv_async_t *async)
{
    struct lookup *l = async->data;

    /* The thread wrote before it took the lock to say so. */
    uv_mutex_lock(&l->lock);
    uv_mutex_unlock(&l->lock);
    l->request.done(l->request.arg, &l->result);
    lookup_drop(&l);
}

/* The thread's reference is taken before it runs. */
static enum err start_thread(struct lookup *l)
{
    uv_thread_t thread;

    atomic_store(&l->refs, 2);
    if (uv_thread_create(&thread, lookup_main, l) == 0) {
        check(pthread_detach(thread) == 0);
        return ERR_OK;
    }
    atomic_store(&l->refs, 1);
    return ERR_IO;
}

enum err lookup_start(uv_loop_t *loop, const struct lookup_request *request,
                      struct lookup **ret)
{
    struct lookup *l = calloc(1, sizeof *l);
    enum err e;

    if (!l)
        return ERR_MEMORY;
    l->request = *request;
    if (uv_mutex_init(&l->lock) != 0) {
        free(l);
        return ERR_IO;
    }
    l->address = *request->address;
    l->address.nodes = redis_nodes_share(l->address.nodes);
    check(uv_async_init(loop, &l->answered, answered) == 0);
    l->answered.data = l;
    e = start_thread(l);
    if (e)
        lookup_drop(&l);
    else
        *ret = l;
    return e;
}
