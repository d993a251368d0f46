/* The figures of `extq stats` as a page for people and as JSON. */
#ifndef EXTQ_CLI_STATS_WRITE_H
#define EXTQ_CLI_STATS_WRITE_H

#include "cli/stats_read.h"
#include "link/redis_facts.h"

/* Where the figures came from. */
struct stats_redis {
    const char *address; /* for people and producers */
    const char *socket;  /* path; "" = none */
    const char *version;
    const struct redis_facts *facts;
    bool embedded;
};

/* Appends one paragraph per call. ERR_MEMORY, ERR_LIMIT. */
enum err stats_redis_page(const struct stats_redis *redis, bool colour,
                          struct buf *out) must_check;
/* A line for a Redis that is full. */
enum err stats_full_page(const struct redis_facts *facts, bool colour,
                         struct buf *out) must_check;
enum err stats_queue_page(const struct stats_queue *q, bool colour,
                          struct buf *out) must_check;

/* Of that the lines on who works on it. */
enum err stats_services_page(const struct stats_queue *q,
                             struct buf *out) must_check;

/* Appends one JSON object on one line. */
enum err stats_json(const struct stats_redis *redis,
                    const struct stats_queue *queues, size_t count,
                    struct buf *out) must_check;

#endif
