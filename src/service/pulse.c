#include "service/pulse.h"

#include "base/check.h"
#include "base/clock.h"

enum { CALM_MS = 1000 };

int64_t pulse_calm_ms(int64_t stuck_ms)
{
    return stuck_ms / 3 < CALM_MS ? stuck_ms / 3 : CALM_MS;
}

static void plan(struct pulse *p)
{
    int64_t every_ms = (int64_t)uv_timer_get_repeat(&p->timer);

    /* The loop's clock is CLOCK_MONOTONIC too, and timers count from it. */
    atomic_store(&p->due_us,
                 ((int64_t)uv_now(p->timer.loop) + every_ms) * 1000);
}

static void beat(uv_timer_t *timer)
{
    struct pulse *p = timer->data;
    int64_t now_us = clock_mono_us();
    int64_t late_us = now_us - atomic_load(&p->due_us);

    atomic_store(&p->late_us, late_us > 0 ? late_us : 0);
    atomic_store(&p->beat_ms, now_us / 1000);
    plan(p);
    if (p->beaten)
        p->beaten(p->arg);
}

void pulse_open(struct pulse *p, uv_loop_t *loop)
{
    check(uv_timer_init(loop, &p->timer) == 0);
    p->timer.data = p;
    atomic_store(&p->beat_ms, clock_mono_ms());
}

void pulse_every(struct pulse *p, int64_t every_ms)
{
    uint64_t ms = (uint64_t)every_ms;

    if (uv_timer_get_repeat(&p->timer) == ms)
        return;
    check(uv_timer_start(&p->timer, beat, ms, ms) == 0);
    plan(p);
}

int64_t pulse_age_ms(const struct pulse *p)
{
    int64_t age_ms = clock_mono_ms() - atomic_load(&p->beat_ms);

    return age_ms > 0 ? age_ms : 0;
}

int64_t pulse_lag_us(const struct pulse *p)
{
    int64_t missing_us = clock_mono_us() - atomic_load(&p->due_us);
    int64_t late_us = atomic_load(&p->late_us);

    return missing_us > late_us ? missing_us : late_us;
}

void pulse_close(struct pulse *p)
{
    uv_close((uv_handle_t *)&p->timer, NULL);
}
