#include "link/redis_lookup.h"

#include "base/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct lookup {
    uv_async_t answered;
    uv_mutex_t lock;        /* over the next two */
    struct addrinfo *found; /* owned */
    bool dropped;           /* the handle may be closed */
    atomic_uint refs;       /* the loop's and the thread's */
    lookup_done *done;
    void *arg;
    char host[]; /* as long as it is */
};

static void unref(struct lookup *l)
{
    if (atomic_fetch_sub(&l->refs, 1) > 1)
        return;
    if (l->found)
        freeaddrinfo(l->found);
    uv_mutex_destroy(&l->lock);
    free(l);
}

static void lookup_main(void *arg)
{
    struct lookup *l = arg;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;

    if (getaddrinfo(l->host, NULL, &hints, &found) != 0)
        found = NULL;
    uv_mutex_lock(&l->lock);
    l->found = found;
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
    const struct addrinfo *found;

    uv_mutex_lock(&l->lock);
    found = l->found;
    uv_mutex_unlock(&l->lock);
    /* The thread has said all that it will: it stays as it is. */
    l->done(l->arg, found);
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

enum err lookup_start(uv_loop_t *loop, const char *host, lookup_done *done,
                      void *arg, struct lookup **ret)
{
    size_t size = strlen(host) + 1;
    struct lookup *l = calloc(1, sizeof *l + size);
    enum err e;

    if (!l)
        return ERR_MEMORY;
    memcpy(l->host, host, size);
    l->done = done;
    l->arg = arg;
    if (uv_mutex_init(&l->lock) != 0) {
        free(l);
        return ERR_IO;
    }
    check(uv_async_init(loop, &l->answered, answered) == 0);
    l->answered.data = l;
    e = start_thread(l);
    if (e)
        lookup_drop(&l);
    else
        *ret = l;
    return e;
}
