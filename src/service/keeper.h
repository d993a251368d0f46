/* The housekeeping thread: keeps this process's lease on each queue, tells
 * workers when retries are due, and gives back the jobs of processes whose
 * lease ran out. */
#ifndef EXTQ_SERVICE_KEEPER_H
#define EXTQ_SERVICE_KEEPER_H

#include "service/pulse.h"
#include "service/shared.h"

/* Starts the thread; it joins each queue as soon as Redis answers.
 * ERR_MEMORY, ERR_IO. */
enum err keeper_start(struct shared *shared, struct keeper **ret) must_check;

/* From any thread: look at due times and leases now. */
void keeper_wake(struct keeper *k);

/* From any thread: give back what is still held, end the leases, end. Takes
 * 2 s at most, also when Redis is away. */
void keeper_leave(struct keeper *k);

/* From any thread: its loop is over; keeper_join will not wait. */
bool keeper_ended(const struct keeper *k);

/* From any thread: Redis answers, and may be used. */
bool keeper_in_touch(const struct keeper *k);

/* From any thread: how it goes on, and how often it was connected. */
const struct pulse *keeper_pulse(const struct keeper *k);
uint64_t keeper_redis_ups(const struct keeper *k);

/* Waits for the thread. */
void keeper_join(struct keeper *k);

/* Frees it, once no thread may wake it any more. Sets *k to NULL. */
void keeper_close(struct keeper **k);

#endif
