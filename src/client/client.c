#include "client/client.h"

#include "client/pipe_guard.h"
#include "link/redis_nodes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum extq_status client_fail(struct client *c, enum extq_status status,
                             const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(c->why.text, sizeof c->why.text, fmt, args);
    va_end(args);
    return status;
}

enum extq_status client_error(struct client *c, enum err e)
{
    if (!e)
        return EXTQ_OK;
    return client_fail(c, e == ERR_MEMORY ? EXTQ_NO_MEMORY : EXTQ_INVALID, "%s",
                       err_text(e));
}

void client_hang_up(struct client *c)
{
    redis_sync_close(&c->redis);
}

void client_tear_down(struct client *c)
{
    client_hang_up(c);
    redis_nodes_drop(&c->address.nodes);
}

/* Wrong passwords and users stay wrong; the rest may be mended by time. */
static enum extq_status judge_greeting(const struct why *why)
{
    static const char *const denials[] = {"WRONGPASS", "NOAUTH", "NOPERM",
                                          "ERR AUTH"};

    for (size_t i = 0; i < sizeof denials / sizeof *denials; i++) {
        if (strstr(why->text, denials[i]))
            return EXTQ_DENIED;
    }
    return EXTQ_UNAVAILABLE;
}

enum extq_status client_connect(struct client *c, bool idle)
{
    struct pipe_guard guard;
    enum err e;

    if (c->redis && (!idle || redis_sync_is_sound(c->redis)))
        return EXTQ_OK;
    client_hang_up(c);
    pipe_guard_begin(&guard);
    e = redis_sync_open(&c->address, c->timeout_ms, &c->redis, &c->why);
    pipe_guard_end(&guard, e);
    if (e == ERR_MEMORY)
        return EXTQ_NO_MEMORY;
    return e ? judge_greeting(&c->why) : EXTQ_OK;
}

static enum err lost(struct client *c)
{
    (void)client_fail(c, EXTQ_MAYBE, "%s",
                      c->redis ? redis_sync_error(c->redis) : "no connection");
    client_hang_up(c);
    return ERR_REDIS;
}

enum err client_queue(struct client *c, const struct redis_words *words)
{
    if (!c->redis ||
        redis_sync_queue(c->redis, words->count, words->at, words->lens))
        return lost(c);
    return ERR_OK;
}

enum err client_next(struct client *c, const struct reply **ret)
{
    struct pipe_guard guard;
    enum err e;

    if (!c->redis)
        return lost(c);
    pipe_guard_begin(&guard);
    e = redis_sync_next(c->redis, ret);
    pipe_guard_end(&guard, e);
    return e ? lost(c) : ERR_OK;
}

enum err client_ask(struct client *c, const struct redis_words *words,
                    const struct reply **ret)
{
    enum err e = client_queue(c, words);

    return e ? e : client_next(c, ret);
}

enum extq_status client_judge(struct client *c, const struct reply *reply)
{
    struct span text = reply_span(reply);
    char explained[300];

    switch (reply_fault(reply)) {
    case FAULT_NONE:
        return EXTQ_OK;
    case FAULT_MEMORY:
        return client_fail(c, EXTQ_FULL,
                           "Redis is at its memory limit (maxmemory) and takes "
                           "nothing new; services still work the queue off");
    case FAULT_AWAY:
        return client_fail(c, EXTQ_UNAVAILABLE, "%.*s",
                           text.len < 200 ? (int)text.len : 200, text.at);
    case FAULT_DENIED:
        return client_fail(c, EXTQ_DENIED, "%.*s",
                           text.len < 200 ? (int)text.len : 200, text.at);
    default:
        reply_explain(reply, explained, sizeof explained);
        return client_fail(c, EXTQ_REFUSED, "%s", explained);
    }
}
