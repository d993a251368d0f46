/* What the function library (src/lua) is to do, in plain C and without a Redis:
 * the keys of one queue, and each function's effect on them. Written from the
 * contracts in the comments there, not from the code. */
#ifndef EXTQ_PROPERTY_MODEL_H
#define EXTQ_PROPERTY_MODEL_H

#include "property/table.h"

enum {
    EPOCH_TEXT = 48,
    PLACES = 3, /* gates where jobs park */
    QUEUE_GATE = PLACES,
    GATES,
    EPOCHS = 8,
    DEAD_MAX = 4,
    ALONE_FROM = 3,
    LEASE_MS = 30000,
    HOLD_MS = 5000,
};

struct held {
    char epoch[EPOCH_TEXT];
    struct rows jobs; /* field -> job, or record if it was claimed before */
};

struct model {
    int64_t now_us; /* the server's clock; the player sets it */
    struct rows jobs, later, suspects, dead, outcomes;
    struct rows leases, services, meta, gates, changes;
    struct rows parked[GATES];
    struct held held[EPOCHS];
    char alone[EPOCH_TEXT];
};

/* The names of the gates, by their number. */
const char *model_gate(unsigned gate);

void model_free(struct model *m);
void model_copy(struct model *to, const struct model *from);

/* What an epoch holds, made if need be. */
struct rows *model_held(struct model *m, const char *epoch);

/* Who acts: an epoch's worker, with the generation that it knows. */
struct actor {
    const char *epoch, *tag, *generation;
};

/* The record of a job that is held. */
void model_held_record(char dst[ROW_TEXT], const struct row *held);

void model_join(struct model *m, char ret[EPOCH_TEXT]);
void model_tick(struct model *m, const char *epoch, bool sweep, bool alone);

/* So many jobs, of them due ones, past the gates that are named; behind a bell
 * only where there are fresh ones. */
struct claiming {
    unsigned count, due_count;
    bool behind_bell;
    unsigned gates[GATES];
    size_t gate_count;
};

void model_claim(struct model *m, const struct actor *a,
                 const struct claiming *c);
void model_isolate(struct model *m, const struct actor *a);
void model_release(struct model *m, const char *epoch, bool mine);
void model_recover(struct model *m, const struct actor *a,
                   const char *const *known, size_t count);

/* One job of a finish, as it is sent: kind, and what follows from it. */
struct ending {
    char field[ROW_KEY];
    const char *kind;    /* "done", "done:+", "later:", "park", ... */
    int64_t delay_ms;    /* of later */
    unsigned gate;       /* of park */
    char header[160];    /* of all but done */
    const char *verdict; /* of an outcome without '+' */
};

void model_finish(struct model *m, const char *epoch,
                  const struct ending *endings, size_t count);

struct unparking {
    unsigned gate, count;
};

void model_unpark(struct model *m, const struct actor *a,
                  const struct unparking *what, size_t count);

struct gate_order {
    unsigned gate;
    bool opens;
    const char *kind; /* of an open: "" = any */
    int64_t wait_ms;  /* -1 = until somebody says */
    unsigned step;
    int64_t probe_ms; /* of a shut: 0 = of no probe; of an open: 0 = whenever */
};

void model_order(struct model *m, const struct gate_order *o);

/* The whole state as text, in the order of the keys. For free(). */
char *model_text(const struct model *m);

#endif
