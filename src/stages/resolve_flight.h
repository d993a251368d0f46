/* Questions under way: however many callers want to know about one key, it is
 * asked for once. For stages/resolve*.c only.
 *
 *   find --fresh----------------------------------------> answer
 *    ^ |---ask-----> discovery --found--> keep -----------> answer
 *    | |                 +--------fails--> fail --> stale entry or failure
 *    | |---failed--------------------------------> stale entry or failure
 *    +-+---wait: again in 20 to 50 ms, until a mark must have ended */
#ifndef EXTQ_STAGES_RESOLVE_FLIGHT_H
#define EXTQ_STAGES_RESOLVE_FLIGHT_H

#include "stages/resolve.h"
#include "stages/resolve_local.h"
#include "stages/resolve_shared.h"

struct resolver {
    uv_loop_t *loop;
    const struct resolve_options *options;
    struct redis *redis;
    struct discovery *discovery;
    struct local local;
    struct flight *flights;       /* hash by packed key */
    LIST_HEAD(, flight) sleepers; /* waiting for somebody else's answer */
    uv_timer_t timer;             /* wakes the sleepers */
    uint64_t dice;
    char seed[40];   /* of this resolver's tokens */
    uint64_t tokens; /* made so far */
    bool closed;
};

struct flight {
    UT_hash_handle hh;
    struct resolver *owner; /* NULL once that was closed: whoever calls back
                               next frees the flight */
    struct extension_key key;
    struct packed_key packed;
    STAILQ_HEAD(, waiter) waiters; /* in the order they came */
    char token[TOKEN_MAX];
    struct known *stale; /* what may be served while discovery fails */
    struct known *found; /* what the answer will be */
    int64_t fresh_ms;    /* of found, in the shared cache */
    int64_t mark_ms;     /* how long the mark in Redis lives */
    int64_t give_up_ms;  /* loop time: waiting for somebody else ends */
    int64_t wake_ms;     /* loop time, while asleep */
    LIST_ENTRY(flight) sleep;
    bool asleep;
    bool asking;   /* discovery is being asked */
    bool marked;   /* the mark in Redis is ours */
    bool anew;     /* a caller does not want a cached answer */
    bool unusable; /* the fresh entry in Redis is of no use */
    bool skipped;  /* the last find was told not to take a fresh entry */
};

/* Adds a caller to the key's flight, and starts one when there is none. */
void flight_join(struct resolver *r, const struct extension_key *key, bool anew,
                 resolve_done *done, void *arg);

/* Ends the flight: every caller is told, f is gone afterwards. k is held by
 * the flight. */
void flight_end(struct flight *f, const struct known *k,
                enum resolve_source source);
void flight_end_failed(struct flight *f, const char *why);

/* Asks Redis again a little later. */
void flight_sleep(struct flight *f);

/* Gives the mark in Redis back, if it is ours; nobody else asks discovery for
 * cool_ms. */
void flight_release(struct flight *f, int64_t cool_ms);

void flight_free(struct flight *f);

/* Ends all of them with a failure. */
void flights_close(struct resolver *r);

/* The next step (resolve_find.c): what does the shared cache say? */
void flight_find(struct flight *f);

/* Loop time. */
int64_t resolver_now_ms(const struct resolver *r);

/* A call of the shared cache for this flight. */
struct shared_call flight_call(struct flight *f, shared_done *done);

/* What callers are told about an entry. */
void known_tell(const struct known *k, enum resolve_source source,
                struct resolved *ret);

#endif
