#include "link/redis_find.h"

#include "link/redis_nodes.h"
#include "link/redis_sync.h"

#include <stdio.h>
#include <string.h>

enum {
    ASK_MS = 1000,
    PORT_MAX = 65535,
    HOPS_MAX = 4,
    GUIDES_MAX = REDIS_GUIDES_MAX + REDIS_NODES_MAX
};

/* The guide's own: a Sentinel is a server without our user and database. */
static struct redis_address address_of(const struct redis_address *a,
                                       const struct redis_place *guide)
{
    struct redis_address ret = *a;

    ret.place = *guide;
    ret.guide_count = 0;
    ret.cluster = false;
    ret.nodes = NULL;
    if (a->cluster)
        return ret;
    ret.primary[0] = ret.user[0] = '\0';
    ret.db = 0;
    memcpy(ret.files.password, a->files.sentinel_password,
           sizeof ret.files.password);
    return ret;
}

static enum err refused(const struct reply *reply, struct why *why)
{
    char text[256];

    reply_explain(reply, text, sizeof text);
    return why_set(why, ERR_REDIS, "%s", text);
}

static bool read_place(const struct reply *host, const struct reply *number,
                       struct redis_place *ret)
{
    int64_t port = reply_number(number);

    if (port < 1 || port > PORT_MAX ||
        !span_copy(reply_span(host), ret->host, sizeof ret->host))
        return false;
    ret->port = (int)port;
    return true;
}

/* SENTINEL GET-MASTER-ADDR-BY-NAME answers with host and port, or nil. */
static enum err read_primary(const struct redis_address *a,
                             const struct reply *reply, struct redis_found *ret,
                             struct why *why)
{
    if (reply_kind(reply) == REPLY_ERROR)
        return refused(reply, why);
    if (!read_place(reply_at(reply, 0), reply_at(reply, 1), &ret->place))
        return why_set(why, ERR_REDIS, "knows no primary named %s", a->primary);
    ret->range = (struct redis_range){1, 0};
    return ERR_OK;
}

/* A node that does not know its own name leaves it out, or says "?". */
static bool read_node(const struct reply *node, const struct redis_place *asked,
                      struct redis_place *ret)
{
    struct span host = reply_span(reply_at(node, 0));

    if (!read_place(reply_at(node, 0), reply_at(node, 1), ret))
        return false;
    if (host.len == 0 || span_is(host, "?"))
        memcpy(ret->host, asked->host, sizeof ret->host);
    return true;
}

enum err redis_find_slot(const struct reply *reply, unsigned slot,
                         const struct redis_place *asked,
                         struct redis_found *ret, struct why *why)
{
    if (reply_kind(reply) == REPLY_ERROR)
        return refused(reply, why);
    for (size_t i = 0; i < reply_count(reply); i++) {
        const struct reply *row = reply_at(reply, i);
        struct redis_range range = {
            (unsigned)reply_number(reply_at(row, 0)),
            (unsigned)reply_number(reply_at(row, 1)),
        };

        if (!redis_range_has(range, slot) ||
            !read_node(reply_at(row, 2), asked, &ret->place))
            continue;
        ret->range = range;
        return ERR_OK;
    }
    return why_set(why, ERR_REDIS, "no node has slot %u", slot);
}

