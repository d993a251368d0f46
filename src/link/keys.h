/* Every Redis key that extq uses, in one place.
 *
 *   {prefix}:{{queue}}:jobs       list    producers LPUSH, extq takes the tail
 *   {prefix}:{{queue}}:outcomes   stream  read by operators
 *   {prefix}:{{queue}}:later      zset    records by due time, unix ms
 *   {prefix}:{{queue}}:suspects   list    records that wait to be run alone
 *   {prefix}:{{queue}}:alone      string  whose turn it is to run them
 *   {prefix}:{{queue}}:parked:G   list    records that wait at the gate G
 *   {prefix}:{{queue}}:gates      hash    gate -> state; :version, :floor
 *   {prefix}:{{queue}}:changes    zset    gate -> version of its last change
 *   {prefix}:{{queue}}:dead       stream  given up on, kept with bytes
 *   {prefix}:{{queue}}:held:E     hash    field -> record, held by epoch E
 *   {prefix}:{{queue}}:leases     zset    epoch -> lease end, unix ms
 *   {prefix}:{{queue}}:services   hash    epoch -> who holds it (JSON)
 *   {prefix}:{{queue}}:meta       hash    counters
 *   {prefix}:ext:{container}:point        the shared discovery cache
 *   {prefix}:ext:{container}:point:ask    who is asking discovery just now */
#ifndef EXTQ_LINK_KEYS_H
#define EXTQ_LINK_KEYS_H

#include "base/ident.h"

enum { KEY_MAX = 512, EPOCH_MAX = 48 };

/* The keys of one queue, written once at start. */
struct queue_keys {
    char jobs[KEY_MAX];
    char outcomes[KEY_MAX];
    char later[KEY_MAX];
    char suspects[KEY_MAX];
    char alone[KEY_MAX];
    char parked[KEY_MAX]; /* without the gate: "...:parked:", which no key is
                             called; see lua/begin.lua */
    char gates[KEY_MAX];
    char changes[KEY_MAX];
    char dead[KEY_MAX];
    char leases[KEY_MAX];
    char services[KEY_MAX];
    char meta[KEY_MAX];
    char held[KEY_MAX]; /* without the epoch: "...:held:" */
};

/* Under whose name this worker's jobs are held. */
struct holder {
    const struct queue_keys *keys;
    char epoch[EPOCH_MAX];
    char tag[16];        /* of the worker within its process */
    uint64_t generation; /* of its claims, see stages/claim.h; 0 at first */
};

/* prefix and queue satisfy ident_is_queue. */
void keys_of_queue(struct queue_keys *ret, const char *prefix,
                   const char *queue);

/* The held hash of an epoch. */
void keys_held(char dst[KEY_MAX], const struct queue_keys *keys,
               const char *epoch);

/* The list of the jobs parked at a gate, by its name. */
void keys_parked(char dst[KEY_MAX], const struct queue_keys *keys,
                 const char *gate);

/* The shared cache entry and its "being asked" mark. */
void keys_of_extension(char ret_entry[KEY_MAX], char ret_ask[KEY_MAX],
                       const char *prefix, const char *container,
                       const char *point);

#endif
