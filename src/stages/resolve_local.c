#include "stages/resolve_local.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

void key_pack(struct packed_key *ret, const struct extension_key *key)
{
    size_t container = strnlen(key->container, IDENT_MAX);
    size_t point = strnlen(key->point, IDENT_MAX);

    memcpy(ret->bytes, key->container, container);
    ret->bytes[container] = '\0';
    memcpy(ret->bytes + container + 1, key->point, point);
    ret->len = (unsigned)(container + 1 + point);
    ret->bytes[ret->len] = '\0';
}

enum err known_open(const struct http_options *http,
                    const struct packed_key *key, struct extension *extension,
                    struct known **ret, struct why *why)
{
    struct known *k = calloc(1, sizeof *k);
    enum err e = ERR_OK;

    if (!k)
        return why_set(why, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
    why->text[0] = '\0';
    if (extension)
        e = http_target_open(http, extension->url, extension->secret,
                             &k->target, why);
    if (e) {
        free(k);
        return why->text[0] ? e : why_set(why, e, "%s", err_text(e));
    }
    k->refs = 1;
    k->key = *key;
    k->extension = extension ? extension_hold(extension) : NULL;
    *ret = k;
    return ERR_OK;
}

struct known *known_hold(struct known *k)
{
    k->refs++;
    return k;
}

void known_drop(struct known **ret)
{
    struct known *k = *ret;

    *ret = NULL;
    if (!k || --k->refs > 0)
        return;
    http_target_close(&k->target);
    extension_drop(&k->extension);
    free(k);
}

void local_open(struct local *l, size_t max)
{
    *l = (struct local){.max = max};
    TAILQ_INIT(&l->used);
}

struct known *local_find(struct local *l, const struct packed_key *key)
{
    struct known *k;

    HASH_FIND(hh, l->table, key->bytes, key->len, k);
    if (k && k != TAILQ_FIRST(&l->used)) {
        TAILQ_REMOVE(&l->used, k, used);
        TAILQ_INSERT_HEAD(&l->used, k, used);
    }
    return k;
}

void local_remove(struct local *l, struct known *k)
{
    check(l->table);
    HASH_DELETE(hh, l->table, k);
    TAILQ_REMOVE(&l->used, k, used);
    l->count--;
    known_drop(&k);
}

void local_put(struct local *l, struct known *k)
{
    struct known *old = local_find(l, &k->key);

    if (old)
        local_remove(l, old);
    if (l->max == 0)
        return;
    while (l->count >= l->max)
        local_remove(l, TAILQ_LAST(&l->used, known_list));
    HASH_ADD_KEYPTR(hh, l->table, k->key.bytes, k->key.len, k);
    if (!k->hh.tbl)
        return;
    known_hold(k);
    TAILQ_INSERT_HEAD(&l->used, k, used);
    l->count++;
}

void local_clear(struct local *l)
{
    while (!TAILQ_EMPTY(&l->used))
        local_remove(l, TAILQ_FIRST(&l->used));
}
