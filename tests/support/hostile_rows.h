/* The behaviours that tenants' servers, names and answers are tested with, and
 * what an attempt at each of them must come to. */
#ifndef EXTQ_SUPPORT_HOSTILE_ROWS_H
#define EXTQ_SUPPORT_HOSTILE_ROWS_H

#include "support/dns_stub.h"
#include "support/hostile.h"

#include <stdint.h>

/* Points of the configuration: which deadlines and rules hold. */
enum hostile_point {
    POINT_PATIENT, /* long deadlines, so that a busy machine changes nothing */
    POINT_SHORT,   /* 1 s for all of it */
    POINT_LATER,   /* honours any Retry-After: one attempt is looked at */
    POINT_JSON,    /* success needs JSON, or the envelope */
    POINT_LARGE,   /* as SHORT, with a request of HOSTILE_PAYLOAD bytes */
    HOSTILE_POINTS,
};

enum { HOSTILE_SHORT_MS = 1000, HOSTILE_PAYLOAD = 900 << 10 };

struct hostile_row {
    const char *name; /* "the peer ..." */
    struct hostile_script script;
    enum hostile_point point;
    const char *classes; /* every attempt has one of these, or for behaviours
                            that race with us, any of several */
    int status;          /* of each attempt that is "ok" or was answered */
    const char *body;    /* what the outcome quotes begins so; NULL = as is */
    int64_t wait_min_s, wait_max_s; /* of POINT_LATER: until the next call */
    const char *host;               /* NULL = 127.0.0.1 */
    struct dns_stub_rule name_rule; /* of host; name is set by the bed */
};

/* Its host is a name of the bed's own name server. */
bool hostile_row_is_named(const struct hostile_row *row);

struct hostile_table {
    const char *name;
    const struct hostile_row *rows;
    int count;
};

enum { HOSTILE_TABLES = 6 };

extern const struct hostile_table hostile_connect, hostile_tls, hostile_head,
    hostile_body, hostile_names, hostile_times;

/* All of them. */
extern const struct hostile_table *const hostile_tables[HOSTILE_TABLES];

#endif
