/* Pushes jobs at a steady rate from a thread of its own, and writes into the
 * ledger "produced" what became of each push. It never pushes a job twice: no
 * answer means "maybe". */
#ifndef EXTQ_FAULTS_PRODUCER_H
#define EXTQ_FAULTS_PRODUCER_H

#include "link/redis.h"

#include <stdbool.h>

struct producer_options {
    const struct redis_address *address; /* borrowed */
    const char *folder;                  /* the ledgers' */
    const char *queue;
    unsigned first, count; /* jobs j-<first> on */
    unsigned replicas;     /* that must have a job before it counts as acked */
    unsigned per_second;   /* 0 = as fast as it goes */
    const char *kinds;     /* one of them for each job in turn: 'o'k, 's'low,
                              'r'etry, 'd'ead, 'h'old, 'n'one, 'f'laky, 'm'oved,
                              'c'apped, 't'ripping, 'b'usy: capped as well,
                              but so many at once that few wait long */
};

struct producer;

/* Fails the test when it cannot. */
struct producer *producer_start(const struct producer_options *options);

bool producer_ended(const struct producer *p);

/* Waits for its end; sets *p to NULL. */
void producer_close(struct producer **p);

/* Pushes them here and now: producer_start, and waits. */
void produce(const struct producer_options *options);

#endif
