/* Independent cases of one scenario, some at a time, each a process and a rig
 * of its own. */
#ifndef EXTQ_FAULTS_CASES_H
#define EXTQ_FAULTS_CASES_H

#include "faults/rig.h"

/* Runs case i and returns its closed rig's numbers in *ret; writes ret->note
 * first, so that it is known which case failed, and asks case_is_wanted. */
typedef void case_run(const void *arg, size_t i, struct rig *ret);

/* False when only other cases are to run (--case); then *ret is in order. */
bool case_is_wanted(struct rig *ret);

/* Runs all, and adds them up in *sum; says which were not sound. A case that
 * did not come to its end counts as crashed. */
void cases_run(struct rig *sum, case_run *run, const void *arg, size_t count);

#endif
