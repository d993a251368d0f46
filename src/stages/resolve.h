/* Second stage: (container, point) -> extension, through two caches.
 *
 * In-process first (bounded, per worker), then the cache that all services
 * share in Redis, then discovery, asked by one worker of all processes at a
 * time. While discovery fails, an entry past its freshness is still served.
 * "No extension" is cached like an extension, with its own time to live. */
#ifndef EXTQ_STAGES_RESOLVE_H
#define EXTQ_STAGES_RESOLVE_H

#include "link/discovery.h"
#include "link/redis_links.h"
#include "link/seal.h"

struct resolve_options {
    const char *prefix; /* of the Redis keys */
    int64_t fresh_ms;   /* an entry is used without asking for so long */
    int64_t none_ms;    /* the same for "no extension" */
    int64_t stale_ms;   /* and served this much longer while discovery
                           fails; not "no extension": a job skipped is
                           gone, one that waits for discovery is not */
    int64_t retry_ms;   /* after a failure discovery is left alone so long */
    uint32_t jitter;    /* percent, taken off fresh_ms and none_ms */
    int64_t local_ms;   /* in-process entries are asked for again after
                           this, so that `forget` reaches every process */
    size_t local_max;   /* in-process entries */
    int64_t ask_ms;     /* the longest discovery may take */
    const struct http_options *http; /* rules for the targets prepared here;
                                        borrowed */
    const struct seal *seal; /* of shared entries; NULL or without keys: they
                                are plain; borrowed */
};

enum resolve_source {
    SOURCE_LOCAL,     /* in-process cache */
    SOURCE_SHARED,    /* Redis, fresh */
    SOURCE_STALE,     /* Redis, past its time, discovery fails or is busy */
    SOURCE_DISCOVERY, /* just asked */
};

struct resolved {
    enum finding_kind kind;
    enum resolve_source source;
    struct extension *extension; /* borrowed for the call; hold to keep */
    struct http_target *target;  /* prepared for the extension; borrowed for
                                    the call: sending holds it */
    char stamp[32];  /* names this cache entry for resolver_forget */
    int64_t made_ms; /* when discovery was asked for it, unix ms by the
                        server's clock; 0 = not known */
    const char *why; /* for FINDING_FAILED; "" otherwise */
    bool unasked;    /* of FINDING_FAILED: Redis was away, or memory; discovery
                        had no part in it */
};

struct resolver;

/* All borrowed things outlive the resolver. ERR_MEMORY. */
enum err resolver_open(uv_loop_t *loop, const struct resolve_options *options,
                       struct redis_links *links, struct discovery *discovery,
                       struct resolver **ret) must_check;

typedef void resolve_done(void *arg, const struct resolved *resolved);

/* done is called exactly once, possibly before this returns (a hit in the
 * in-process cache). While Redis is down, entries in process are served even
 * when old; otherwise the answer is FINDING_FAILED. */
void resolve(struct resolver *r, const struct extension_key *key,
             resolve_done *done, void *arg);

/* A number from 1 to RESOLVE_TAGS for an entry's stamp, small enough to be kept
 * with a job; 0 for an empty one. Others may have the same number. */
enum { RESOLVE_TAGS = 127 };
uint32_t resolve_tag(const char *stamp);

/* As resolve, but never with an entry of that tag (0 = any will do): whoever
 * was refused with it needs another one. However many callers and services want
 * another one than that, discovery is asked once. */
void resolve_other(struct resolver *r, const struct extension_key *key,
                   uint32_t tag, resolve_done *done, void *arg);

/* Skips both caches, and leaves what discovery says in them; asks discovery
 * even when it failed a moment ago, or when Redis is down. */
void resolve_anew(struct resolver *r, const struct extension_key *key,
                  resolve_done *done, void *arg);

/* Drops the entry from both caches, unless a newer one (other stamp) took its
 * place meanwhile. An empty stamp drops whatever is there. */
void resolver_forget(struct resolver *r, const struct extension_key *key,
                     const char *stamp);

/* Pending questions end as FINDING_FAILED. Sets *r to NULL. */
void resolver_close(struct resolver **r);

#endif
