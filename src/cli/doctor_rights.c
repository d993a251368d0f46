/* Rights are tried, not read: whoever may see its own ACL may mostly do too
 * much. Redis judges a command before it runs it, so each is put in a form that
 * changes nothing: of keys that are not there, or with an argument that the
 * command itself refuses. */
#include "cli/doctor_checks.h"

#include "base/buf.h"

#include <stddef.h>

enum { WORDS = 7, DENIED_MAX = 600 };

struct trial {
    size_t key; /* offset in struct trial_keys; words of "" are its place */
    const char *words[WORDS];
};

struct trial_keys {
    char jobs[KEY_MAX], held[KEY_MAX], parked[KEY_MAX], dead[KEY_MAX];
    char meta[KEY_MAX], outcomes[KEY_MAX], cache[KEY_MAX];
};

#define AT(name) offsetof(struct trial_keys, name)

/* What services and their functions call. No form of RPUSH and BGREWRITEAOF is
 * without effect. */
static const struct trial trials[] = {
    {AT(held), {"FUNCTION", "LOAD", "none"}},
    {AT(jobs), {"BLMOVE", "", "", "RIGHT", "RIGHT", "never"}},
    {AT(jobs), {"LLEN", ""}},
    {AT(parked), {"LPOP", ""}},
    {AT(parked), {"RPOP", ""}},
    {AT(parked), {"LREM", "", "0", "x"}},
    {AT(held), {"EXISTS", ""}},
    {AT(held), {"DEL", ""}},
    {AT(held), {"GET", ""}},
    {AT(held), {"SET", "", "x", "XX"}},
    {AT(held), {"HGET", "", "f"}},
    {AT(held), {"HSET", "", "f", "v", "odd"}},
    {AT(held), {"HDEL", "", "f"}},
    {AT(held), {"HLEN", ""}},
    {AT(held), {"HKEYS", ""}},
    {AT(held), {"HSCAN", "", "0"}},
    {AT(held), {"HINCRBY", "", "f", "none"}},
    {AT(meta), {"HMGET", "", "f"}},
    {AT(held), {"ZADD", "", "XX", "0", "m"}},
    {AT(held), {"ZREM", "", "m"}},
    {AT(held), {"ZRANGE", "", "0", "0"}},
    {AT(held), {"ZCOUNT", "", "0", "0"}},
    {AT(held), {"ZSCORE", "", "m"}},
    {AT(held), {"ZCARD", ""}},
    {AT(held), {"XLEN", ""}},
    {AT(held), {"XADD", "", "NOMKSTREAM", "*", "f", "v"}},
    {AT(held), {"XTRIM", "", "MAXLEN", "0"}},
    {AT(dead), {"XRANGE", "", "-", "-"}},
    {AT(dead), {"XREVRANGE", "", "-", "-"}},
    {AT(dead), {"XDEL", "", "0-1"}},
    {AT(outcomes), {"XREVRANGE", "", "-", "-"}},
    {AT(cache), {"GET", ""}},
    {AT(cache), {"SET", "", "x", "XX"}},
    {AT(cache), {"DEL", ""}},
};

enum { TRIALS = sizeof trials / sizeof *trials };

static void name_keys(struct trial_keys *ret, const struct doctor *d,
                      const struct queue_keys *k)
{
    char ask[KEY_MAX];

    keys_held(ret->held, k, "doctor");
    keys_parked(ret->parked, k, "doctor:doctor");
    keys_of_extension(ret->cache, ask, d->config->prefix, "doctor", "doctor");
    (void)span_copy(span_of(k->jobs), ret->jobs, KEY_MAX);
    (void)span_copy(span_of(k->dead), ret->dead, KEY_MAX);
    (void)span_copy(span_of(k->meta), ret->meta, KEY_MAX);
    (void)span_copy(span_of(k->outcomes), ret->outcomes, KEY_MAX);
}

static enum err try(const struct doctor *d, const struct trial *t,
                    const struct trial_keys *keys, const struct reply **ret)
{
    const char *key = (const char *)keys + t->key;
    const char *argv[WORDS];
    int argc = 0;

    for (; argc < WORDS && t->words[argc]; argc++)
        argv[argc] = t->words[argc][0] ? t->words[argc] : key;
    return redis_ask(d->redis, argc, argv, NULL, ret);
}

/* Appends the commands that are denied, and on what. */
static enum err collect(const struct doctor *d, const struct trial_keys *keys,
                        struct buf *denied)
{
    const struct reply *reply = NULL;
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < TRIALS; i++) {
        e = try(d, &trials[i], keys, &reply);
        if (!e && reply_fault(reply) == FAULT_DENIED)
            e = buf_printf(denied, "%s%s on %s", denied->len > 0 ? ", " : "",
                           trials[i].words[0],
                           (const char *)keys + trials[i].key);
    }
    return e == ERR_LIMIT ? ERR_OK : e;
}

void doctor_rights(const struct doctor *d, const struct queue_keys *queue)
{
    struct buf denied = buf_make(DENIED_MAX);
    struct trial_keys keys;
    enum err e;

    name_keys(&keys, d, queue);
    e = collect(d, &keys, &denied);
    if (e)
        doctor_say(d, HEALTH_WRONG, "rights", "", "%s",
                   e == ERR_REDIS ? redis_sync_error(d->redis) : err_text(e));
    else if (denied.len > 0)
        doctor_say(d, HEALTH_WRONG, "rights",
                   "redis-cli ACL LOAD, with extq-service of users.acl",
                   "a service could not work as this user, who may not: %.*s",
                   (int)denied.len, denied.at);
    else
        doctor_say(d, HEALTH_FINE, "rights", "",
                   "this user may do what services do (%d commands tried, none "
                   "with an effect)",
                   TRIALS);
    buf_clear(&denied);
}
