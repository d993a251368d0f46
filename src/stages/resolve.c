#include "stages/resolve.h"

#include "base/rand.h"
#include "stages/resolve_local.h"
#include "stages/resolve_search.h"
#include "stages/resolve_shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err resolver_open(uv_loop_t *loop, const struct resolve_options *options,
                       struct redis_links *links, struct discovery *discovery,
                       struct resolver **ret)
{
    struct resolver *r = calloc(1, sizeof *r);

    if (!r)
        return ERR_MEMORY;
    if (uv_timer_init(loop, &r->timer) != 0) {
        free(r);
        return ERR_IO;
    }
    r->timer.data = r;
    r->loop = loop;
    r->options = options;
    r->links = links;
    r->discovery = discovery;
    r->dice = rand_seed();
    snprintf(r->seed, sizeof r->seed, "%016llx%016llx",
             (unsigned long long)rand_seed(), (unsigned long long)rand_seed());
    local_open(&r->local, options->local_max);
    LIST_INIT(&r->sleepers);
    *ret = r;
    return ERR_OK;
}

uint32_t resolve_tag(const char *stamp)
{
    uint32_t n = 0;

    if (stamp[0] == '\0')
        return 0;
    /* The first number of the stamp, as cache.lua has it. */
    for (; *stamp >= '0' && *stamp <= '9'; stamp++)
        n = (n * 10 + (uint32_t)(*stamp - '0')) % RESOLVE_TAGS;
    return n + 1;
}

void resolve(struct resolver *r, const struct extension_key *key,
             resolve_done *done, void *arg)
{
    resolve_other(r, key, 0, done, arg);
}

/* The hot path: one lookup, no allocation, no system call. */
void resolve_other(struct resolver *r, const struct extension_key *key,
                   uint32_t tag, resolve_done *done, void *arg)
{
    const struct wanted wanted = {.key = key, .refused = tag};
    struct packed_key packed;
    struct resolved answer;
    struct known *k;

    key_pack(&packed, key);
    k = local_find(&r->local, &packed);
    if (!k || k->until_ms <= (int64_t)uv_now(r->loop) ||
        (tag && resolve_tag(k->stamp) == tag)) {
        search_join(r, &wanted, done, arg);
        return;
    }
    known_hold(k);
    known_tell(k, SOURCE_LOCAL, &answer);
    done(arg, &answer);
    known_drop(&k);
}

void resolve_anew(struct resolver *r, const struct extension_key *key,
                  resolve_done *done, void *arg)
{
    const struct wanted wanted = {.key = key, .anew = true};

    search_join(r, &wanted, done, arg);
}

void resolver_forget(struct resolver *r, const struct extension_key *key,
                     const char *stamp)
{
    struct shared_call to = {
        .links = r->links, .prefix = r->options->prefix, .key = key};
    struct packed_key packed;
    struct known *k;

    key_pack(&packed, key);
    k = local_find(&r->local, &packed);
    if (k && (stamp[0] == '\0' || strcmp(stamp, k->stamp) == 0))
        local_remove(&r->local, k);
    shared_forget(&to, stamp);
}

static void free_resolver(uv_handle_t *timer)
{
    free(timer->data);
}

void resolver_close(struct resolver **ret)
{
    struct resolver *r = *ret;

    *ret = NULL;
    if (!r)
        return;
    r->closed = true;
    searches_close(r);
    local_clear(&r->local);
    uv_close((uv_handle_t *)&r->timer, free_resolver);
}
