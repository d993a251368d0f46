/* A gate as Redis keeps it: whether jobs of an extension, or of a whole
 * container, may go to their call, and if not, why and until when.
 *
 * An extension's gate is named "container:point", a container's "container:".
 * Its state is one text, written by src/lua/gates.lua:
 *
 *   <kind> <since_ms> <until_ms> <step> <mark> <why> */
#ifndef EXTQ_MODEL_GATE_STATE_H
#define EXTQ_MODEL_GATE_STATE_H

#include "base/err.h"
#include "base/ident.h"
#include "base/span.h"

enum { GATE_NAME_SIZE = 2 * IDENT_MAX + 2, GATE_WHY_MAX = 200 };

enum gate_kind {
    GATE_NONE,    /* no state: jobs pass */
    GATE_FULL,    /* jobs pass as far as limits allow; a backlog is parked */
    GATE_CIRCUIT, /* shut because calls failed; probes may open it */
    GATE_WAIT,    /* shut because the endpoint or the platform asked for it */
    GATE_GONE,    /* shut because the extension said that it is gone */
    GATE_PAUSED,  /* shut by an operator */
    GATE_KINDS,
};

struct gate_state {
    enum gate_kind kind;
    int64_t since_ms; /* unix ms by the server's clock; so is the next */
    int64_t until_ms; /* one probe may go then; 0 = until somebody says */
    uint32_t step;    /* probes that failed in a row */
    struct span mark; /* "-", or what discovery said when it was stopped */
    struct span why;  /* for people; may be empty */
};

/* The gate of the queue as a whole, which only operators shut: nothing is
 * claimed then. No extension's or container's name is this one. */
extern const char gate_of_queue[];

/* The kind's word in the state and for people; "" for GATE_NONE. */
const char *gate_kind_text(enum gate_kind kind);

/* "container:point", or "container:" with point "". Both are ident_is_name. */
void gate_name(char ret[GATE_NAME_SIZE], const char *container,
               const char *point);

/* Splits a gate's name. ERR_SYNTAX when it is none. */
enum err gate_name_read(struct span name, struct span *ret_container,
                        struct span *ret_point) must_check;

/* Splits the text; the spans point into it. The empty text is GATE_NONE.
 * ERR_SYNTAX on what no function of ours wrote. */
enum err gate_state_read(struct span text, struct gate_state *ret) must_check;

#endif
