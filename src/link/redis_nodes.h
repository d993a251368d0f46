/* Further nodes of a cluster, as those that were asked named them: they are
 * asked as well, for in time none of those in the address may be left. One list
 * for all connections that copies of an address open, whatever their threads.
 */
#ifndef EXTQ_LINK_REDIS_NODES_H
#define EXTQ_LINK_REDIS_NODES_H

#include "link/redis_address.h"

enum { REDIS_NODES_MAX = 16 };

struct redis_nodes;

/* None yet. NULL = out of memory. Whoever opened or shares it drops it. */
struct redis_nodes *redis_nodes_open(void);

/* The same one; NULL is fine. */
struct redis_nodes *redis_nodes_share(struct redis_nodes *n);

/* Sets *n to NULL; NULL is fine. */
void redis_nodes_drop(struct redis_nodes **n);

/* In place of those that were known, unless there are none; REDIS_NODES_MAX at
 * most. NULL is fine. */
void redis_nodes_learn(struct redis_nodes *n, const struct redis_place *places,
                       unsigned count);

/* How often they were learned; 0 of NULL. */
unsigned redis_nodes_version(struct redis_nodes *n);

/* Copies what is known, and returns how many; none of NULL. */
unsigned redis_nodes_known(struct redis_nodes *n,
                           struct redis_place ret[REDIS_NODES_MAX]);

#endif
