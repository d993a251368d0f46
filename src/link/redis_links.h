/* The connections of one event loop: a single one where there is a single
 * server; in a cluster one for each slot that it is opened for, and for other
 * keys one to each row of slots that a node has. */
#ifndef EXTQ_LINK_REDIS_LINKS_H
#define EXTQ_LINK_REDIS_LINKS_H

#include "link/redis.h"

struct redis_links;

/* The options are those of each connection. ERR_MEMORY, ERR_IO. */
enum err redis_links_open(uv_loop_t *loop, const struct redis_options *options,
                          struct redis_links **ret) must_check;

/* The connection that follows the slot of this address, wherever that goes;
 * borrowed. ERR_MEMORY, ERR_IO. */
enum err redis_links_pin(struct redis_links *l, const struct redis_address *a,
                         struct redis **ret) must_check;

/* One that leads to the key, at least as far as is known; borrowed until the
 * loop's next turn. NULL while it is not known yet where that is. */
struct redis *redis_links_to(struct redis_links *l, const char *key);

/* Once at the end of a turn. */
void redis_links_flush(struct redis_links *l);

/* As redis_close, for all. Sets *l to NULL; NULL is fine. */
void redis_links_close(struct redis_links **l);

#endif
