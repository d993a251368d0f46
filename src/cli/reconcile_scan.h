/* Looks through all of a queue's keys, page by page, for the jobs of a ledger.
 * Only reads; a live queue goes on meanwhile. */
#ifndef EXTQ_CLI_RECONCILE_SCAN_H
#define EXTQ_CLI_RECONCILE_SCAN_H

#include "cli/connect.h"
#include "cli/pace.h"
#include "cli/progress.h"
#include "cli/reconcile_ids.h"
#include "link/keys.h"
#include "model/job.h"

enum { STREAM_BEHIND_MAX = 48 };

/* What is known of the outcome stream's missing beginning. */
struct trail {
    uint64_t gone;      /* entries that were in it before its first one */
    int64_t first_ms;   /* unix ms of the first one; 0 = it was never cut */
    uint64_t read;      /* entries that were read */
    bool cut_meanwhile; /* entries went before they could be read */
};

struct scan {
    struct connection *connection;
    struct id_set *ids;
    struct queue_keys keys;
    struct pace pace;
    struct progress progress;
    struct trail trail;
    struct job job;            /* of the record at hand */
    const struct reply *reply; /* the last one; the connection's */
    uint64_t page;             /* how many entries to ask for next */
    uint64_t entries;          /* read so far */
    uint64_t found;            /* ids that were unknown before */
    char outcomes_behind[STREAM_BEHIND_MAX]; /* read up to this entry */
    char dead_behind[STREAM_BEHIND_MAX];
};

/* Fills in the states of the ledger (an open connection's, borrowed like it).
 * Returns an exit_code; what went wrong was said, and then the states are not
 * to be relied on. scan_clear in every case. */
int scan_run(struct scan *s, struct connection *connection, struct id_set *ids,
             const char *queue, int64_t per_s);

void scan_clear(struct scan *s);

#endif
