/* Questions under way: however many callers want to know about one key, it is
 * asked for once. For stages/resolve*.c only.
 *
 *   find --fresh----------------------------------------> answer
 *    ^ |---ask-----> discovery --found--> keep -----------> answer
 *    | |                 +--------fails--> fail --> stale entry or failure
 *    | |---failed--------------------------------> stale entry or failure
 *    +-+---wait: again in 20 to 50 ms, until a mark must have ended */
#ifndef EXTQ_STAGES_RESOLVE_SEARCH_H
#define EXTQ_STAGES_RESOLVE_SEARCH_H

#include "stages/resolve.h"
#include "stages/resolve_local.h"
#include "stages/resolve_shared.h"

struct resolver {
    uv_loop_t *loop;
    const struct resolve_options *options;
    struct redis_links *links;
    struct discovery *discovery;
    struct local local;
    struct search *searches;      /* hash by packed key */
    LIST_HEAD(, search) sleepers; /* waiting for somebody else's answer */
    uv_timer_t timer;             /* wakes the sleepers */
    uint64_t dice;
    char seed[40];   /* of this resolver's tokens */
    uint64_t tokens; /* made so far */
    bool closed;
};

struct search {
    UT_hash_handle hh;
    struct resolver *owner; /* NULL once that was closed: whoever calls back
                               next frees the search */
    struct extension_key key;
    struct packed_key packed;      /* and `refused` behind it */
    STAILQ_HEAD(, waiter) waiters; /* in the order they came */
    char token[TOKEN_MAX];
    struct known *stale; /* what may be served while discovery fails */
    struct known *found; /* what the answer will be */
    int64_t fresh_ms;    /* of found, in the shared cache */
    int64_t server_ms;   /* the server's clock minus the loop's */
    int64_t asked_ms;    /* the server's time when discovery was asked */
    uint32_t refused;    /* tag of the entry that will not do; 0 = any will */
    int64_t give_up_ms;  /* loop time: waiting for somebody else ends */
    int64_t wake_ms;     /* loop time, while asleep */
    LIST_ENTRY(search) sleep;
    bool asleep;
    bool asking;   /* discovery is being asked */
    bool marked;   /* the mark in Redis is ours */
    bool anew;     /* a caller does not want a cached answer */
    bool unusable; /* the fresh entry in Redis is of no use */
    bool skipped;  /* the last find was told not to take a fresh entry */
};

/* What a caller wants: as in resolve_other, and in resolve_anew. */
struct wanted {
    const struct extension_key *key;
    uint32_t refused;
    bool anew;
};

/* Adds a caller to the search for that, and starts one when there is none. */
void search_join(struct resolver *r, const struct wanted *wanted,
                 resolve_done *done, void *arg);

/* Ends the search: every caller is told, s is gone afterwards. k is held by
 * the search. */
void search_end(struct search *s, const struct known *k,
                enum resolve_source source);
void search_end_failed(struct search *s, const char *why);

/* The same where the question did not get as far as to discovery. */
void search_end_unasked(struct search *s, const char *why);

/* Asks Redis again a little later; while discovery is being asked, renews the
 * mark instead. */
void search_sleep(struct search *s);

/* No more of that. */
void search_wake(struct search *s);

/* How long the mark of one who asks lives unless it is renewed: so long others
 * wait for one that died. */
int64_t search_mark_ms(const struct resolver *r);

/* Gives the mark in Redis back, if it is ours; nobody else asks discovery for
 * cool_ms, and is told why. */
void search_release(struct search *s, int64_t cool_ms, const char *why);

void search_free(struct search *s);

/* Ends all of them with a failure. */
void searches_close(struct resolver *r);

/* The next step (resolve_find.c): what does the shared cache say? */
void search_find(struct search *s);

/* Loop time. */
int64_t resolver_now_ms(const struct resolver *r);

/* A call of the shared cache for this search. */
struct shared_call search_call(struct search *s, shared_done *done);

/* What callers are told about an entry. */
void known_tell(const struct known *k, enum resolve_source source,
                struct resolved *ret);

#endif
