/* The resolve stage's in-process cache: bounded, the least recently used entry
 * goes first. For stages/resolve*.c only. */
#ifndef EXTQ_STAGES_RESOLVE_LOCAL_H
#define EXTQ_STAGES_RESOLVE_LOCAL_H

#include "link/http.h"
#include "model/extension.h"

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION     HASH_OAT /* the default falls through silently */
#include <sys/queue.h>
#include <uthash.h>

enum { STAMP_MAX = 32 };

/* Container and point in one run of bytes, for hashing, and one byte more for
 * those who need to tell apart what is the same key. */
struct packed_key {
    unsigned len; /* without that byte */
    char bytes[2 * (IDENT_MAX + 1) + 1];
};

void key_pack(struct packed_key *ret, const struct extension_key *key);

/* What is known about one key; reference-counted within one thread. */
struct known {
    UT_hash_handle hh;
    TAILQ_ENTRY(known) used;
    unsigned refs;
    struct packed_key key;
    struct extension *extension; /* held; NULL = there is none */
    struct http_target *target;  /* owned; NULL without extension */
    int64_t until_ms;            /* loop time: ask again from then on */
    int64_t made_ms;             /* the server's time of the question */
    char stamp[STAMP_MAX];       /* "fresh_until-made_ms" */
};

/* Holds the extension (NULL = none) and prepares its target. *ret has one
 * reference. ERR_SYNTAX when http refuses the URL, ERR_MEMORY. */
enum err known_open(const struct http_options *http,
                    const struct packed_key *key, struct extension *extension,
                    struct known **ret, struct why *why) must_check;

struct known *known_hold(struct known *k);

/* Gives one reference back and sets the pointer to NULL; NULL is fine. */
void known_drop(struct known **k);

struct local {
    struct known *table;
    TAILQ_HEAD(known_list, known) used; /* most recently used first */
    size_t count, max;
};

void local_open(struct local *l, size_t max);

/* The entry, however old, or NULL. Borrowed until the next change. */
struct known *local_find(struct local *l, const struct packed_key *key);

/* Holds k in place of what was there. Without memory it is not kept. */
void local_put(struct local *l, struct known *k);

/* Takes an entry out. */
void local_remove(struct local *l, struct known *k);

void local_clear(struct local *l);

#endif
