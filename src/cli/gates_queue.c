#include "cli/gates_queue.h"

#include "cli/command.h"
#include "cli/say.h"
#include "cli/suggest.h"
#include "link/keys.h"

#include <string.h>

size_t gates_queue_count(const struct connection *c, const char *asked)
{
    return asked ? 1 : c->config->queue_count;
}

const char *gates_queue_name(const struct connection *c, const char *asked,
                             size_t i)
{
    return asked ? asked : c->config->queues[i].name;
}

enum err gates_queue_pause(struct connection *c, const char *queue,
                           struct gate_row *ret, const struct reply **ret_reply)
{
    struct queue_keys keys;
    enum err e;

    *ret = (struct gate_row){.queue = queue};
    (void)span_copy(span_of(gate_of_queue), ret->name, sizeof ret->name);
    keys_of_queue(&keys, c->config->prefix, queue);
    e = redis_ask_words(c->redis, ret_reply, "HGET", keys.gates, gate_of_queue,
                        NULL);
    if (e || reply_kind(*ret_reply) == REPLY_ERROR)
        return e ? e : ERR_REPLY;
    if (reply_kind(*ret_reply) != REPLY_NIL)
        gate_row_read(ret, reply_span(*ret_reply));
    return ERR_OK;
}

int gates_failed(const struct connection *c, enum err e,
                 const struct reply *reply)
{
    if (!e)
        return EXIT_OK;
    if (e == ERR_REDIS)
        return connect_broken(c);
    if (e == ERR_REPLY && reply_kind(reply) == REPLY_ERROR)
        return connect_refused(c->command, reply);
    say(c->command, "%s", err_text(e));
    return EXIT_FAILED;
}

static int unknown_queue(const struct connection *c, const char *asked)
{
    const struct config *config = c->config;
    const char *nearest = NULL;
    size_t distance = 0;

    for (size_t i = 0; i < config->queue_count; i++)
        suggest(asked, config->queues[i].name, &nearest, &distance);
    if (nearest)
        return options_wrong(c->command, "no queue '%s' (did you mean %s?)",
                             asked, nearest);
    return options_wrong(
        c->command, "no queue '%s' in the configuration or in Redis", asked);
}

/* Services that ran, and producers that pushed, left something. */
static enum err in_redis(struct connection *c, const char *queue, bool *ret,
                         const struct reply **ret_reply)
{
    struct queue_keys keys;
    const struct {
        const char *verb, *key;
    } lengths[] = {
        {"HLEN", keys.meta}, {"HLEN", keys.gates}, {"LLEN", keys.jobs}};

    *ret = false;
    keys_of_queue(&keys, c->config->prefix, queue);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths && !*ret; i++) {
        enum err e = redis_ask_words(c->redis, ret_reply, lengths[i].verb,
                                     lengths[i].key, NULL);

        if (e || reply_kind(*ret_reply) == REPLY_ERROR)
            return e ? e : ERR_REPLY;
        *ret = reply_number(*ret_reply) > 0;
    }
    return ERR_OK;
}

int gates_queue_known(struct connection *c, const char *asked)
{
    const struct reply *reply = NULL;
    bool known = false;
    enum err e;

    for (size_t i = 0; asked && i < c->config->queue_count; i++)
        known = known || strcmp(c->config->queues[i].name, asked) == 0;
    if (!asked || known)
        return EXIT_OK;
    e = in_redis(c, asked, &known, &reply);
    if (e || known)
        return gates_failed(c, e, reply);
    return unknown_queue(c, asked);
}
