/* Which server an address means just now: its own, or the primary that its
 * Sentinels name, by the rules for clients
 * (https://redis.io/docs/latest/develop/reference/sentinel-clients/).
 *
 * For the files of link/redis alone. */
#ifndef EXTQ_LINK_REDIS_FIND_H
#define EXTQ_LINK_REDIS_FIND_H

#include "link/redis_address.h"
#include "link/reply.h"

/* Sentinels are asked one after the other, beginning with number `turn`. Waits:
 * at most 2 s for each. For an address without a server's place, ERR_REDIS when
 * none knows. The address is not one of a socket. */
enum err redis_find(const struct redis_address *a, unsigned turn,
                    struct redis_place *ret, struct why *why) must_check;

/* Whether a reply to HELLO comes from a primary. */
bool redis_is_primary(const struct reply *hello);

#endif
