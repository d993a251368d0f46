/* Who plays in `extq demo`: the tenants' extensions, how each behaves, and
 * how its events must end. */
#ifndef EXTQ_CLI_DEMO_CAST_H
#define EXTQ_CLI_DEMO_CAST_H

#include "base/span.h"
#include "model/outcome.h"

enum demo_manner {
    DEMO_WORKS,
    DEMO_NOTIFIES, /* works, and says what it received */
    DEMO_SLOW,     /* works after DEMO_SLOW_MS */
    DEMO_FLAKY,    /* fails twice for each event, then works */
    DEMO_BROKEN,   /* always fails */
    DEMO_LIMITED,  /* 429 at its very first call, then works */
    DEMO_ABSENT,   /* not installed */
};

enum { DEMO_ROLES = 7, DEMO_SLOW_MS = 300, DEMO_FLAKY_FAILURES = 2 };

struct demo_role {
    const char *container;
    const char *point;
    const char *name; /* of the extension; NULL when not installed */
    enum demo_manner manner;
    bool by_middleware; /* its secret stands under wt-auth-secret */
};

extern const struct demo_role demo_cast[DEMO_ROLES];

/* The role's index; -1 when nobody plays there. */
int demo_cast_find(struct span container, struct span point);

/* How an event of this manner must end: delivered, dead or skipped. */
enum verdict demo_cast_end(enum demo_manner manner);

#endif
