/* The producer's handle: jobs on their way, oldest first, in a ring.
 *
 *   producer.c   taking jobs, settling them, the window
 *   enqueue.c    one and many, waited for
 *   job.c        from a struct to checked bytes */
#ifndef EXTQ_CLIENT_PRODUCER_H
#define EXTQ_CLIENT_PRODUCER_H

#include "client/client.h"
#include "model/job.h"

/* A job whose answer has not come. */
struct slot {
    char id[EXTQ_ID_SIZE];
    void *arg;             /* for done */
    enum extq_status *ret; /* instead of done, when not NULL */
};

struct extq {
    struct client client;
    void (*done)(void *owner, void *arg, const char *id,
                 enum extq_status status);
    void *owner;
    struct buf text; /* of the job at hand */
    struct job job;  /* the same, as the service reads it */
    uint64_t waiting;
    enum extq_status first; /* that was not OK since the last flush */
    bool telling;           /* done is being called */
    size_t unsent;          /* bytes queued since replies were read */
    size_t window, oldest, count;
    struct slot slots[]; /* window of them */
};

/* Writes the job into x->text and reads it as the service will, into x->job.
 * EXTQ_INVALID, EXTQ_NO_MEMORY. */
enum extq_status producer_check(struct extq *x, const struct extq_job *job);

/* Takes a job; its status goes to *ret, or to done when that is NULL. */
enum extq_status producer_take(struct extq *x, const struct extq_job *job,
                               void *arg, enum extq_status *ret);

/* Waits until at most `keep` jobs are on their way. */
void producer_drain(struct extq *x, size_t keep);

/* Whether calls are allowed: not from inside done, nor on NULL. */
bool producer_is_free(struct extq *x);

#endif
