/* What a service whose allocations fail (wrap_allocations.c) and the rig share:
 * the file $EXTQ_SHORTAGE. */
#ifndef EXTQ_FAULTS_SHORTAGE_H
#define EXTQ_FAULTS_SHORTAGE_H

#include <stdatomic.h>
#include <stdint.h>

struct shortage {
    uint64_t fail_at;        /* from 1; 0 = none fails */
    _Atomic uint64_t count;  /* allocations so far */
    _Atomic uint64_t caller; /* of the one that failed, from the program's
                                start, for addr2line; 0 = none yet */
};

#endif
