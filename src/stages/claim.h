/* First stage: takes jobs from a queue into this process's held hash, in one
 * server-side step, under its lease. */
#ifndef EXTQ_STAGES_CLAIM_H
#define EXTQ_STAGES_CLAIM_H

#include "link/keys.h"
#include "link/redis.h"

enum claim_end {
    CLAIM_DONE,
    CLAIM_LEASE,   /* the epoch owns nothing any more */
    CLAIM_AGAIN,   /* refused without effect (library missing and being loaded,
                      Redis loading): try again soon */
    CLAIM_OLD,     /* the same, because of its generation */
    CLAIM_UNKNOWN, /* no reply, or one that says nothing: jobs may be held for
                      us; claim_recover */
};

struct claimed {
    enum claim_end end;
    int64_t now_ms; /* unix ms by the server's clock */
    size_t count;   /* jobs claimed; below what was asked = queue empty, but for
                       suspects put off and where jobs are large */
    const struct reply *jobs; /* claimed_job reads it; lives for the call */
};

/* One claim under way; the caller's memory, untouched until done. */
struct claim_call {
    struct redis *redis;
    void *arg;
    void (*done)(void *arg, const struct claimed *claimed);
};

/* How much to take. */
struct claim_share {
    unsigned count;      /* jobs at most */
    unsigned due_count;  /* of them from those that were due, while fresh ones
                            wait as well */
    unsigned alone_from; /* jobs with that many claims wait for isolation */
};

/* Asks for jobs. call->done is called exactly once unless this fails:
 * ERR_REDIS when Redis is down, ERR_MEMORY. */
enum err claim(struct claim_call *call, const struct holder *holder,
               const struct claim_share *share) must_check;

/* Asks for one job that waits to be run alone; as claim, with count 0 when
 * there is none. */
enum err claim_isolated(struct claim_call *call,
                        const struct holder *holder) must_check;

/* The i-th job (i < count): the name it is held under, and its record. */
void claimed_job(const struct claimed *c, size_t i, struct span *ret_field,
                 struct span *ret_record);

/* After CLAIM_UNKNOWN: gives back what Redis holds for the holder's tag and
 * is not among the known fields. The outcome arrives as for claim, with count
 * set to the new generation. ERR_REDIS, ERR_MEMORY. */
enum err claim_recover(struct claim_call *call, const struct holder *holder,
                       const struct span *known, size_t known_count) must_check;

#endif
