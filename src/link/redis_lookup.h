/* A host name's addresses, asked for in a thread of its own: getaddrinfo may
 * hang for as long as it likes, and whoever uses libuv's threads for it waits
 * for them when its loop closes, and at the end of the process. */
#ifndef EXTQ_LINK_REDIS_LOOKUP_H
#define EXTQ_LINK_REDIS_LOOKUP_H

#include "base/err.h"

#include <netdb.h>
#include <uv.h>

struct lookup;

/* found lives for the call; NULL = none. */
typedef void lookup_done(void *arg, const struct addrinfo *found);

/* host is copied. done is called once, from the loop, unless lookup_drop is;
 * the lookup is gone then. ERR_MEMORY, ERR_IO. */
enum err lookup_start(uv_loop_t *loop, const char *host, lookup_done *done,
                      void *arg, struct lookup **ret) must_check;

/* Nobody waits for it any more. Sets *l to NULL; NULL is fine. Its memory goes
 * when the loop has run its close callbacks and the thread has ended. */
void lookup_drop(struct lookup **l);

#endif
