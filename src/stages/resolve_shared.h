/* The discovery cache that all services share in Redis: the functions find,
 * keep, fail and forget of the function library, called for one key. For
 * stages/resolve*.c only. */
#ifndef EXTQ_STAGES_RESOLVE_SHARED_H
#define EXTQ_STAGES_RESOLVE_SHARED_H

#include "link/redis_links.h"
#include "link/seal.h"
#include "model/extension.h"

enum { TOKEN_MAX = 64 };

/* What `find` says about an entry. */
enum shared_state {
    SHARED_FRESH,  /* use it */
    SHARED_ASK,    /* the caller holds the mark now: it asks discovery */
    SHARED_WAIT,   /* somebody else does */
    SHARED_FAILED, /* discovery failed lately and is left alone */
};

struct shared_found {
    enum shared_state state;
    int64_t now_ms;    /* the server's clock */
    int64_t left_ms;   /* of freshness; not positive for stale entries */
    int64_t made_ms;   /* when it was asked for; 0 = not known */
    struct span stamp; /* empty = there is no entry */
    struct span body;  /* for body_read */
    struct span why;   /* of SHARED_FAILED, as shared_fail had it */
};

/* One call; reply is NULL unless e is ERR_OK, and lives for the call. *why
 * says what failed. */
typedef void shared_done(void *arg, enum err e, const struct reply *reply,
                         const struct why *why);

/* Where a call goes and who hears of it (done NULL = nobody). All but arg is
 * needed only until the function below returns. */
struct shared_call {
    struct redis_links *links;
    const struct seal *seal; /* as in struct body_place */
    const char *prefix;
    const struct extension_key *key;
    shared_done *done;
    void *arg;
};

/* done is called exactly once, later, when ERR_OK is returned, and not
 * otherwise: ERR_REDIS (down), ERR_MEMORY, ERR_LIMIT, ERR_IO. A missing
 * function library is loaded, and the call repeated. refused is the tag of an
 * entry that is as good as none. stamp is "fresh_until-made_ms", both of the
 * server's clock. */
enum err shared_find(const struct shared_call *to, const char *token,
                     int64_t mark_ms, bool anew, uint32_t refused) must_check;
enum err shared_keep(const struct shared_call *to, const char *token,
                     const char *stamp, int64_t total_ms,
                     const struct extension *x) must_check;

/* The same as far as that is possible: when the call is lost, the mark or the
 * entry ends by its time. */
void shared_fail(const struct shared_call *to, const char *token,
                 int64_t cool_ms, const char *why);
void shared_forget(const struct shared_call *to, const char *stamp);

/* The mark lives on for mark_ms, if it is still this token's. */
void shared_renew(const struct shared_call *to, const char *token,
                  int64_t mark_ms);

/* Reads the reply of `find`; the spans point into it. ERR_REPLY. */
enum err shared_found_read(const struct reply *reply,
                           struct shared_found *ret) must_check;

#endif
