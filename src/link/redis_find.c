#include "link/redis_find.h"

#include "link/redis_sync.h"

#include <stdio.h>
#include <string.h>

enum { ASK_MS = 1000, PORT_MAX = 65535 };

/* A Sentinel is a server of its own: without our user and database. */
static struct redis_address sentinel_address(const struct redis_address *a,
                                             const struct redis_place *place)
{
    struct redis_address ret = *a;

    ret.place = *place;
    ret.primary[0] = ret.user[0] = '\0';
    ret.sentinel_count = 0;
    ret.db = 0;
    memcpy(ret.files.password, a->files.sentinel_password,
           sizeof ret.files.password);
    return ret;
}

/* SENTINEL GET-MASTER-ADDR-BY-NAME answers with host and port, or nil. */
static enum err read_answer(const struct redis_address *a,
                            const struct reply *reply, struct redis_place *ret,
                            struct why *why)
{
    int64_t port = reply_number(reply_at(reply, 1));
    char text[256];

    if (reply_kind(reply) == REPLY_ERROR) {
        reply_explain(reply, text, sizeof text);
        return why_set(why, ERR_REDIS, "%s", text);
    }
    if (port < 1 || port > PORT_MAX ||
        !span_copy(reply_span(reply_at(reply, 0)), ret->host, sizeof ret->host))
        return why_set(why, ERR_REDIS, "knows no primary named %s", a->primary);
    ret->port = (int)port;
    return ERR_OK;
}

static enum err ask(const struct redis_address *a,
                    const struct redis_place *sentinel, struct redis_place *ret,
                    struct why *why)
{
    struct redis_address there = sentinel_address(a, sentinel);
    struct redis_sync *link = NULL;
    const struct reply *reply;
    enum err e = redis_sync_open(&there, ASK_MS, &link, why);
    char text[REDIS_PLACE_TEXT_MAX];
    struct why inner = {""};

    if (e)
        return e;
    e = redis_ask_words(link, &reply, "SENTINEL", "GET-MASTER-ADDR-BY-NAME",
                        a->primary, NULL);
    if (e)
        (void)why_set(&inner, e, "%s", redis_sync_error(link));
    else
        e = read_answer(a, reply, ret, &inner);
    redis_sync_close(&link);
    redis_place_text(sentinel, text, sizeof text);
    return e ? why_set(why, e, "%s: %.256s", text, inner.text) : ERR_OK;
}

enum err redis_find(const struct redis_address *a, unsigned turn,
                    struct redis_place *ret, struct why *why)
{
    struct why last = {""};

    if (!a->primary[0]) {
        *ret = a->place;
        return ERR_OK;
    }
    for (unsigned i = 0; i < a->sentinel_count; i++) {
        unsigned which = (turn + i) % a->sentinel_count;

        if (!ask(a, &a->sentinels[which], ret, &last))
            return ERR_OK;
    }
    return why_set(why, ERR_REDIS,
                   "no Sentinel told where %s is; the last one: %.256s",
                   a->primary, last.text);
}

bool redis_is_primary(const struct reply *hello)
{
    for (size_t i = 0; i + 1 < reply_count(hello); i += 2)
        if (span_is(reply_span(reply_at(hello, i)), "role"))
            return span_is(reply_span(reply_at(hello, i + 1)), "master");
    return false;
}
