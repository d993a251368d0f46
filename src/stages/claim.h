/* First stage: takes jobs from a queue into this process's held hash, in one
 * server-side step, under its lease. */
#ifndef EXTQ_STAGES_CLAIM_H
#define EXTQ_STAGES_CLAIM_H

#include "link/gate_news.h"
#include "link/keys.h"
#include "link/redis.h"

/* Jobs to ask for in one call, at most. */
enum { CLAIM_MAX = 128 };

enum claim_end {
    CLAIM_DONE,
    CLAIM_LEASE,   /* the epoch owns nothing any more */
    CLAIM_AGAIN,   /* refused without effect (library missing and being loaded,
                      Redis loading, the queue paused): try again soon */
    CLAIM_OLD,     /* the same, because of its generation: claim_recover */
    CLAIM_UNKNOWN, /* no reply, or one that says nothing: jobs may be held for
                      us; claim_recover */
};

struct claimed {
    enum claim_end end;
    int64_t now_ms; /* unix ms by the server's clock */
    size_t count;   /* jobs claimed */
    bool more; /* others may be left; of a recovery: it takes another one */
    const struct reply *jobs; /* claimed_job reads it; lives for the call */
    int64_t version;          /* of the last change to gates; -1 = not told */
    const struct reply *refusal; /* the error, where Redis refused; or NULL */
    size_t gate_count; /* of claim_parked: gates asked, see claimed_gate */
    const struct reply *gates;
};

/* One claim under way; the caller's memory, untouched until done. */
struct claim_call {
    struct redis *redis;
    void *arg;
    void (*done)(void *arg, const struct claimed *claimed);
};

enum { CLAIM_GATES_MAX = 8 };

/* How much to take. */
struct claim_share {
    unsigned count;      /* jobs at most */
    unsigned due_count;  /* of them from those that were due, while fresh ones
                            wait as well */
    unsigned alone_from; /* jobs with that many claims wait for isolation */
    bool behind_bell;    /* sent after a command that waits for fresh jobs:
                            where none came, nothing is claimed */
    size_t gate_count;
    const char *gates[CLAIM_GATES_MAX]; /* fresh jobs that have to wait there
                                           are parked without being claimed */
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

/* One gate whose parked jobs are asked for, and how many. */
struct claim_gate {
    const char *gate;
    unsigned count;
};

struct claim_parking {
    const struct claim_gate *gates;
    size_t gate_count;
    int64_t hold_ms;     /* how often it is looked at whether the service
                            that probes a shut gate lives */
    unsigned alone_from; /* as in claim_share */
};

/* Asks for parked jobs: from a gate that is full up to `count`; from one that
 * is shut one job as its probe, if its time has come and no other service that
 * lives has one under way; else none. As claim, but jobs are read by
 * claimed_parked_job, and fewer than asked says nothing of the queue. */
enum err claim_parked(struct claim_call *call, const struct holder *holder,
                      const struct claim_parking *what) must_check;

struct claimed_parked {
    struct span field, record;
    struct span gate; /* where it was parked */
    bool probe;       /* the gate waits for this one's end */
};

/* The i-th job of claim_parked (i < count). */
void claimed_parked_job(const struct claimed *c, size_t i,
                        struct claimed_parked *ret);

/* The i-th of the gates that were asked, in their order, as it is now. The
 * until_ms of one that gave a probe is that of gate_shutting.probe_ms. */
void claimed_gate(const struct claimed *c, size_t i, struct gate_news *ret);

/* After CLAIM_UNKNOWN: gives back what Redis holds for the holder's tag and
 * is not among the known fields. The outcome arrives as for claim, with count
 * set to the tag's new generation, which the holder is to have from then on.
 * With more, large jobs are left, or the holder's generation was not the last:
 * ask again.
 * ERR_REDIS, ERR_MEMORY. */
enum err claim_recover(struct claim_call *call, const struct holder *holder,
                       const struct span *known, size_t known_count) must_check;

#endif
