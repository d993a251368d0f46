/* What a gate counts: whether an extension's calls fail too often, how many of
 * them may run at a time, and how many in a second. Pure: times come from the
 * caller's clock, in one unit throughout. */
#ifndef EXTQ_MODEL_GATE_H
#define EXTQ_MODEL_GATE_H

#include <stdbool.h>
#include <stdint.h>

/* When calls are given up for a while, and for how long. */
struct circuit {
    uint32_t failures; /* percent of the calls counted; 0 = never */
    uint32_t calls;    /* fewer than this say nothing; >= 1 */
    int64_t window_ms; /* calls older than this are not counted */
    int64_t wait_ms;   /* until the first probe; doubles with each that fails */
    int64_t cap_ms;    /* no wait is longer */
};

/* The calls of the last half to whole window, in two halves, the newer one
 * first. All zero = none. */
struct gate_window {
    int64_t since_ms; /* when the newer half began */
    uint32_t calls[2], failures[2];
};

/* Counts a call that ended now; true when the circuit is to open: enough calls
 * were made, and too many of them failed. */
bool gate_window_add(struct gate_window *w, const struct circuit *circuit,
                     bool failed, int64_t now_ms);

/* How long the gate stays shut after `step` failed probes in a row. dice is
 * uniform over all 32-bit values; it takes off a fifth at most, so that caps
 * hold. Never negative. */
int64_t gate_wait_ms(const struct circuit *circuit, uint32_t step,
                     uint32_t dice);

/* One service's part of a limit that holds over all of them: the parts of ranks
 * 0 to services - 1 add up to it. The name spreads what does not divide, so
 * that not one service gets all of it. services 0 = not known yet: nothing. */
uint32_t gate_share(uint32_t limit, uint32_t services, uint32_t rank,
                    const char *name);

/* Slow start: how many may run at a time after a gate opened. 0 = no bound. */
enum { GATE_START = 1 };

/* After a success: one more, and no bound once the limit is reached. */
uint32_t gate_start_grow(uint32_t allowance, uint32_t limit);

/* What is known of an extension that was stopped, in a word: its URL's
 * number. */
enum { GATE_MARK_SIZE = 17 };
void gate_mark(char ret[GATE_MARK_SIZE], const char *url);

/* A rate: calls of at most GATE_BURST_US at once, then one per interval. It is
 * the time at which all that was taken will have been earned. */
struct gate_pace {
    int64_t earned_us; /* monotonic */
};

enum { GATE_BURST_US = 100000 };

/* Between two calls, in us, of one of so many services; 0 = no rate. */
int64_t gate_interval_us(uint32_t per_second, uint32_t services);

/* When the next call may be made; not later than now_us: at once. */
int64_t gate_pace_next_us(const struct gate_pace *p, int64_t interval_us);

/* Calls that may be made now, `most` at most. */
uint32_t gate_pace_room(const struct gate_pace *p, int64_t interval_us,
                        int64_t now_us, uint32_t most);

/* Takes so many; gives back with a negative count. */
void gate_pace_take(struct gate_pace *p, int64_t interval_us, int64_t now_us,
                    int32_t count);

#endif
