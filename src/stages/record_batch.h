/* A batch of finished jobs as the words of one command: text in one arena,
 * so that a job costs no allocation. */
#ifndef EXTQ_STAGES_RECORD_BATCH_H
#define EXTQ_STAGES_RECORD_BATCH_H

#include "stages/record.h"

#include <sys/queue.h>

/* Redis serves nobody else while it carries a batch out: it ends early where
 * the jobs that it moves, and its words, have so many bytes. */
enum { BATCH_JOBS = 128, BATCH_BYTES = 4 << 20 };

struct batch {
    TAILQ_ENTRY(batch) next;
    struct recorder *owner;
    char epoch[EPOCH_MAX]; /* whose claims it finishes */
    struct buf arena;      /* the words, as Redis reads them */
    size_t word_count;
    void *jobs[BATCH_JOBS]; /* the entries' args */
    size_t job_count;
    size_t moved;              /* bytes of the jobs that Redis will move */
    struct patience_turn turn; /* when it may be sent again */
    bool again;                /* was sent before: nothing may be added */
    bool moves;                /* some jobs go on to another key */
    bool sent;
    bool missing; /* the library was, when it was sent last */
};

/* An empty batch. NULL when out of memory. */
struct batch *batch_make(struct recorder *owner);

/* Whether the entry fits; into an empty one it always does. */
bool batch_has_room(const struct batch *b, const struct record_entry *e);

/* Appends the entry's words, with so many bytes of the answer. On ERR_MEMORY
 * the batch is as it was. */
enum err batch_add(struct batch *b, const struct record_entry *e,
                   size_t body_keep) must_check;

/* Empties it and keeps the memory. */
void batch_reset(struct batch *b);

void batch_free(struct batch *b);

#endif
