/* What `extq doctor` looks at, one after the other, and what it found. */
#ifndef EXTQ_CLI_DOCTOR_CHECKS_H
#define EXTQ_CLI_DOCTOR_CHECKS_H

#include "link/keys.h"
#include "link/redis_sync.h"
#include "service/config.h"

enum health { HEALTH_FINE, HEALTH_WARN, HEALTH_WRONG };

struct doctor {
    struct config *config;    /* owned by the command */
    struct redis_sync *redis; /* NULL where it cannot be reached */
    const char *node; /* of a cluster, "host:port": whom findings are about */
    /* Called for each finding: mend is what mends it, "" where nothing has
     * to be. */
    void (*found)(void *arg, enum health health, const char *what,
                  const char *said, const char *mend);
    void *arg;
};

/* Reports a finding. */
void doctor_say(const struct doctor *d, enum health health, const char *what,
                const char *mend, const char *fmt, ...) like_printf(5, 6);

/* How long a reply is waited for. */
int64_t doctor_patience_ms(const struct doctor *d);

/* doctor_redis.c: connects, and looks at the server (of a cluster at each
 * master), its settings, its place among others, its clock, what this user may,
 * and whether services run.
 * ERR_REDIS, with a finding of it, when there is no connection;
 * ERR_CONFIG, in the same way, when it is addressed as what it is not. */
enum err doctor_redis(struct doctor *d) must_check;

/* The reply to a question that was put, or NULL: what it was instead is
 * reported. */
const struct reply *doctor_reply(const struct doctor *d, const char *what,
                                 enum err e, const struct reply *reply);

/* doctor_replicas.c: a primary or a replica, and what a failover would cost; by
 * what INFO replication says. */
void doctor_replicas(const struct doctor *d, struct span info);

/* doctor_rights.c: what extq needs and this user may not, on a queue's keys. */
void doctor_rights(const struct doctor *d, const struct queue_keys *keys);

/* doctor_libraries.c: those of other versions, and how to delete them; of the
 * server that was asked last. */
void doctor_libraries(const struct doctor *d);

/* doctor_host.c: files, limits and certificates on this machine. */
void doctor_host(const struct doctor *d);

/* doctor_names.c: the name servers, and names of the configuration. */
void doctor_names(const struct doctor *d);

/* doctor_selftest.c: one signed event through a queue of its own, a worker as
 * the service has it, and a receiver; nothing of it stays in Redis. */
void doctor_selftest(const struct doctor *d);

/* doctor_discovery.c: asks it, as a service would, for an extension that nobody
 * has. */
void doctor_discovery(const struct doctor *d);

#endif
