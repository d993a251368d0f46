/* The reader's handle: a page of outcomes that Redis handed to this member of
 * the group, given out one by one.
 *
 *   reader.c        the handle, giving out, acknowledging
 *   reader_fill.c   the next page: what is left from before, what others left
 *                   behind, what is new
 *   reader_page.c   a page as text */
#ifndef EXTQ_CLIENT_READER_H
#define EXTQ_CLIENT_READER_H

#include "base/buf.h"
#include "client/client.h"

enum { ENTRY_ID_MAX = 48 };

/* An entry's id, then name and value of each field, then an empty name; each
 * with its NUL. */
struct extq_outcome {
    const char *at;
};

struct extq_reader {
    struct client client;
    char group[IDENT_MAX + 1], consumer[IDENT_MAX + 1];
    int64_t take_over_ms;
    bool no_group; /* Redis said so: new, deleted, lost by a failover */
    /* What was handed to us before this connection, and not acknowledged, is
     * read again first, behind this id; empty once there is no more. */
    char behind[ENTRY_ID_MAX];
    int64_t take_due_ms; /* monotonic: when to look what others left */
    struct buf page;     /* entries, one behind the other */
    size_t given;        /* bytes of it that were given out */
    struct extq_outcome now;
    bool open;   /* now may be acknowledged */
    size_t acks; /* queued, without an answer */
};

/* Replaces the page by what comes within wait_ms; an empty page is EXTQ_OK. */
enum extq_status reader_fill(struct extq_reader *r, int64_t wait_ms);

/* Reads the answers of acknowledgements. */
enum extq_status reader_settle(struct extq_reader *r);

/* Queues an acknowledgement: EXTQ_UNAVAILABLE when there is no connection. */
enum extq_status reader_ack(struct extq_reader *r, const char *entry);

/* After the connection broke: all is to be read again. */
enum extq_status reader_lost(struct extq_reader *r);

/* Appends an entry of a reply. ERR_ABSENT when it has no fields any more;
 * ERR_MEMORY. *ret_id is its id, in the reply. */
enum err reader_page_add(struct buf *page, const struct reply *entry,
                         struct span *ret_id);

/* The length of the entry at `at`, all of its NULs included. */
size_t reader_page_step(const char *at);

#endif
