/* extq resume: what waits goes again, whatever made it wait. */
#include "cli/command.h"
#include "cli/gates_order.h"
#include "cli/gates_words.h"
#include "cli/queues.h"
#include "cli/say.h"
#include "cli/suggest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char command[] = "resume";

enum { HINTS_MAX = 5 };

struct request {
    struct gate_order order;
    bool resumed; /* something was */
};

static const char examples[] =
    "  extq resume --container acme --point on-new-lead\n"
    "  extq resume --container acme     its own pause or quarantine, not those "
    "of\n"
    "                                   its extensions\n"
    "  extq resume default              a queue that was paused as a whole\n"
    "  extq parked                      what there is to resume\n";

static bool read_request(struct request *q, int argc, char **argv, int *ret)
{
    struct option_spec specs[GATE_ORDER_OPTIONS + 1] = {
        [GATE_ORDER_OPTIONS] = {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0,
                                NULL},
    };
    const struct options options = {
        command,
        "[QUEUE]",
        "Ends a pause, an open circuit, a wait that was asked for, a "
        "quarantine or\na stop: jobs go again, as far as limits allow",
        examples,
        specs,
        0,
        2,
        &q->order.common,
    };

    gates_order_specs(&q->order, specs);
    return gates_order_read(&q->order, &options, argc, argv, ret);
}

static enum err act(const struct gate_order *o, struct gate_here *here)
{
    struct request *q = o->arg;
    enum err e = gates_order_tell(
        here, "open", &(struct gate_shutting){.why = "by an operator"});

    if (e)
        return e;
    q->resumed = q->resumed || here->changed;
    if (o->whole)
        gates_order_result(here, here->changed
                                     ? "resumed, jobs are claimed again"
                                     : "nothing to resume: it is not paused");
    else if (here->changed)
        gates_order_result(here,
                           "resumed (was: %s), %" PRIu64 " parked jobs go",
                           gate_meaning(&here->before), here->after.parked);
    else if (here->after.parked > 0)
        gates_order_result(here,
                           "nothing to resume: %" PRIu64
                           " jobs wait for others' calls to end",
                           here->after.parked);
    else
        gates_order_result(here, "nothing to resume");
    return ERR_OK;
}

/* What else keeps the jobs that were meant, or some of them. */
static bool is_in_the_way(const struct gate_order *o,
                          const struct gate_row *row)
{
    struct span container, point;

    return row->kind != GATE_FULL && gate_row_split(row, &container, &point) &&
           span_is(container, o->container) &&
           (o->point ? point.len == 0 : point.len > 0);
}

static void say_rest(const struct gate_order *o, const struct gate_rows *rows)
{
    char line[GATE_COMMAND_MAX];
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        const struct gate_row *row = &rows->at[i];

        if (!is_in_the_way(o, row) || ++count > HINTS_MAX ||
            !gate_resume_command(row, o->queue != NULL, line))
            continue;
        say(command, "queue %s: %s is still shut (%s): %s", row->queue,
            row->name, gate_meaning(row), line);
    }
    if (count > HINTS_MAX)
        say(command, "and %zu more: extq parked --container %s",
            count - HINTS_MAX, o->container);
}

static void say_nearest(const struct gate_order *o,
                        const struct gate_rows *rows)
{
    char name[GATE_NAME_SIZE], best[GATE_NAME_SIZE];
    const char *nearest = NULL;
    struct span container, point;
    size_t distance = 0;

    for (size_t i = 0; i < rows->count; i++) {
        if (!gate_row_split(&rows->at[i], &container, &point) ||
            !span_copy(container, name, sizeof name))
            continue;
        if (strcmp(name, o->container) == 0)
            return;
        suggest(o->container, name, &nearest, &distance);
        if (nearest == name)
            nearest = memcpy(best, name, sizeof best);
    }
    if (nearest)
        say(command, "nothing of %s is shut; did you mean %s?", o->container,
            nearest);
}

static int last(const struct gate_order *o, struct connection *c)
{
    const struct request *q = o->arg;
    const struct gates_wanted all = {NULL, NULL};
    struct gate_rows rows = {NULL, 0, 0};
    const struct reply *reply = NULL;
    size_t count = queues_count(c, o->queue);
    enum err e = ERR_OK;

    if (o->whole)
        return EXIT_OK;
    for (size_t i = 0; !e && i < count; i++)
        e = gates_scan(c, queues_name(c, o->queue, i), &all, &rows, &reply);
    if (!e)
        say_rest(o, &rows);
    if (!e && !q->resumed)
        say_nearest(o, &rows);
    gate_rows_clear(&rows);
    return connect_failed(c, e, reply);
}

int command_resume(int argc, char **argv)
{
    struct request request = {.order = {.command = command}};
    int code;

    request.order.arg = &request;
    if (!read_request(&request, argc, argv, &code))
        return code;
    return gates_order_run(&request.order, act, last);
}
