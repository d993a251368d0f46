#include "cli/queues.h"

#include "cli/command.h"
#include "cli/suggest.h"
#include "link/keys.h"

#include <string.h>

size_t queues_count(const struct connection *c, const char *asked)
{
    return asked ? 1 : c->config->queue_count;
}

const char *queues_name(const struct connection *c, const char *asked, size_t i)
{
    return asked ? asked : c->config->queues[i].name;
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

int queues_known(struct connection *c, const char *asked)
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
        return connect_failed(c, e, reply);
    return unknown_queue(c, asked);
}

int queues_open(const char *command, const struct common_options *common,
                const char *asked, struct connection *ret)
{
    int code = connect_open(command, common, ret);

    return code == EXIT_OK ? queues_known(ret, asked) : code;
}
