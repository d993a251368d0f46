/* Letters in Redis: jobs that are dead, wait for a time, or at a gate. Reads
 * them page by page, however many there are, and writes the one command that
 * acts on a page of them.
 *
 * Reading takes plain commands alone; acting is src/lua/letters.lua. A letter
 * that services move meanwhile is not acted on: it is not there any more. */
#ifndef EXTQ_STAGES_LETTERS_H
#define EXTQ_STAGES_LETTERS_H

#include "link/keys.h"
#include "link/paging.h"
#include "link/redis_sync.h"
#include "model/gate_state.h"
#include "model/letter.h"

enum { LETTERS_CURSOR_MAX = 48 };

/* A walk through all letters of one place of a queue, as they are wanted or
 * not. */
struct letters_walk {
    struct redis_sync *redis; /* borrowed; so are the next two */
    const struct queue_keys *keys;
    const struct letters_wanted *wanted;
    enum letter_place place;
    bool for_people; /* the dead newest first, the others oldest first; what is
                        there all the time may then be missed while others
                        come and go. Otherwise it is not, but may come twice */
    const struct reply *reply; /* the last one: a page, or a refusal */
    bool over;                 /* no page is left */

    /* The walk's own. */
    uint64_t page;
    char cursor[LETTERS_CURSOR_MAX];
    int64_t at;       /* elements of a list, or of a set in order, behind us */
    int64_t left;     /* of a list's, as long as it was when we came */
    struct buf gates; /* names still to be gone to, one a line */
    size_t gate_at;   /* of the next one in there */
    bool gates_known;
    char gate[GATE_NAME_SIZE];
    struct job job; /* of the letter at hand */
};

/* The walk's start. Borrows from all that is given here. */
struct letters_walk letters_walk_make(struct redis_sync *redis,
                                      const struct queue_keys *keys,
                                      enum letter_place place,
                                      const struct letters_wanted *wanted);

/* Before the first page of dead letters: as if those up to that entry had been
 * read. False when that can be no entry's id. */
bool letters_walk_behind(struct letters_walk *w, struct span entry);

/* Reads the next page, of at most `most` letters. ERR_REDIS, ERR_MEMORY;
 * ERR_REPLY with the refusal in w->reply. Sets w->over when there was none. */
enum err letters_walk_page(struct letters_walk *w, uint64_t most) must_check;

/* How many are on it, and the i-th: its spans live until the next one is read,
 * those of its name until the next page. ERR_MEMORY. */
size_t letters_walk_count(const struct letters_walk *w);
enum err letters_walk_at(struct letters_walk *w, size_t i,
                         struct letter *ret) must_check;

/* So many on this page were taken away by us. */
void letters_walk_took(struct letters_walk *w, uint64_t count);

void letters_walk_clear(struct letters_walk *w);

enum letters_op { LETTERS_RETRY, LETTERS_DROP };

/* What is done, and to whose letters. */
struct letters_order {
    const struct queue_keys *keys;
    enum letters_op op;
    enum letter_place place;
    const char *gate; /* of parked ones, see letters_walk.gate */
    size_t outcomes_max;
    const char *by;          /* the outcome's `worker` field */
    uint32_t suspect_claims; /* what retried killers of workers begin with: one
                                less than are run alone */
};

/* Letters that are to be acted on, copied from their pages. */
struct letters_batch;

/* NULL when out of memory. */
struct letters_batch *letters_batch_open(void);
void letters_batch_close(struct letters_batch **b);

/* Forgets the letters. */
void letters_batch_reset(struct letters_batch *b);

/* ERR_MEMORY. */
enum err letters_batch_add(struct letters_batch *b,
                           const struct letter *l) must_check;
size_t letters_batch_count(const struct letters_batch *b);

/* The command for `count` letters (>= 1) from the first one on: words for
 * redis_ask or redis_send, which borrow from all that is given here until the
 * next call. */
void letters_batch_words(struct letters_batch *b,
                         const struct letters_order *order, size_t first,
                         size_t count, struct redis_words *ret);

/* How many it acted on, of its reply. ERR_REPLY: it was refused. */
enum err letters_done(const struct reply *reply, uint64_t *ret) must_check;

#endif
