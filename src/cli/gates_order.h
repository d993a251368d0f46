/* What pause and resume share: whose gate is meant, in which queues, and how
 * Redis is told. */
#ifndef EXTQ_CLI_GATES_ORDER_H
#define EXTQ_CLI_GATES_ORDER_H

#include "cli/connect.h"
#include "cli/gates_scan.h"
#include "stages/gate.h"

struct gate_order {
    const char *command;
    struct common_options common;
    const char *container, *point, *queue; /* NULL = not given */
    bool whole; /* the queue itself is meant, none of its gates */
    void *arg;  /* the command's own */
};

/* A gate in one queue, with what Redis had of it just before. */
struct gate_here {
    struct connection *connection;
    struct gate_row before;    /* GATE_NONE: no such gate; parked is not read */
    struct gate_row after;     /* of gates_order_tell */
    int64_t now_ms;            /* likewise */
    bool changed;              /* likewise */
    bool with_queue;           /* commands are to name the queue */
    const struct reply *reply; /* of the last refusal */
};

/* Changes the gate in one queue and says on stdout what came of it. Errors as
 * of gates_order_tell. */
typedef enum err gates_order_act(const struct gate_order *o,
                                 struct gate_here *here);

/* Options for --container, --point and --queue, for the front of a table. */
enum { GATE_ORDER_OPTIONS = 3 };
void gates_order_specs(struct gate_order *o,
                       struct option_spec ret[GATE_ORDER_OPTIONS]);

/* Reads the command line; false as options_read. One operand is a queue, which
 * is then meant as a whole; to take more lets it say what was meant. */
bool gates_order_read(struct gate_order *o, const struct options *options,
                      int argc, char **argv, int *ret);

/* Acts on every queue that is meant, then calls `last` (or NULL) once with the
 * connection. Returns an exit_code. */
int gates_order_run(const struct gate_order *o, gates_order_act *act,
                    int (*last)(const struct gate_order *o,
                                struct connection *c));

/* Shuts or opens it (op "shut" or "open"); fills in after, now_ms and changed.
 * ERR_REDIS, ERR_MEMORY, ERR_REPLY with the refusal in here->reply. */
enum err gates_order_tell(struct gate_here *here, const char *op,
                          const struct gate_shutting *what) must_check;

/* "queue default: " in front of what came of it. */
void gates_order_result(const struct gate_here *here, const char *fmt, ...)
    like_printf(2, 3);

#endif
