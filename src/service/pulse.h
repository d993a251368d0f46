/* Whether an event loop goes on: beaten by a timer of the loop, read from any
 * thread. */
#ifndef EXTQ_SERVICE_PULSE_H
#define EXTQ_SERVICE_PULSE_H

#include <stdatomic.h>
#include <stdint.h>
#include <uv.h>

enum { PULSE_MS = 250 };

struct pulse {
    _Atomic int64_t beat_ms; /* monotonic: when it last beat */
    _Atomic int64_t late_us; /* by so much later than planned */
    int64_t due_us;          /* the loop's own */
};

/* Before the loop runs: as if it had beaten now. */
void pulse_open(struct pulse *p);

/* From a timer of the loop that repeats every PULSE_MS. */
void pulse_beat(struct pulse *p, const uv_loop_t *loop);

/* How long it has stood still; 0 to about PULSE_MS while all is well. */
int64_t pulse_age_ms(const struct pulse *p);

/* How much later than planned the loop gets to what is due: the last beat's
 * delay, or that of the one that is missing. */
int64_t pulse_lag_us(const struct pulse *p);

#endif
