/* Has Redis write its append-only file anew after each of its starts.
 *
 * A function's writes are one transaction in that file. When a power cut ends
 * the file within a command of one, Redis (7.0 to 8.0, Valkey to 8.1) leaves
 * the torn half out, but not of the file: the next start carries it out amid
 * what was written since, and jobs are lost or doubled. A rewrite leaves
 * nothing of it. Whether a start met a torn file Redis tells nobody but its
 * log, so each is followed by one, whichever service comes first. */
#ifndef EXTQ_SERVICE_REWRITING_H
#define EXTQ_SERVICE_REWRITING_H

#include "link/redis_facts.h"

#include <stdbool.h>
#include <uv.h>

struct redis;

struct rewriting {
    struct redis *redis; /* NULL = away */
    uv_timer_t timer;
    uint64_t wait_ms; /* until Redis is looked at again */
    bool told;        /* that it cannot be had; until it was */
};

/* On the thread of that loop, as all that follow. */
void rewriting_open(struct rewriting *w, uv_loop_t *loop);

/* Redis came up. What is known of it is looked at at once, and again until
 * the rewrite is done. */
void rewriting_up(struct rewriting *w, struct redis *redis,
                  const struct redis_facts *facts);

/* It is away. */
void rewriting_down(struct rewriting *w);

/* The loop has to run once more. */
void rewriting_close(struct rewriting *w);

#endif
