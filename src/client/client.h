/* A connection of libextq to one queue: what producers and readers share.
 *
 * It connects when it is needed and is silent: no signal, no output, no state
 * outside of the struct. What went wrong last is in `why`. */
#ifndef EXTQ_CLIENT_CLIENT_H
#define EXTQ_CLIENT_CLIENT_H

#include "extq.h"

#include "link/keys.h"
#include "link/redis_sync.h"

struct client {
    struct redis_address address;
    struct queue_keys keys;
    int64_t timeout_ms;
    struct redis_sync *redis; /* NULL while there is no connection */
    struct why why;           /* "" = nothing went wrong */
};

/* The caller's struct as this library knows it: what a shorter, older one does
 * not have is zero. False when its struct_size makes no sense. */
bool client_options(const struct extq_options *given, struct extq_options *ret);
bool client_struct(const void *given, void *ret, size_t size);

/* Fills an all-zero client. EXTQ_INVALID, EXTQ_NO_MEMORY, with c->why. */
enum extq_status client_set_up(struct client *c, const struct extq_options *o);

/* Notes the sentence and returns the status. */
enum extq_status client_fail(struct client *c, enum extq_status status,
                             const char *fmt, ...) like_printf(3, 4);

/* The status of an err that no connection has to do with. */
enum extq_status client_error(struct client *c, enum err e);

/* Connects unless there is a sound connection. `idle` says that nothing is on
 * its way: then one that the server has given up is replaced. */
enum extq_status client_connect(struct client *c, bool idle);

/* Queues a command and reads a reply, as redis_sync_queue and _next; without
 * SIGPIPE. When the connection broke it is gone, and why says so: ERR_REDIS. */
enum err client_queue(struct client *c, const struct redis_words *words);
enum err client_next(struct client *c, const struct reply **ret);

/* One question with nothing on its way. The same. */
enum err client_ask(struct client *c, const struct redis_words *words,
                    const struct reply **ret);

/* What a reply says: EXTQ_OK for all but errors, which are noted in why. */
enum extq_status client_judge(struct client *c, const struct reply *reply);

/* Ends the connection. */
void client_hang_up(struct client *c);

/* The same, for good. */
void client_tear_down(struct client *c);

#endif
