#include "service/pulse.h"

#include "base/clock.h"

void pulse_open(struct pulse *p)
{
    atomic_store(&p->beat_ms, clock_mono_ms());
    atomic_store(&p->late_us, 0);
    p->due_us = 0;
}

void pulse_beat(struct pulse *p, const uv_loop_t *loop)
{
    int64_t now_us = clock_mono_us();
    int64_t late_us = p->due_us ? now_us - p->due_us : 0;

    atomic_store(&p->late_us, late_us > 0 ? late_us : 0);
    atomic_store(&p->beat_ms, now_us / 1000);
    /* The loop's clock is CLOCK_MONOTONIC too, and timers count from it. */
    p->due_us = ((int64_t)uv_now(loop) + PULSE_MS) * 1000;
}

int64_t pulse_age_ms(const struct pulse *p)
{
    int64_t age_ms = clock_mono_ms() - atomic_load(&p->beat_ms);

    return age_ms > 0 ? age_ms : 0;
}

int64_t pulse_lag_us(const struct pulse *p)
{
    int64_t missing_us = (pulse_age_ms(p) - PULSE_MS) * 1000;
    int64_t late_us = atomic_load(&p->late_us);

    return missing_us > late_us ? missing_us : late_us;
}
