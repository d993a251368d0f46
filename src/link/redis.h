/* One Redis connection on one event loop: commands queue up during a turn and
 * leave in one send; a broken connection is never reused, and comes back by
 * itself with jittered backoff.
 *
 * hiredis stays behind it. Single-threaded. */
#ifndef EXTQ_LINK_REDIS_H
#define EXTQ_LINK_REDIS_H

#include "base/err.h"
#include "link/redis_address.h"
#include "link/redis_slot.h"
#include "link/reply.h"

#include <uv.h>

struct redis;

struct redis_options {
    const struct redis_address *address; /* outlives the connection */
    int64_t connect_ms; /* a connect that takes longer has failed */
    int64_t reply_ms;   /* silence for longer, while a reply is awaited, breaks
                           the connection; so does a reply that only drips */
    void *owner;        /* passed to the callbacks below */
    void (*up)(void *owner, struct redis *r); /* connected, AUTH and SELECT
                                    sent; behind TLS or guides: and it
                                    answers as a primary; NULL = not needed */
    void (*down)(void *owner, struct redis *r, const char *why);    /* once for
                                   each change from up (or start) to down */
    void (*trouble)(void *owner, struct redis *r, const char *why); /* the
                                function library was refused; NULL = not
                                needed */
};

/* Receives exactly one call per redis_send: the reply, or NULL when the
 * connection broke first (the command's fate is unknown). */
typedef void redis_done(void *arg, const struct reply *reply);

/* Starts connecting. ERR_MEMORY, ERR_IO. */
enum err redis_open(uv_loop_t *loop, const struct redis_options *options,
                    struct redis **ret) must_check;

bool redis_is_up(const struct redis *r);

/* In a cluster: the slots around the address's that the server has which was
 * looked up last; none before. */
struct redis_range redis_range(const struct redis *r);

/* A command: its words, with their lengths (NULL = they end with NULs). */
struct redis_words {
    int count;
    const char **at;
    const size_t *lens;
};

/* Queues one command (the words are copied). ERR_REDIS when down: done is then
 * not called. ERR_MEMORY likewise. */
enum err redis_send(struct redis *r, redis_done *done, void *arg,
                    const struct redis_words *words) must_check;

/* As redis_send, for a command that Redis may answer so much later. */
enum err redis_send_blocking(struct redis *r, redis_done *done, void *arg,
                             const struct redis_words *words,
                             int64_t blocks_ms) must_check;

/* As redis_send, for a command that link/resp.h wrote. */
enum err redis_send_resp(struct redis *r, redis_done *done, void *arg,
                         struct span command) must_check;

/* Writes what was queued; call once at the end of a turn. */
void redis_flush(struct redis *r);

/* Breaks the connection off; callbacks get NULL; it reconnects. */
void redis_break(struct redis *r, const char *why);

/* Ends it: callbacks get NULL, up and down are not called any more. The
 * memory goes when the loop has run its close callbacks. Sets *r to NULL. */
void redis_close(struct redis **r);

/* Asks Redis to load the function library (link/library.h) unless a request
 * to do so is under way. Safe to call for each FAULT_NO_FUNCTION. */
void redis_load_library(struct redis *r);

#endif
