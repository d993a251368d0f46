/* Which server an address means just now: its own, the primary that its
 * Sentinels name, by the rules for clients
 * (https://redis.io/docs/latest/develop/reference/sentinel-clients/), or the
 * master of a slot of its cluster.
 *
 * For the files of link/redis alone. */
#ifndef EXTQ_LINK_REDIS_FIND_H
#define EXTQ_LINK_REDIS_FIND_H

#include "link/redis_address.h"
#include "link/redis_nodes.h"
#include "link/redis_slot.h"
#include "link/reply.h"

struct redis_found {
    struct redis_place place;
    struct redis_range range; /* in a cluster: its slots around the address's;
                                 none elsewhere */
};

/* Its guides, and the other nodes that are known, are asked one after the
 * other, beginning with number `turn`. Waits: at most 2 s for each Sentinel and
 * for each node that is asked. For an address without a server's place,
 * ERR_REDIS when none knows. The address is not one of a socket. */
enum err redis_find(const struct redis_address *a, unsigned turn,
                    struct redis_found *ret, struct why *why) must_check;

/* Reads the answer that a node gave to CLUSTER SLOTS. ERR_REDIS. */
enum err redis_find_slot(const struct reply *reply, unsigned slot,
                         const struct redis_place *asked,
                         struct redis_found *ret, struct why *why) must_check;

/* The nodes in that answer, each once, masters first; returns how many. */
unsigned redis_find_nodes(const struct reply *reply,
                          const struct redis_place *asked,
                          struct redis_place ret[REDIS_NODES_MAX]);

#endif
