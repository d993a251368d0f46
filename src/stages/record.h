/* Fifth stage: writes the outcome and the job's next state, and lets the claim
 * go, in one server-side step for a whole batch.
 *
 * What was not acknowledged is kept and sent again when Redis is back, one
 * batch first and the others when it was taken: the step does nothing for a job
 * that is no longer held, so repeating is safe. It ends when Redis confirms, or
 * when the lease is lost. */
#ifndef EXTQ_STAGES_RECORD_H
#define EXTQ_STAGES_RECORD_H

#include "link/keys.h"
#include "link/redis.h"
#include "model/attempt.h"
#include "model/job.h"
#include "model/outcome.h"
#include "model/patience.h"
#include "model/record.h"

enum record_move { MOVE_DONE, MOVE_LATER, MOVE_DEAD, MOVE_PARK };

/* How a batch ended for each of its jobs. */
enum settled {
    SETTLED,      /* written; or it had been, before a reply was lost */
    SETTLED_LOST, /* the lease was lost first: another process decides */
};

struct recorder_options {
    struct redis *redis;
    struct patience *patience;     /* of the thread; borrowed */
    const struct holder *holder;   /* read at each send; borrowed */
    size_t outcomes_max, dead_max; /* entries kept in Redis */
    const char *worker;            /* the outcome's `worker` field */
    size_t body_keep;              /* bytes of answers in outcomes */
    void *owner;
    void (*settled)(void *owner, void *job_arg, enum settled how);
    void (*lease_lost)(void *owner, const char *epoch); /* Redis says so */
    void (*refused)(void *owner, const char *why);      /* an error reply; the
                                                           batch is tried again */
};

/* One job's end, or its next wait. All pointers are borrowed for the call. */
struct record_entry {
    struct span field; /* as claimed_job named it */
    enum record_move move;
    int64_t delay_ms;   /* for MOVE_LATER */
    const char *gate;   /* for MOVE_PARK: where it waits, behind the others */
    struct span header; /* record_header's line, for all but DONE */
    size_t bytes; /* of the record in Redis, which all but DONE move there */
    const struct job *job;
    const struct attempt *attempt; /* NULL when no call was made */
    const struct outcome *outcome; /* NULL: no outcome entry */
    uint32_t attempts;             /* calls made, this one included */
    int64_t at_ms;                 /* unix ms by the server's clock */
    int64_t queue_ms;              /* from the claim to the call */
    const char *detail; /* the outcome's `error` text; NULL = the outcome's
                           reason */
    void *arg;          /* passed to settled */
};

struct recorder;

/* options is copied. ERR_MEMORY. */
enum err recorder_open(const struct recorder_options *options,
                       struct recorder **ret) must_check;

/* Adds to the open batch. ERR_MEMORY: nothing was added, try again. */
enum err record(struct recorder *r, const struct record_entry *e) must_check;

/* Sends what is open and what must be sent again; at the end of a turn. */
void recorder_flush(struct recorder *r);

/* The same at once, if some of the jobs go on to another key; true when all
 * those were sent. */
bool recorder_send_moves(struct recorder *r);

/* True while some of the jobs that were not settled do. */
bool recorder_has_moves(const struct recorder *r);

/* Jobs added and not settled. */
size_t recorder_pending(const struct recorder *r);

/* The lease is gone: what was not sent is SETTLED_LOST, now; what was is
 * settled by its reply. */
void recorder_lost(struct recorder *r);

/* Frees it; nothing may be pending, and redis is closed. Sets *r to NULL. */
void recorder_close(struct recorder **r);

#endif