static bool is_same(const struct redis_place *a, const struct redis_place *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

static bool is_among(const struct redis_place *p,
                     const struct redis_place *places, unsigned count)
{
    while (count > 0 && !is_same(p, &places[count - 1]))
        count--;
    return count > 0;
}

/* One of each row, masters being number 0. False when no row has one. */
static bool list_nodes(const struct reply *reply, size_t number,
                       const struct redis_place *asked,
                       struct redis_place *places, unsigned *count)
{
    bool more = false;

    for (size_t i = 0; i < reply_count(reply); i++) {
        const struct reply *row = reply_at(reply, i);
        struct redis_place place;

        if (reply_count(row) <= number + 2 || *count == REDIS_NODES_MAX)
            continue;
        more = true;
        if (read_node(reply_at(row, number + 2), asked, &place) &&
            !is_among(&place, places, *count))
            places[(*count)++] = place;
    }
    return more;
}

unsigned redis_find_nodes(const struct reply *reply,
                          const struct redis_place *asked,
                          struct redis_place ret[REDIS_NODES_MAX])
{
    unsigned count = 0;

    for (size_t n = 0; list_nodes(reply, n, asked, ret, &count); n++)
        ;
    return count;
}

/* What a node says that knows the slot's master. */
static enum err read_slots(const struct redis_address *a,
                           const struct reply *reply,
                           const struct redis_place *asked,
                           struct redis_found *ret, struct why *why)
{
    struct redis_place places[REDIS_NODES_MAX];
    enum err e = redis_find_slot(reply, a->slot, asked, ret, why);

    if (!e)
        redis_nodes_learn(a->nodes, places,
                          redis_find_nodes(reply, asked, places));
    return e;
}

static enum err ask(const struct redis_address *a,
                    const struct redis_place *guide, struct redis_found *ret,
                    struct why *why)
{
    struct redis_address there = address_of(a, guide);
    struct redis_sync *link = NULL;
    const struct reply *reply;
    enum err e = redis_sync_open(&there, ASK_MS, &link, why);
    char text[REDIS_PLACE_TEXT_MAX];
    struct why inner = {""};

    if (e)
        return e;
    e = a->cluster
            ? redis_ask_words(link, &reply, "CLUSTER", "SLOTS", NULL)
            : redis_ask_words(link, &reply, "SENTINEL",
                              "GET-MASTER-ADDR-BY-NAME", a->primary, NULL);
    if (e)
        (void)why_set(&inner, e, "%s", redis_sync_error(link));
    else if (a->cluster)
        e = read_slots(a, reply, guide, ret, &inner);
    else
        e = read_primary(a, reply, ret, &inner);
    redis_sync_close(&link);
    redis_place_text(guide, text, sizeof text);
    return e ? why_set(why, e, "%s: %.256s", text, inner.text) : ERR_OK;
}

/* News of a slot travel through a cluster by and by: who is named by a node is
 * asked as well, until one names itself. */
static enum err follow(const struct redis_address *a,
                       const struct redis_place *guide, struct redis_found *ret,
                       struct why *why)
{
    struct redis_place at = *guide;

    for (int hop = 0; hop < HOPS_MAX; hop++) {
        enum err e = ask(a, &at, ret, why);

        if (e || !a->cluster || is_same(&ret->place, &at))
            return e;
        at = ret->place;
    }
    return why_set(why, ERR_REDIS,
                   "the nodes do not agree yet on who has slot %u", a->slot);
}

/* Those of the address, and those that it does not name. */
static unsigned list_guides(const struct redis_address *a,
                            struct redis_place ret[GUIDES_MAX])
{
    struct redis_place known[REDIS_NODES_MAX];
    unsigned more = redis_nodes_known(a->nodes, known), count = a->guide_count;

    memcpy(ret, a->guides, count * sizeof *ret);
    for (unsigned i = 0; i < more; i++)
        if (!is_among(&known[i], a->guides, a->guide_count))
            ret[count++] = known[i];
    return count;
}

enum err redis_find(const struct redis_address *a, unsigned turn,
                    struct redis_found *ret, struct why *why)
{
    struct redis_place guides[GUIDES_MAX];
    unsigned count = list_guides(a, guides);
    struct why last = {""};

    if (a->guide_count == 0) {
        *ret = (struct redis_found){a->place, {1, 0}};
        return ERR_OK;
    }
    for (unsigned i = 0; i < count; i++)
        if (!follow(a, &guides[(turn + i) % count], ret, &last))
            return ERR_OK;
    if (a->cluster)
        return why_set(why, ERR_REDIS,
                       "no node led to the master of slot %u; the last one: "
                       "%.256s",
                       a->slot, last.text);
    return why_set(why, ERR_REDIS,
                   "no Sentinel told where %s is; the last one: %.256s",
                   a->primary, last.text);
}
