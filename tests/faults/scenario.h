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
const TTest *scenario_power_cut(void);
const TTest *scenario_redis_full(void);
const TTest *scenario_redis_readonly(void);
const TTest *scenario_redis_loading(void);
const TTest *scenario_redis_functions(void);
const TTest *scenario_redis_disk(void);
const TTest *scenario_failover(void);
const TTest *scenario_network(void);
const TTest *scenario_packets(void);
const TTest *scenario_killers(void);
const TTest *scenario_clocks(void);
const TTest *scenario_versions(void);
const TTest *scenario_failpoints(void);
const TTest *scenario_durability(void);
const TTest *scenario_allocations(void);
const TTest *scenario_many(void);
const TTest *scenario_sentinel(void);
const TTest *scenario_sentinel_wait(void);

#endif
