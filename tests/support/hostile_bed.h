/* One service between tenants that misbehave in every way that is known and
 * tenants that behave, and what became of both. */
#ifndef EXTQ_SUPPORT_HOSTILE_BED_H
#define EXTQ_SUPPORT_HOSTILE_BED_H

#include "support/dns_stub.h"
#include "support/hostile_rows.h"
#include "support/world.h"

enum { HOSTILE_ROWS_MAX = 320 };

/* One behaviour, on its port, as so many tenants' extension. */
struct hostile_guest {
    const struct hostile_row *row;
    struct hostile_port *port;
    unsigned jobs;                  /* pushed */
    unsigned ends, entries, pauses; /* terminal outcomes, all, retries */
    unsigned connections;           /* when it is judged */
    bool shown;                     /* an attempt has come to its class */
};

/* As the outcomes have it. */
struct hostile_figures {
    unsigned jobs, attempts;
    int64_t worst_overrun_ms; /* of the short deadlines */
    const char *worst;        /* whose it was */
};

struct hostile_bed {
    struct world *w;
    struct process *service;
    struct hostile_kit kit;
    struct hostile *peers;
    struct dns_stub *dns;
    struct hostile_guest guests[HOSTILE_ROWS_MAX];
    unsigned guest_count, tenants, round, good;
    size_t counted; /* entries of the journal */
    struct hostile_figures figures;
};

/* All tables, each behaviour with so many tenants, and a service that knows
 * them. $HOSTILE_ONLY: no others than those whose name has that text. Fails
 * the test when it cannot. */
struct hostile_bed *hostile_bed_open(unsigned tenants);

/* Ends the service in order; sets *bed to NULL. */
void hostile_bed_close(struct hostile_bed **bed);

/* One job of each tenant of each behaviour, each followed by so many good
 * ones. */
void hostile_bed_push(struct hostile_bed *bed, unsigned good);

/* Good ones alone. */
void hostile_bed_push_good(struct hostile_bed *bed, unsigned count);

/* Waits until all that was pushed has come to what it must come to. */
void hostile_bed_wait(struct hostile_bed *bed);

/* Names whose server is said not to answer in time, which on a busy machine is
 * no wonder, are asked for again with nothing beside them, and waited for. */
void hostile_bed_insist(struct hostile_bed *bed);

/* Fails the test, with a line for each wrong attempt, unless each came to its
 * class in time and put nothing into the stream that does not belong there;
 * and each good job was called for and delivered exactly once. */
void hostile_bed_judge(struct hostile_bed *bed);

/* "good-7" or "bad-12-0-1": a number of the first kind, or -1. */
long hostile_bed_good(const char *id);

/* VmRSS or VmHWM of the service in KiB; its open files. */
long hostile_bed_memory(const struct hostile_bed *bed, const char *field);
unsigned hostile_bed_files(const struct hostile_bed *bed);

#endif
