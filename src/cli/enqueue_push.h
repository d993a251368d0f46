/* Jobs on their way into a queue: collected into batches, each pushed by one
 * LPUSH, so that a batch is in the queue as a whole or not at all. */
#ifndef EXTQ_CLI_ENQUEUE_PUSH_H
#define EXTQ_CLI_ENQUEUE_PUSH_H

#include "base/buf.h"
#include "base/ident.h"
#include "cli/connect.h"
#include "link/keys.h"

enum { PUSH_JOBS_MAX = 512, PUSH_BYTES_MAX = 1 << 20 };

struct pusher {
    struct connection *connection;
    struct queue_keys keys;
    bool print_ids;
    uint64_t pushed;
    struct buf bytes; /* of the batch, job behind job */
    size_t count;
    size_t ends[PUSH_JOBS_MAX];
    char ids[PUSH_JOBS_MAX][IDENT_MAX + 1];
};

/* NULL when out of memory. The connection outlives the pusher. */
struct pusher *pusher_open(struct connection *connection, const char *queue,
                           bool print_ids);

/* Copies the job into the batch; pushes the batch first when there is no room
 * for it. Returns an exit_code; what went wrong was said. */
int pusher_add(struct pusher *p, struct span job, const char *id);

/* Pushes what was collected; prints the ids once Redis has them. */
int pusher_flush(struct pusher *p);

void pusher_close(struct pusher **p);

#endif
