/* The ops port: /healthz, /readyz, /metrics and a page for people over HTTP,
 * from threads of its own that do nothing else. It reads what the pools count,
 * and changes nothing but dead letters, for whoever has the admin token. */
#ifndef EXTQ_SERVICE_OPS_H
#define EXTQ_SERVICE_OPS_H

#include "service/pool.h"

struct ops;

/* Without a port yet. All functions but ops_is_* are the main thread's.
 * ERR_MEMORY, ERR_IO. */
enum err ops_open(struct ops **ret) must_check;

/* Listens where the configuration says, and no longer where it did before;
 * nowhere if that is empty. ERR_CONFIG when it cannot: *why names the key and
 * what to do, and nothing has changed. A port in use is no failure where the
 * address is the default one: another service has it, and the log says so. */
enum err ops_listen(struct ops *o, const struct config *c,
                    struct why *why) must_check;

/* The pool that claims; earlier ones drain. A pool is to be removed before it
 * is closed; what it counted is kept. */
void ops_add_pool(struct ops *o, struct pool *p);
void ops_remove_pool(struct ops *o, struct pool *p);

/* The process is about to end: not ready any more. */
void ops_drain(struct ops *o);

/* A few times a second: ends connections that take too long. */
void ops_tend(struct ops *o);

/* Every loop made progress lately; otherwise *why names the one that did
 * not. */
bool ops_is_healthy(struct ops *o, struct why *why);

/* Redis is reachable, every queue has a lease, nothing drains; otherwise *why
 * says what is missing. */
bool ops_is_ready(struct ops *o, struct why *why);

/* NULL is fine; sets *o to NULL. */
void ops_close(struct ops **o);

#endif
