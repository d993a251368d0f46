#include "link/redis_nodes.h"

#include "base/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct redis_nodes {
    atomic_uint version;
    pthread_mutex_t lock; /* over the rest */
    unsigned refs, count;
    struct redis_place places[REDIS_NODES_MAX];
};

struct redis_nodes *redis_nodes_open(void)
{
    struct redis_nodes *n = calloc(1, sizeof *n);

    if (!n)
        return NULL;
    if (pthread_mutex_init(&n->lock, NULL) != 0) {
        free(n);
        return NULL;
    }
    n->refs = 1;
    return n;
}

static void lock(struct redis_nodes *n)
{
    check(pthread_mutex_lock(&n->lock) == 0);
}

static void unlock(struct redis_nodes *n)
{
    check(pthread_mutex_unlock(&n->lock) == 0);
}

struct redis_nodes *redis_nodes_share(struct redis_nodes *n)
{
    if (!n)
        return NULL;
    lock(n);
    n->refs++;
    unlock(n);
    return n;
}

void redis_nodes_drop(struct redis_nodes **ret)
{
    struct redis_nodes *n = *ret;
    unsigned left;

    *ret = NULL;
    if (!n)
        return;
    lock(n);
    left = --n->refs;
    unlock(n);
    if (left > 0)
        return;
    check(pthread_mutex_destroy(&n->lock) == 0);
    free(n);
}

void redis_nodes_learn(struct redis_nodes *n, const struct redis_place *places,
                       unsigned count)
{
    if (!n || count == 0)
        return;
    check(count <= REDIS_NODES_MAX);
    lock(n);
    memcpy(n->places, places, count * sizeof *places);
    n->count = count;
    atomic_fetch_add(&n->version, 1);
    unlock(n);
}

unsigned redis_nodes_version(struct redis_nodes *n)
{
    return n ? atomic_load(&n->version) : 0;
}

unsigned redis_nodes_known(struct redis_nodes *n,
                           struct redis_place ret[REDIS_NODES_MAX])
{
    unsigned count;

    if (!n)
        return 0;
    lock(n);
    count = n->count;
    memcpy(ret, n->places, count * sizeof *ret);
    unlock(n);
    return count;
}
