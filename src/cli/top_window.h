/* The outcomes of the last minute of one queue, in bounded memory: how many a
 * second, how long calls took, which fail. */
#ifndef EXTQ_CLI_TOP_WINDOW_H
#define EXTQ_CLI_TOP_WINDOW_H

#include "cli/outcomes_entry.h"
#include "cli/tally.h"

enum { TOP_SLOT_MS = 10000, TOP_SLOTS = 7, TOP_WINDOW_MS = 60000 };

/* What was counted in one piece of time, or in all of them. */
struct top_sums {
    uint64_t delivered, failed; /* attempts */
    struct spread calls;
    struct tally failures; /* those of `failed`, and who */
};

/* Zeroed it is an empty one. */
struct top_window {
    struct top_slot {
        int64_t number; /* its start in unix ms / TOP_SLOT_MS */
        struct top_sums sums;
    } slots[TOP_SLOTS];
    int64_t now_ms;
};

/* Forgets what is too old by then: unix ms of the server. */
void top_window_move(struct top_window *w, int64_t now_ms);

/* Counts the entry where it belongs; what belongs nowhere is passed over.
 * ERR_MEMORY; so with the next. */
enum err top_window_add(struct top_window *w,
                        const struct outcome_entry *entry) must_check;

/* Adds up all but the failures, which are added to *failures. Returns in
 * *ret_span_ms how much time that was. */
enum err top_window_sum(const struct top_window *w, struct top_sums *ret,
                        struct tally *failures,
                        int64_t *ret_span_ms) must_check;

void top_window_clear(struct top_window *w);

#endif
