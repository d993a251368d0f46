/* One look at a queue and at who works on it. */
#ifndef EXTQ_CLI_STATS_READ_H
#define EXTQ_CLI_STATS_READ_H

#include "cli/connect.h"
#include "cli/gates_scan.h"
#include "link/keys.h"

enum { TOTALS = 7, ABOUT_MAX = 4096 };

/* The counters of the meta hash, in the order they are shown. */
extern const char *const stats_totals[TOTALS];

/* A service process that holds a lease, or held one until lately. */
struct stats_service {
    char epoch[EPOCH_MAX];
    int64_t lease_ms; /* left; not positive = over, its jobs go back */
    int64_t held;     /* jobs */
    struct buf about; /* JSON as the service wrote it; hostile */
};

struct stats_queue {
    const char *name;
    struct queue_keys keys;
    int64_t waiting, later, due, held, dead, outcomes;
    int64_t waited_ms; /* the first that waits, at least; see waiting.lua */
    int64_t totals[TOTALS];
    struct stats_service *services; /* owned */
    size_t service_count;
    int64_t now_ms;         /* the server's */
    struct gate_row pause;  /* of the queue as a whole, or GATE_NONE */
    struct gate_rows gates; /* those with most jobs first */
};

/* The numbers of the configuration's queues in the order that reads them best:
 * in a cluster those of one server together, so that it is connected to once;
 * otherwise as they are. */
struct stats_order {
    size_t at[QUEUES_MAX];
};
struct stats_order stats_order(const struct config *c);

/* Of the gates so many are shown one by one. */
enum { STATS_WORST = 5 };

/* Fills in everything of the queue; name is borrowed; now_ms is the
 * server's. ERR_REDIS, ERR_MEMORY, ERR_REPLY with the refusal in *ret_reply,
 * which is the connection's; *ret is for stats_queue_clear in every case. */
enum err stats_queue_read(struct connection *c, const char *name,
                          int64_t now_ms, struct stats_queue *ret,
                          const struct reply **ret_reply) must_check;

void stats_queue_clear(struct stats_queue *q);

#endif
