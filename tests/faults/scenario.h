/* The scenarios: each is one test of libcheck in a file of its own. */
#ifndef EXTQ_FAULTS_SCENARIO_H
#define EXTQ_FAULTS_SCENARIO_H

#include <check.h>

const TTest *scenario_kill(void);
const TTest *scenario_redis_kill(void);
const TTest *scenario_zombie(void);
const TTest *scenario_drain(void);
const TTest *scenario_crash_points(void);
const TTest *scenario_reply_faults(void);

#endif
