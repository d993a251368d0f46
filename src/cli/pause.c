/* extq pause: a queue, or jobs of a container or of an extension, wait. */
#include "cli/command.h"
#include "cli/gates_order.h"
#include "cli/moment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char command[] = "pause";

/* Ten years. */
static const int64_t for_max_ms = INT64_C(315576000000);

struct request {
    struct gate_order order;
    const char *why;
    int64_t for_ms; /* 0 = until resumed */
};

static const char examples[] =
    "  extq pause --container acme --point on-new-lead\n"
    "  extq pause --container acme --for 2h --why \"they migrate until noon\"\n"
    "  extq pause default               all of a queue: nothing is claimed\n"
    "  extq resume --container acme     ends it\n";

static bool read_request(struct request *q, int argc, char **argv, int *ret)
{
    struct option_spec specs[GATE_ORDER_OPTIONS + 3] = {
        [GATE_ORDER_OPTIONS] = {"why", 0, OPTION_TEXT, "TEXT",
                                "the reason, for people", &q->why, 0, NULL},
        {"for", 0, OPTION_LENGTH, "TIME",
         "so long (10m); then one job tries, or the queue goes on (default: "
         "until resumed)",
         &q->for_ms, for_max_ms, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,
        "[QUEUE]",
        "Lets a queue, or jobs of a container or of one extension, wait; what "
        "is being\ncalled goes on. They keep their order and spend no attempts",
        examples,
        specs,
        0,
        2,
        &q->order.common,
    };

    gates_order_specs(&q->order, specs);
    return gates_order_read(&q->order, &options, argc, argv, ret);
}

/* Of a queue as a whole, where jobs wait is where they were. */
static void say_queue(const struct gate_here *here)
{
    const struct gate_row *row = &here->after;
    bool was = here->before.kind == GATE_PAUSED;
    char moment[MOMENT_MAX];

    moment_text(here->changed ? row->until_ms : row->since_ms, moment);
    if (!here->changed)
        gates_order_result(here, "was paused already, since %s: %s", moment,
                           row->why);
    else
        gates_order_result(here, "%s%s, nothing of it is claimed: %s",
                           was ? "was paused, and is now until "
                               : "paused until ",
                           row->until_ms > 0 ? moment : "resumed", row->why);
}

static void say_paused(const struct gate_here *here)
{
    const struct gate_row *row = &here->after;
    bool anew = here->before.kind == GATE_PAUSED;
    char moment[MOMENT_MAX];

    if (row->until_ms > 0) {
        moment_text(row->until_ms, moment);
        gates_order_result(here, "%s until %s, %" PRIu64 " jobs parked: %s",
                           anew ? "was paused, and is now" : "paused", moment,
                           row->parked, row->why);
    } else {
        gates_order_result(
            here, "%s until resumed, %" PRIu64 " jobs parked: %s",
            anew ? "was paused, and is now" : "paused", row->parked, row->why);
    }
}

static void say_unchanged(const struct gate_here *here)
{
    const struct gate_row *row = &here->after;
    char moment[MOMENT_MAX];

    moment_text(row->since_ms, moment);
    gates_order_result(
        here, "was paused already, since %s, %" PRIu64 " jobs parked: %s",
        moment, row->parked, row->why);
}

/* A pause that is there keeps its reason unless another one is given. */
static enum err act(const struct gate_order *o, struct gate_here *here)
{
    const struct request *q = o->arg;
    const char *why = q->why ? q->why : "by an operator";
    bool paused = here->before.kind == GATE_PAUSED;
    const struct gate_shutting what = {
        .kind = GATE_PAUSED,
        .wait_ms = q->for_ms > 0 ? q->for_ms : -1,
        .why = paused && !q->why ? here->before.why : why,
    };
    enum err e = gates_order_tell(here, "shut", &what);

    if (e)
        return e;
    if (o->whole)
        say_queue(here);
    else if (here->changed)
        say_paused(here);
    else
        say_unchanged(here);
    return ERR_OK;
}

int command_pause(int argc, char **argv)
{
    struct request request = {.order = {.command = command}};
    int code;

    request.order.arg = &request;
    if (!read_request(&request, argc, argv, &code))
        return code;
    return gates_order_run(&request.order, act, NULL);
}
