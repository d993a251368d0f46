/* What the scenarios about a Redis in trouble share: services, each behind a
 * proxy of its own; load all the time; troubles that begin and end. It judges
 * whether a service asks too often meanwhile, or goes on too late: each counts
 * in the rig, as busy or late. */
#ifndef EXTQ_FAULTS_OUTAGE_H
#define EXTQ_FAULTS_OUTAGE_H

#include "faults/proxy.h"
#include "faults/rig.h"

enum {
    OUTAGE_SERVICES = 2,
    OUTAGE_PER_SECOND = 300,
    /* 20 a second for each thread: two workers and the keeper. */
    OUTAGE_CALM_PER_S = 60,
    OUTAGE_RESUME_MS = 5000,
};

struct outage {
    struct rig *rig;
    const char *kinds; /* of the load's jobs */
    struct proxy *proxies[OUTAGE_SERVICES];
    unsigned slots[OUTAGE_SERVICES];
    size_t held;      /* when it began */
    int64_t worst_ms; /* the longest that it took to go on */
};

/* A rig, two services under lease, and load for so many seconds. */
void outage_open(struct outage *o, const char *name, const char *appendfsync,
                 unsigned load_s);

/* The two halves of it. */
void outage_prepare(struct outage *o, const char *name,
                    const char *appendfsync);
void outage_start(struct outage *o, unsigned load_s);

/* Before a trouble: notes what is in flight, as one fault. */
void outage_begin(struct outage *o);

/* Once it is in force: from here on services should be calm. */
void outage_struck(struct outage *o);

/* Before it ends. */
void outage_judge_calm(struct outage *o);

/* After it ended: what is held now counts as exposed, if that is more; waits
 * until every service has its lease and jobs end. */
void outage_over(struct outage *o);

/* Drains, settles; prints the line and what is in `remark`
 * (NULL = nothing); fails the test unless sound. */
void outage_finish(struct outage *o, const char *remark);

/* The same up to the sums: *ret gets the numbers of the closed rig. */
void outage_settle(struct outage *o, struct rig *ret);

/* Waits for the end of the load. */
void outage_sit_out(struct rig *r);

/* Lines that services wrote, as the rig kept them in its folder. */
size_t outage_log_lines(const struct rig *r);

/* Waits until jobs end and the rig's services are all under lease, or nothing
 * is left to do; otherwise it counts as late. Returns the time it took. */
int64_t outage_resume(struct rig *r);

#endif
