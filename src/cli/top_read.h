/* What `extq top` shows: the figures of `extq stats`, read anew each time, and
 * the outcomes of the last minute, followed. */
#ifndef EXTQ_CLI_TOP_READ_H
#define EXTQ_CLI_TOP_READ_H

#include "cli/outcomes_read.h"
#include "cli/stats_read.h"
#include "cli/top_window.h"
#include "link/redis_facts.h"

struct top_queue {
    struct stats_queue stats;
    struct outcomes_reader reader;
    struct top_window window;
    size_t left;     /* entries that may be read at this look */
    bool begun;      /* its stream was read before */
    int64_t lost_ms; /* when entries were passed over last; 0 = never */
    enum err err;
};

struct top_figures {
    struct connection *connection;
    struct top_queue *queues; /* owned */
    size_t count;
    int64_t now_ms; /* the server's, at the last look */
    struct redis_facts facts;
};

/* Of all queues of the configuration, or of `only`; takes SIGINT and SIGTERM
 * over. Connection and name are borrowed. ERR_MEMORY. */
enum err top_figures_open(struct connection *c, const char *only,
                          struct top_figures *ret) must_check;

/* Looks once. *ret_ended: a signal came meanwhile. ERR_REDIS, ERR_MEMORY,
 * ERR_REPLY with the refusal in *ret_reply, which is the connection's. */
enum err top_figures_read(struct top_figures *f, bool *ret_ended,
                          const struct reply **ret_reply) must_check;

void top_figures_close(struct top_figures *f);

#endif
