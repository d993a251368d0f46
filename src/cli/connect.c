#include "cli/connect.h"

#include "cli/command.h"
#include "cli/say.h"

#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_LEAST_MS = 1000 };

static int config_failed(const char *command, enum err e, const struct why *why)
{
    say(command, "%s", why->text[0] ? why->text : err_text(e));
    return e == ERR_MEMORY ? EXIT_FAILED : EXIT_BAD_CONFIG;
}

enum err connect_read(const struct common_options *common, struct config **ret,
                      struct why *why)
{
    static const char variable[] = "EXTQ_REDIS_URL",
                      behind[] = "EXTQ_REDIS_URL: ";
    struct why inner;
    enum err e;

    /* The environment is what overrides the file: one rule for both. */
    if (common->redis_url && setenv(variable, common->redis_url, 1))
        return ERR_MEMORY;
    e = config_read(config_find(common->config_file), ret, why);
    if (!e || !common->redis_url ||
        strncmp(why->text, behind, sizeof behind - 1) != 0)
        return e;
    inner = *why;
    return why_set(why, e, "--redis: %s", inner.text + sizeof behind - 1);
}

int connect_config(const char *command, const struct common_options *common,
                   struct config **ret)
{
    struct why why = {""};
    enum err e = connect_read(common, ret, &why);

    return e ? config_failed(command, e, &why) : EXIT_OK;
}

enum err connect_again(struct connection *c, struct why *why)
{
    int64_t timeout_ms = c->config->redis_reply_ms;

    redis_sync_close(&c->redis);
    if (timeout_ms < TIMEOUT_LEAST_MS)
        timeout_ms = TIMEOUT_LEAST_MS;
    return redis_sync_open(&c->config->redis, timeout_ms, &c->redis, why);
}

static int unreachable(const struct connection *c, const struct why *why)
{
    const char *path = c->config->path;

    say(c->command, "Redis is unreachable: %s", why->text);
    if (c->config->embedded)
        say(c->command,
            "the embedded Redis in %s runs while the service does: start it "
            "with 'extq run%s%s', or name another Redis with --redis URL",
            c->config->embedded_dir, path[0] ? " -c " : "", path);
    return EXIT_NO_REDIS;
}

int connect_refused(const char *command, const struct reply *reply)
{
    struct span text = reply_span(reply);

    switch (reply_fault(reply)) {
    case FAULT_AWAY:
        say(command, "Redis cannot serve just now: %.*s", (int)text.len,
            text.at);
        return EXIT_NO_REDIS;
    case FAULT_DENIED:
        say(command,
            "Redis denies access: %.*s (redis.url names the user, "
            "redis.password_file the file with the password)",
            (int)text.len, text.at);
        return EXIT_BAD_CONFIG;
    default:
        say(command, "Redis answered: %.*s", (int)text.len, text.at);
        return EXIT_FAILED;
    }
}

enum err connect_now(struct connection *c, int64_t *ret_ms,
                     const struct reply **ret_reply)
{
    enum err e = redis_ask_words(c->redis, ret_reply, "TIME", NULL);

    if (!e && reply_kind(*ret_reply) == REPLY_ERROR)
        return ERR_REPLY;
    if (!e)
        *ret_ms = reply_number(reply_at(*ret_reply, 0)) * 1000 +
                  reply_number(reply_at(*ret_reply, 1)) / 1000;
    return e;
}

int connect_broken(const struct connection *c)
{
    char place[2 * REDIS_PATH_MAX];

    redis_address_text(&c->config->redis, place, sizeof place);
    say(c->command, "the connection to Redis (%s) broke: %s", place,
        redis_sync_error(c->redis));
    return EXIT_NO_REDIS;
}

int connect_failed(const struct connection *c, enum err e,
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

/* On a node of a cluster most keys would be refused. */
static int refuse_node(const struct connection *c)
{
    const struct reply *hello;

    if (c->config->redis.cluster)
        return EXIT_OK;
    if (redis_ask_words(c->redis, &hello, "HELLO", NULL))
        return connect_broken(c);
    if (!reply_is_node(hello))
        return EXIT_OK;
    say(c->command, "this Redis is a node of a cluster: write "
                    "cluster://HOST:PORT,... for redis.url or --redis");
    return EXIT_BAD_CONFIG;
}

int connect_open(const char *command, const struct common_options *common,
                 struct connection *ret)
{
    const struct reply *reply;
    struct why why = {""};
    enum err e;
    int code;

    *ret = (struct connection){.command = command};
    code = connect_config(command, common, &ret->config);
    if (code != EXIT_OK)
        return code;
    e = config_read_password(ret->config, &why);
    if (e)
        return config_failed(command, e, &why);
    if (connect_again(ret, &why))
        return unreachable(ret, &why);
    if (redis_ask_words(ret->redis, &reply, "PING", NULL))
        return connect_broken(ret);
    if (reply_kind(reply) == REPLY_ERROR)
        return connect_refused(command, reply);
    return refuse_node(ret);
}

void connect_close(struct connection *c)
{
    redis_sync_close(&c->redis);
    config_close(&c->config);
}

const char *connect_queue(const struct config *config, const char *asked)
{
    if (asked)
        return asked;
    return config->queue_count > 0 ? config->queues[0].name : "default";
}
