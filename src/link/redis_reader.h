/* Watches over what hiredis makes of a server's bytes, since no version of it
 * bounds them all: the size and the depth of a reply, its kind, whether
 * anybody asked for it, and how long it may take to arrive.
 *
 * For the files of link/redis alone. */
#ifndef EXTQ_LINK_REDIS_READER_H
#define EXTQ_LINK_REDIS_READER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

struct redis_reader {
    redisReader *reader;               /* hiredis's */
    redisReplyObjectFunctions *makers; /* hiredis's, behind ours */
    redisReplyObjectFunctions ours;
    void *owner;
    bool (*expects)(void *owner); /* whether a reply is asked for */
    size_t elements, bytes; /* announced and made, of the reply being read */
    size_t arrived;         /* bytes of it that were used up, about */
    const char *why;        /* what was wrong; NULL = nothing yet */
};

/* Begins to watch a context's reader; w stays where it is until the context
 * is freed. Without `expects` every reply is. */
void redis_reader_watch(struct redis_reader *w, redisContext *c,
                        bool (*expects)(void *owner), void *owner);

/* After what came was read: whether more of it may come; otherwise w->why says
 * what is wrong with it. What hiredis finds wrong with our help ends the
 * context by itself, with w->why set as well. */
bool redis_reader_allows(struct redis_reader *w);

/* The reply is complete: the next one begins. */
void redis_reader_next(struct redis_reader *w);

/* Whether bytes came that no reply was made of. */
bool redis_reader_has_more(const struct redis_reader *w);

/* When a reply is late: asked for at asked_ms (or its turn began then), the
 * last bytes heard at heard_ms. Nothing for patience_ms is too long; what
 * arrives in pieces must come at a modest rate, and to an end. All in
 * monotonic ms. */
int64_t redis_reader_due_ms(const struct redis_reader *w, int64_t asked_ms,
                            int64_t heard_ms, int64_t patience_ms);

#endif
