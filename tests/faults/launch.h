/* A service of another binary, or in another environment, in a slot of the
 * rig. */
#ifndef EXTQ_FAULTS_LAUNCH_H
#define EXTQ_FAULTS_LAUNCH_H

#include "faults/rig.h"

struct launch {
    const char *binary;     /* NULL = the one under test */
    const char *url;        /* of Redis; NULL = as configured */
    const char *const *env; /* ends with NULL; NULL = nothing */
};

/* Returns its slot. */
unsigned launch(struct rig *r, const struct launch *l);

#endif
