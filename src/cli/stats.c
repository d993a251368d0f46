/* extq stats: queues, services and totals, at one look. */
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/queues.h"
#include "cli/stats_read.h"
#include "cli/stats_write.h"
#include "cli/term.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char command[] = "stats";

enum { PAGE_MAX = 16 << 20 };

struct request {
    struct common_options common;
    const char *queue;
    bool json;
};

static const char examples[] =
    "  extq stats\n"
    "  extq stats --json | jq '.queues[] | {queue, waiting, dead}'\n"
    "  redis-cli -s \"$(extq stats --json | jq -r .socket)\"\n";

static bool read_request(struct request *q, int argc, char **argv, int *ret)
{
    const struct option_spec specs[] = {
        {"queue", 0, OPTION_QUEUE, "NAME", "only this queue", &q->queue, 0,
         NULL},
        {"json", 0, OPTION_FLAG, NULL, "as one JSON object", &q->json, 0, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,  "",         "Shows queues, services and totals",
        examples, specs,      0,
        0,        &q->common,
    };
    int operand;

    return options_read(&options, argc, argv, &operand, ret);
}

/* Every queue of the configuration, or the one asked for. */
struct figures {
    struct stats_redis redis;
    struct redis_facts facts;
    char address[2 * REDIS_PATH_MAX];
    struct stats_queue queues[QUEUES_MAX];
    size_t count;
};

static enum err read_redis(struct connection *c, struct figures *f,
                           const struct reply **ret_reply)
{
    enum err e =
        redis_ask(c->redis, 5, (const char **)(uintptr_t)redis_facts_ask, NULL,
                  ret_reply);

    if (e)
        return e;
    f->facts = redis_facts_read(reply_span(*ret_reply));
    redis_address_text(&c->config->redis, f->address, sizeof f->address);
    f->redis = (struct stats_redis){
        .address = f->address,
        .socket = c->config->redis.socket,
        .version = f->facts.version[0] ? f->facts.version : "unknown",
        .facts = &f->facts,
        .embedded = c->config->embedded,
    };
    return ERR_OK;
}

static enum err read_figures(struct connection *c, const char *only,
                             struct figures *f, const struct reply **ret_reply)
{
    const struct stats_order order = stats_order(c->config);
    int64_t now_ms = 0;
    enum err e = read_redis(c, f, ret_reply);

    if (!e)
        e = connect_now(c, &now_ms, ret_reply);
    f->count = only ? 1 : c->config->queue_count;
    for (size_t i = 0; !e && i < f->count; i++) {
        size_t n = only ? 0 : order.at[i];
        const char *name = only ? only : c->config->queues[n].name;

        e = stats_queue_read(c, name, now_ms, &f->queues[n], ret_reply);
    }
    return e;
}

static enum err write_figures(const struct figures *f, bool json,
                              struct buf *out)
{
    bool colour = term_colour(STDOUT_FILENO);
    enum err e;

    if (json)
        return stats_json(&f->redis, f->queues, f->count, out);
    e = stats_redis_page(&f->redis, colour, out);
    for (size_t i = 0; !e && i < f->count; i++)
        e = stats_queue_page(&f->queues[i], colour, out);
    return e;
}

static int work(struct connection *c, const struct request *q)
{
    struct figures figures = {.count = 0};
    struct buf out = buf_make(PAGE_MAX);
    const struct reply *reply = NULL;
    int code;
    enum err e = read_figures(c, q->queue, &figures, &reply);

    if (!e)
        e = write_figures(&figures, q->json, &out);
    code = connect_failed(c, e, reply);
    if (!e)
        (void)fwrite(out.at, 1, out.len, stdout);
    for (size_t i = 0; i < figures.count; i++)
        stats_queue_clear(&figures.queues[i]);
    buf_clear(&out);
    return code;
}

int command_stats(int argc, char **argv)
{
    struct request request = {0};
    struct connection connection;
    int code;

    if (!read_request(&request, argc, argv, &code))
        return code;
    code = queues_open(command, &request.common, request.queue, &connection);
    if (code == EXIT_OK)
        code = work(&connection, &request);
    connect_close(&connection);
    return code;
}
