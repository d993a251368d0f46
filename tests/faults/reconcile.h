/* What Redis lost, by `extq reconcile`, beside what the ledgers say. */
#ifndef EXTQ_FAULTS_RECONCILE_H
#define EXTQ_FAULTS_RECONCILE_H

#include "faults/rig.h"

/* Of a rig without load, whose jobs have all ended: has the command name the
 * acknowledged jobs that are gone, and enqueue them again. Fails the test
 * unless it names exactly those that the ledgers miss; returns how many. */
size_t reconcile_lost(struct rig *r);

#endif
