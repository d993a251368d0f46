#include "cli/gates_order.h"

#include "cli/call.h"
#include "cli/command.h"
#include "cli/queues.h"
#include "cli/say.h"
#include "cli/term.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RESULT_MAX = 1000 };

void gates_order_specs(struct gate_order *o,
                       struct option_spec ret[GATE_ORDER_OPTIONS])
{
    const struct option_spec specs[GATE_ORDER_OPTIONS] = {
        {"container", 0, OPTION_NAME, "NAME", "whose jobs; need not exist yet",
         &o->container, 0, NULL},
        {"point", 0, OPTION_NAME, "NAME",
         "of this extensibility point (default: the container as a whole)",
         &o->point, 0, NULL},
        {"queue", 0, OPTION_QUEUE, "NAME",
         "only in this queue (default: all of the configuration)", &o->queue, 0,
         NULL},
    };

    memcpy(ret, specs, sizeof specs);
}

/* Somebody who writes the gate's name. */
static int gate_named(const struct options *options, struct span container,
                      struct span point)
{
    return options_wrong(options->command,
                         "unexpected argument '%.*s:%.*s' (did you mean "
                         "--container %.*s --point %.*s?)",
                         (int)container.len, container.at, (int)point.len,
                         point.at, (int)container.len, container.at,
                         (int)point.len, point.at);
}

static int read_queue(struct gate_order *o, const struct options *options,
                      const char *word)
{
    struct span container, point;

    if (o->container || o->point || o->queue)
        return options_wrong(options->command,
                             "unexpected argument '%s': either a whole queue, "
                             "or --container and what goes with it",
                             word);
    if (gate_name_read(span_of(word), &container, &point) == ERR_OK &&
        point.len > 0)
        return gate_named(options, container, point);
    if (!ident_is_queue(span_of(word)))
        return options_wrong(options->command, "'%s' is no queue's name", word);
    o->queue = word;
    o->whole = true;
    return EXIT_OK;
}

static int nobody_named(const struct gate_order *o,
                        const struct options *options)
{
    if (o->queue && !o->point)
        return options_wrong(options->command,
                             "--container is missing: whose jobs? (all of the "
                             "queue's: extq %s %s)",
                             options->command, o->queue);
    return options_wrong(options->command,
                         "--container is missing: whose jobs? (all of a "
                         "queue's: extq %s QUEUE)",
                         options->command);
}

bool gates_order_read(struct gate_order *o, const struct options *options,
                      int argc, char **argv, int *ret)
{
    int operand;

    if (!options_read(options, argc, argv, &operand, ret))
        return false;
    if (operand + 1 < argc)
        *ret = options_wrong(options->command, "unexpected argument '%s'",
                             argv[operand + 1]);
    else if (operand < argc)
        *ret = read_queue(o, options, argv[operand]);
    else if (!o->container)
        *ret = nobody_named(o, options);
    return *ret == EXIT_OK;
}

static enum err refusal(enum err e, const struct reply *reply)
{
    return !e && reply_kind(reply) == REPLY_ERROR ? ERR_REPLY : e;
}

enum err gates_order_tell(struct gate_here *here, const char *op,
                          const struct gate_shutting *what)
{
    const struct config *config = here->connection->config;
    struct queue_keys keys;
    struct gate_words words;
    struct gate_told told;
    struct gate_news news;
    char by[300];
    const struct gate_call call = {
        .keys = &keys, .outcomes_max = config->outcomes_max, .by = by};
    enum err e;

    call_operator(by, sizeof by);
    keys_of_queue(&keys, config->prefix, here->before.queue);
    gate_words(&words, &call, op, here->before.name, what);
    e = call_function(here->connection,
                      &(struct redis_words){GATE_WORDS, words.at, NULL},
                      &here->reply);
    if (e)
        return e;
    gate_told_read(here->reply, &told);
    if (told.end != GATE_TOLD || told.count != 1)
        return ERR_REPLY;
    gate_told_row(&told, 0, &news);
    here->now_ms = told.now_ms;
    here->changed = told.changed;
    here->after = here->before;
    here->after.kind = GATE_NONE;
    if (news.state.kind != GATE_NONE)
        gate_row_read(&here->after, reply_span(reply_at(here->reply, 4)));
    here->after.parked = news.parked;
    return ERR_OK;
}

void gates_order_result(const struct gate_here *here, const char *fmt, ...)
{
    struct buf clean = buf_make(12 * RESULT_MAX);
    char text[RESULT_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (term_clean(&clean, span_of(text)) == ERR_OK && clean.at)
        printf("queue %s: %s\n", here->before.queue, clean.at);
    buf_clear(&clean);
}

static enum err read_before(struct gate_here *here)
{
    struct connection *c = here->connection;
    struct gate_row *row = &here->before;
    struct queue_keys keys;
    enum err e;

    keys_of_queue(&keys, c->config->prefix, row->queue);
    e = redis_ask_words(c->redis, &here->reply, "HGET", keys.gates, row->name,
                        NULL);
    e = refusal(e, here->reply);
    if (!e && reply_kind(here->reply) != REPLY_NIL)
        gate_row_read(row, reply_span(here->reply));
    return e;
}

static int act_on(const struct gate_order *o, struct connection *c, size_t i,
                  gates_order_act *act)
{
    struct gate_here here = {.connection = c, .with_queue = o->queue != NULL};
    enum err e;

    here.before.queue = queues_name(c, o->queue, i);
    gate_name(here.before.name, o->container ? o->container : "",
              o->point ? o->point : "");
    e = read_before(&here);
    if (!e)
        e = act(o, &here);
    return connect_failed(c, e, here.reply);
}

static int act_on_all(const struct gate_order *o, struct connection *c,
                      gates_order_act *act)
{
    size_t count = queues_count(c, o->queue);
    int code = queues_known(c, o->queue);

    if (code == EXIT_BAD_USAGE && o->whole)
        say(o->command, "for a container's jobs: extq %s --container %s",
            o->command, o->queue);
    for (size_t i = 0; code == EXIT_OK && i < count; i++)
        code = act_on(o, c, i, act);
    return code;
}

int gates_order_run(const struct gate_order *o, gates_order_act *act,
                    int (*last)(const struct gate_order *o,
                                struct connection *c))
{
    struct connection connection;
    int code = connect_open(o->command, &o->common, &connection);

    if (code == EXIT_OK)
        code = act_on_all(o, &connection, act);
    if (code == EXIT_OK && last)
        code = last(o, &connection);
    connect_close(&connection);
    return code;
}
