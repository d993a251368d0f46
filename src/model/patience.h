/* When to ask a Redis again that refused: pure.
 *
 * All who ask on one thread share its patience. Each waits a little, not all
 * of them as long, and together they ask PATIENCE_PER_S times a second at
 * most, however many they are. Once one of those who were refused is answered,
 * the others wait no longer than if they were alone. */
#ifndef EXTQ_MODEL_PATIENCE_H
#define EXTQ_MODEL_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PATIENCE_PER_S = 12,
    PATIENCE_MIN_MS = 150,
    PATIENCE_MAX_MS = 250,
};

/* Of one thread; begins as zeros but for the dice. Times are monotonic. */
struct patience {
    uint64_t dice;
    int64_t last_ms; /* the last turn that was given */
    unsigned relief; /* how often one was answered that had been refused */
};

/* One asker's; all zero = it need not wait. */
struct patience_turn {
    int64_t at_ms, alone_ms;
    unsigned relief;
};

/* It was refused, or had no answer. While it waits already, nothing changes. */
void patience_refused(struct patience *p, struct patience_turn *t,
                      int64_t now_ms);

/* It was answered. */
void patience_answered(struct patience *p, struct patience_turn *t);

/* How long it has to wait; 0 = it may ask. */
int64_t patience_wait_ms(const struct patience *p,
                         const struct patience_turn *t, int64_t now_ms);

#endif
