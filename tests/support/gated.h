/* The functions of gates as tests call them: one line each, replies as
 * text. */
#ifndef EXTQ_SUPPORT_GATED_H
#define EXTQ_SUPPORT_GATED_H

#include "support/functions.h"

/* A time that does not come while a test runs, and one long past; unix ms. */
#define GATED_FAR  "9999999999999"
#define GATED_PAST "5"

/* Parks what the epoch holds as {"n":from} to {"n":to}, in this order. */
void gated_park(struct functions *f, const char *epoch, const char *gate,
                int from, int to);

/* Pushes them before, and claims them. */
void gated_fill(struct functions *f, const char *epoch, const char *gate,
                int from, int to);

/* Up to so many fresh jobs for the worker "w" past two gates: the lines of
 * functions_claim, and then "version\nmore". */
const char *gated_claim(struct functions *f, const char *epoch,
                        const char *count, const char *first,
                        const char *second);

/* Jobs of one gate for the worker "w" in generation 0, a probe for a minute:
 * "now\nversion\n", "field\nheader\njob\ngate\nprobe" for each, and
 * "gate\nstate\nparked". */
const char *gated_unpark(struct functions *f, const char *epoch,
                         const char *gate, const char *count);

/* The same for two gates, in one call. */
const char *gated_unpark_two(struct functions *f, const char *epoch,
                             const char *const gates[2],
                             const char *const counts[2]);

struct gated_shut {
    const char *kind, *wait_ms, *step, *probe_ms;
};

/* "now\nversion\nchanged\ngate\nstate\nparked"; the mark is "m", the reason
 * "because of this". */
const char *gated_shut(struct functions *f, const char *gate,
                       struct gated_shut what);
const char *gated_open(struct functions *f, const char *gate, const char *only);

/* "now\nversion\nwhole" and "gate\nstate\nparked" for each. */
const char *gated_news(struct functions *f, const char *since,
                       const char *limit);

/* What Redis has, and sets it: "" = none. */
const char *gated_state(struct functions *f, const char *gate);
void gated_set(struct functions *f, const char *gate, const char *state);

/* The version of the last change. */
int64_t gated_version(struct functions *f);

int64_t gated_length(struct functions *f, const char *gate);

/* The numbers of the jobs in a reply, in their order: "1 2 3". Static. */
const char *gated_numbers(const char *reply);

/* The i-th line of a reply, from 0. Static. */
const char *gated_line(const char *reply, int i);

#endif
