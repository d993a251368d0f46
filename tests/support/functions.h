/* The server-side functions as tests call them: one line each, on a private
 * redis-server, with replies as text. */
#ifndef EXTQ_SUPPORT_FUNCTIONS_H
#define EXTQ_SUPPORT_FUNCTIONS_H

#include "link/keys.h"
#include "link/library.h"
#include "support/redis_server.h"

/* From how many claims on functions_claim leaves a job to isolation. */
#define FUNCTIONS_ALONE_FROM "5"

/* The library, loaded, and the keys of the queue "q". */
struct functions {
    struct redis_server *server;
    struct queue_keys keys;
};

/* words are more settings of redis-server, as for redis_server_start. */
struct functions functions_open(const char *const *words);
void functions_close(struct functions *f);

struct epoch {
    char text[EPOCH_MAX];
};

/* A new epoch with a lease of that length. */
struct epoch functions_join(struct functions *f, const char *lease_ms);

/* The reply of a tick, "renewed\nnow\nwaiting\ndue\nnext\nisolate\nversion
 * services\nrank\nended...". */
const char *functions_tick(struct functions *f, const char *epoch,
                           const char *lease_ms, const char *sweep,
                           const char *dead_min_id);

/* An epoch whose lease ran out and was taken by a sweep of another. */
struct epoch functions_join_and_lose(struct functions *f);

/* Takes a lease away, as a sweep does when it ran out. */
void functions_take_lease(struct functions *f, const char *epoch);

/* LPUSHes {"n":from} to {"n":to}. */
void functions_push(struct functions *f, int from, int to);

/* Claims for the worker "w" in generation 0; the reply as text: "now\ndue\n"
 * and then "field\njob" for each, with a header line before the job if it was
 * claimed before. */
const char *functions_claim(struct functions *f, const char *epoch,
                            const char *count, const char *due_count);
const char *functions_claim_as(struct functions *f, const char *epoch,
                               const char *count, const char *tag,
                               const char *generation);

/* The name under which the epoch holds {"n":n}; fails the test when it does
 * not. */
struct field {
    char text[64];
};
struct field functions_field(struct functions *f, const char *epoch, int n);

/* Finishes one job with an outcome entry of the verdict that fits: move is
 * "done", "later", "dead", or "park" with a gate for delay_ms. The header is
 * "<seq> 1 1 0 5 -", seq being the field's. */
const char *functions_finish(struct functions *f, const char *epoch,
                             const char *field, const char *move,
                             const char *delay_ms);

/* As that, without an outcome entry. */
const char *functions_finish_bare(struct functions *f, const char *epoch,
                                  const char *field, const char *move);

const char *functions_release(struct functions *f, const char *epoch,
                              const char *count, const char *mine);

/* Gives back what `tag` holds, but for one known field (or NULL), under its
 * last generation; _as: under that one. */
const char *functions_recover(struct functions *f, const char *epoch,
                              const char *tag, const char *known);
const char *functions_recover_as(struct functions *f, const char *epoch,
                                 const char *tag, const char *generation,
                                 const char *known);

/* Fails the test unless each of {"n":from} to {"n":to} is in exactly one key
 * of the queue, once. */
void functions_census(struct functions *f, int from, int to);

/* Where {"n":n} is: "jobs", "later", "suspects", "parked", "dead", "held"
 * or "nowhere". */
const char *functions_place(struct functions *f, int n);

/* Jobs held by that epoch; 0 when there is no such hash. */
int64_t functions_held(struct functions *f, const char *epoch);

/* A digest of all that Redis holds. */
struct digest {
    char text[48];
};
struct digest functions_digest(struct functions *f);

/* One suspect for the epoch, tag "w". */
const char *functions_isolate(struct functions *f, const char *epoch);

#endif
