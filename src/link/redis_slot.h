/* Hash slots: where in a Redis Cluster a key lives
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/).
 */
#ifndef EXTQ_LINK_REDIS_SLOT_H
#define EXTQ_LINK_REDIS_SLOT_H

#include "base/span.h"

enum { REDIS_SLOTS = 16384 };

/* Slots that one server has in a row; last < first = none. */
struct redis_range {
    unsigned first, last;
};

/* By the key's hash tag, or by the whole of it where it has none. */
unsigned redis_slot(struct span key);

/* The slot that a command is about. False for one without a key. All of extq's
 * keys have a hash tag, and stand before what others wrote. */
bool redis_slot_of(int argc, const char *const *argv, const size_t *lens,
                   unsigned *ret);

bool redis_range_has(struct redis_range range, unsigned slot);

#endif
