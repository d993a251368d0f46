/* What a producer believes it enqueued, in memory: a set of job ids, each with
 * what Redis says of it. Nothing else of a job is kept, so that millions of
 * ids fit (about 100 bytes each). */
#ifndef EXTQ_CLI_RECONCILE_IDS_H
#define EXTQ_CLI_RECONCILE_IDS_H

#include "base/err.h"
#include "base/span.h"

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION     HASH_OAT /* the default falls through silently */
#include <uthash.h>

enum job_state {
    STATE_UNKNOWN,
    STATE_WAITING,
    STATE_HELD,
    STATE_LATER,
    STATE_PARKED,
    STATE_DELIVERED,
    STATE_DEAD,
    STATE_EXPIRED,
    STATE_SKIPPED,
    STATE_DROPPED,
    JOB_STATES,
};

/* What was seen of a job: a state, or an attempt that is to be repeated. */
struct sighting {
    enum job_state state; /* not used of a retry */
    bool retry;
    bool now; /* the retry was recorded while the keys were being read */
};

struct id_entry {
    UT_hash_handle hh;
    unsigned char state; /* enum job_state */
    bool pushed;         /* enqueued again, by this run */
    char id[];
};

struct id_set {
    struct id_entry *entries; /* in the order of the ledger: hh.next */
    uint64_t counts[JOB_STATES];
    uint64_t repeated; /* lines that name an id again */
};

/* The word for people and programs; a static text. */
const char *job_state_text(enum job_state s);

/* The state of a job in `old` of which this was seen next, in the order in
 * which reconcile_scan.c looks. */
enum job_state job_state_after(enum job_state old, struct sighting seen);

/* Adds an id (ident_is_id) as unknown; one that is there is counted only.
 * ERR_MEMORY. */
enum err id_set_add(struct id_set *l, struct span id) must_check;

/* The entry, or NULL. */
struct id_entry *id_set_find(const struct id_set *l, struct span id);

/* Notes what was seen of a job; true when that made an unknown one known. Ids
 * that the ledger does not have are passed over. */
bool id_set_see(struct id_set *l, struct span id, struct sighting seen);

/* How many ids it holds. */
uint64_t id_set_size(const struct id_set *l);

void id_set_clear(struct id_set *l);

#endif
