/* The threads of one configuration: a keeper and N workers, started and ended
 * together. A reload runs two pools for a while: the new one claims, the old
 * one drains. */
#ifndef EXTQ_SERVICE_POOL_H
#define EXTQ_SERVICE_POOL_H

#include "service/config.h"

struct pool;
struct shared;

/* Starts all threads and takes over *config (set to NULL; on failure too).
 * ERR_MEMORY, ERR_IO. */
enum err pool_start(struct config **config, struct pool **ret) must_check;

/* Stop claiming; what is in flight may end. */
void pool_drain(struct pool *p);

/* What is in flight goes back to the queue now. */
void pool_hand_back(struct pool *p);

/* Moves the end along: once the workers have ended, has the others leave.
 * True when every thread has ended. */
bool pool_ended(struct pool *p);

/* The configuration it runs with; borrowed. */
const struct config *pool_config(const struct pool *p);

/* What its threads share; borrowed. */
const struct shared *pool_shared(const struct pool *p);

/* Jobs in flight, about. */
unsigned pool_busy(const struct pool *p);

/* Waits for the threads, frees everything. Sets *p to NULL. */
void pool_close(struct pool **p);

#endif
