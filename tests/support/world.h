/* What a service test plays in: a real Redis, a real HTTP peer, a folder with
 * the configuration, and the services (the forked binary) that run on it. */
#ifndef EXTQ_SUPPORT_WORLD_H
#define EXTQ_SUPPORT_WORLD_H

#include "base/span.h"
#include "support/journal.h"
#include "support/peer.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/temp.h"

enum { WORLD_SERVICES = 4, WORLD_LIMIT_MS = 20000 };

struct world {
    struct redis_server *redis;   /* NULL when it is not the world's own */
    char url[512];                /* redis.url, unless a test configures it */
    struct redis_address address; /* of the one that is used */
    struct peer *peer;
    struct journal *journal; /* of the queue "default" */
    struct temp_path dir;    /* with secrets/acme, which holds "s3cr3t" */
    struct temp_path config;
    struct process *services[WORLD_SERVICES]; /* in order of their start */
    bool killed; /* a service was: its lease and what it held may be left */
};

/* Everything but services. durable: what Redis has acknowledged survives its
 * SIGKILL. The peer answers 200 at /lead; acme's on-new-lead is there. */
struct world *world_open(void);
struct world *world_open_durable(void);

/* The same without a Redis: services start their own in the folder `state`
 * of dir. */
struct world *world_open_embedded(void);

/* The same with a Redis that the test has started: its redis.url. */
struct world *world_open_at(const char *url);

/* Ends what runs in order (exit status 0, which sanitizers spoil as well), and
 * expects that no lease and no held job is left; not the latter after
 * world_kill, nor where Redis went with the service. Sets *w to NULL. */
void world_close(struct world **w);

/* Writes the configuration: this text, and what tests want for each top-level
 * key that it does not have. */
void world_configure(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Starts one more service, and waits until it has said something: signals
 * that came earlier would end it. */
struct process *world_start(struct world *w);

/* Waits until so many services have a lease on the queue. */
void world_wait_leases(struct world *w, unsigned count);

/* SIGKILL, and it is gone; or SIGTERM, exit status 0. s is of world_start. */
void world_kill(struct world *w, struct process *s);
void world_stop(struct world *w, struct process *s);

/* LPUSHes one job. */
void world_push(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void world_push_bytes(struct world *w, const char *queue, struct span job);

/* {"id":"<name>-<n>",...} for acme's on-new-lead, n from `from` on, in few
 * round trips. */
void world_push_many(struct world *w, const char *name, unsigned from,
                     unsigned count);

/* Waits until the peer has had each of those exactly once: webhook-id. With
 * again, those that came more often count as well. */
void world_expect_calls(struct world *w, const char *name, unsigned count,
                        bool again);

/* Waits until each of those has exactly one terminal outcome, delivered. */
void world_expect_delivered(struct world *w, const char *name, unsigned count);

/* The keys of Redis in order, one per line, held hashes without their epoch
 * ("...:held:*"). Lives until the next call. */
const char *world_keys(struct world *w);

#endif
