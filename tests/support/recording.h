/* A recorder on a real connection to a private redis-server, with a note of
 * what became of each job. */
#ifndef EXTQ_SUPPORT_RECORDING_H
#define EXTQ_SUPPORT_RECORDING_H

#include "stages/record.h"
#include "support/functions.h"
#include "support/redis_link.h"

enum { RECORDING_JOBS = 300 };

struct fate {
    int settled, lost;
};

struct recording {
    struct functions f;
    struct patience patience;
    struct redis_link l;
    struct recorder *recorder;
    struct holder holder;
    struct epoch mine;                     /* what the holder starts with */
    struct fate fates[RECORDING_JOBS + 1]; /* of {"n":1} and so on */
    int settled, leases_lost, refusals;
    char lost_epoch[EPOCH_MAX], refusal[256];
    void (*on_settled)(struct recording *r, const struct fate *fate);
};

/* Opens the server, joins, connects. Bodies are kept to 16 bytes. */
void recording_open(struct recording *r);

/* Closes all; fails the test when something is left. */
void recording_close(struct recording *r);

/* What is recorded from here on belongs to that epoch. */
void recording_hold_under(struct recording *r, const struct epoch *epoch);

/* Pushes the jobs and claims them for the holder. */
void recording_claim(struct recording *r, int from, int to);

/* Records the end of {"n":n}: field, header, job and arg are filled in. */
void recording_add(struct recording *r, int n, struct record_entry e);
void recording_deliver(struct recording *r, int from, int to);

extern const struct outcome recording_delivered, recording_retry,
    recording_dead;

/* Flushes the recorder and runs the loop once. */
void recording_turn(struct recording *r);

#define recording_until(r, condition, sentence)                                \
    wait_until((recording_turn(r), (condition)), LINK_LIMIT_MS, (sentence))

/* Nothing is pending, and each of the jobs was settled once, lost or not. */
void recording_each_once(struct recording *r, int from, int to, int lost);

/* How many outcome entries there are. */
int64_t recording_outcomes(struct recording *r);

#endif
