#include "cli/doctor_checks.h"

#include "link/replication.h"

#include <inttypes.h>

/* Replicas report each second. */
enum { SILENT_WARN_S = 5 };

static void say_replica(const struct doctor *d, const struct replication *r)
{
    doctor_say(d, HEALTH_WRONG, "role",
               "redis.url: the primary's address, or "
               "sentinel://HOST:26379/NAME, which follows it",
               "a replica of %s%s: it takes no writes, and so no job can be "
               "taken from it",
               r->primary, r->linked ? "" : ", to which it has no connection");
}

/* What is there of a primary that dies. */
static void say_copies(const struct doctor *d, const struct replication *r)
{
    if (r->replicas == 0)
        doctor_say(d, HEALTH_FINE, "role", "",
                   "a primary without a replica: while it is away no job is "
                   "taken, and its disk has the only copy");
    else
        doctor_say(d, HEALTH_FINE, "role", "",
                   "a primary with %u replica%s: a failover loses what they "
                   "have not got yet, which extq reconcile then names",
                   r->replicas, r->replicas > 1 ? "s" : "");
    if (r->online < r->replicas)
        doctor_say(d, HEALTH_WARN, "replicas", "redis-cli INFO replication",
                   "%u of %u are not in sync: in the primary's place they "
                   "would miss most of the queue",
                   r->replicas - r->online, r->replicas);
    else if (r->silent_s > SILENT_WARN_S)
        doctor_say(d, HEALTH_WARN, "replicas", "redis-cli INFO replication",
                   "one has not reported for %" PRIu64
                   " s: in the primary's place it would miss what came since",
                   r->silent_s);
    else if (r->replicas > 0)
        doctor_say(d, HEALTH_FINE, "replicas", "",
                   "in sync, the last word of each at most %" PRIu64 " s old",
                   r->silent_s);
}

/* Whether a primary that is cut off from its replicas goes on. */
static void say_guard(const struct doctor *d, const struct replication *r)
{
    if (r->guarded && r->guardians == 0)
        doctor_say(d, HEALTH_WRONG, "failover", "redis-cli INFO replication",
                   "min-replicas-to-write is set and no replica is well: "
                   "every write is refused until one is");
    else if (r->guarded)
        doctor_say(d, HEALTH_FINE, "failover", "",
                   "min-replicas-to-write is set: a primary that is cut off "
                   "refuses jobs instead of losing them");
    else if (r->replicas > 0)
        doctor_say(d, HEALTH_WARN, "failover",
                   "redis-cli CONFIG SET min-replicas-to-write 1",
                   "min-replicas-to-write is 0: a primary that is cut off goes "
                   "on acknowledging jobs that the next one never gets");
}

void doctor_replicas(const struct doctor *d, struct span info)
{
    struct replication r = replication_read(info);

    if (r.known && r.replica) {
        say_replica(d, &r);
    } else if (r.known) {
        say_copies(d, &r);
        say_guard(d, &r);
    }
}
