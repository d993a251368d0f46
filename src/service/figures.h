/* What one worker has done, in numbers: written by its thread, read by the ops
 * port. Nothing here locks or allocates while jobs run.
 *
 * Points are those of the configuration and "other" for the rest, so that no
 * job can make more of them. */
#ifndef EXTQ_SERVICE_FIGURES_H
#define EXTQ_SERVICE_FIGURES_H

#include "model/meter.h"
#include "model/outcome.h"
#include "service/config.h"
#include "stages/record.h"
#include "stages/resolve.h"

enum { SOURCES = SOURCE_DISCOVERY + 1, FINDINGS = FINDING_FAILED + 1 };

extern const char figures_other[]; /* "other" */

struct point_figures {
    struct meter outcomes[VERDICTS][CLASSES]; /* written to Redis */
    struct meter_times calls; /* from the request to the answer's end */
    struct meter_times waits; /* from the claim to the call */
};

struct figures {
    struct meter resolves[SOURCES][FINDINGS]; /* jobs, by where from */
    struct meter asks;                        /* questions to discovery */
    struct meter reused, opened, handshakes;  /* of connections */
    struct meter http2;                       /* requests by it */
    struct meter redis_ups;
    size_t point_count;            /* with "other", if that is not one */
    struct point_figures points[]; /* in the order of the configuration */
};

/* Freed by figures_close. ERR_MEMORY. */
enum err figures_open(const struct config *c, struct figures **ret) must_check;

/* Sets *f to NULL; NULL is fine. */
void figures_close(struct figures **f);

/* The name of a point by its number; borrowed. */
const char *figures_point(const struct config *c, size_t n);

/* An outcome on its way to Redis: kept with the job until it is there. */
struct figure {
    bool given;
    enum verdict verdict;
    enum class class;
    size_t point;
};

/* The entry goes to Redis: counts its call, and says what to count when it is
 * there. */
struct figure figures_begin(struct figures *f, const struct config *c,
                            const struct record_entry *e);

/* It is there. */
void figures_end(struct figures *f, const struct figure *figure);

void figures_resolved(struct figures *f, const struct resolved *resolved);

#endif
