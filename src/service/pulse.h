/* Whether an event loop goes on: beaten by a timer of the loop, read from any
 * thread. */
#ifndef EXTQ_SERVICE_PULSE_H
#define EXTQ_SERVICE_PULSE_H

#include <stdatomic.h>
#include <stdint.h>
#include <uv.h>

struct pulse {
    uv_timer_t timer;
    void (*beaten)(void *arg); /* NULL = nobody is called */
    void *arg;
    _Atomic int64_t beat_ms; /* monotonic: when it last beat */
    _Atomic int64_t late_us; /* by so much later than planned */
    _Atomic int64_t due_us;  /* monotonic: when it is to beat next */
};

/* How often a loop beats that has nothing else to do, in ms: so that who takes
 * no beat for stuck_ms as trouble hears some in that time. */
int64_t pulse_calm_ms(int64_t stuck_ms);

/* Before the loop runs: as if it had beaten now. */
void pulse_open(struct pulse *p, uv_loop_t *loop);

/* Beats at this pace, from now on if it is another one. */
void pulse_every(struct pulse *p, int64_t every_ms);

/* How long it has stood still; 0 to about every_ms while all is well. */
int64_t pulse_age_ms(const struct pulse *p);

/* How much later than planned the loop gets to what is due: the last beat's
 * delay, or that of the one that is missing. */
int64_t pulse_lag_us(const struct pulse *p);

/* Beats no more; the loop has to run once more. */
void pulse_close(struct pulse *p);

#endif
