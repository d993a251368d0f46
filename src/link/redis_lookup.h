/* Where to connect to: Sentinels, nodes of a cluster and name servers, asked in
 * a thread of its own.
 * getaddrinfo may hang for as long as it likes, and whoever uses libuv's
 * threads for it waits for them when its loop closes, and at the end of the
 * process. */
#ifndef EXTQ_LINK_REDIS_LOOKUP_H
#define EXTQ_LINK_REDIS_LOOKUP_H

#include "link/redis_find.h"

#include <netdb.h>
#include <uv.h>

struct lookup;

struct lookup_result {
    struct redis_found server;
    struct addrinfo *found; /* its host; NULL = none, see why */
    struct why why;
};

/* The result lives for the call. */
typedef void lookup_done(void *arg, const struct lookup_result *result);

/* Whom to ask first, and whom to tell. */
struct lookup_request {
    const struct redis_address *address; /* copied; not one of a socket */
    unsigned turn;                       /* which guide comes first */
    lookup_done *done;
    void *arg;
};

/* done is called once, from the loop, unless lookup_drop is; the lookup is gone
 * then. ERR_MEMORY, ERR_IO. */
enum err lookup_start(uv_loop_t *loop, const struct lookup_request *request,
                      struct lookup **ret) must_check;

/* Nobody waits for it any more. Sets *l to NULL; NULL is fine. Its memory goes
 * when the loop has run its close callbacks and the thread has ended. */
void lookup_drop(struct lookup **l);

#endif
