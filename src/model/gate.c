#include "model/gate.h"

static const double jitter = 0.2;

static void turn_window(struct gate_window *w, int64_t half_ms, int64_t now_ms)
{
    int64_t age_ms;

    if (w->calls[0] == 0 && w->calls[1] == 0)
        w->since_ms = now_ms;
    age_ms = now_ms - w->since_ms;
    if (age_ms >= 0 && age_ms < half_ms)
        return;
    if (age_ms >= 0 && age_ms < 2 * half_ms) {
        w->calls[1] = w->calls[0];
        w->failures[1] = w->failures[0];
        w->since_ms += half_ms;
    } else {
        w->calls[1] = w->failures[1] = 0;
        w->since_ms = now_ms;
    }
    w->calls[0] = w->failures[0] = 0;
}

bool gate_window_add(struct gate_window *w, const struct circuit *circuit,
                     bool failed, int64_t now_ms)
{
    int64_t half_ms = circuit->window_ms / 2;
    uint64_t calls, failures;

    turn_window(w, half_ms > 0 ? half_ms : 1, now_ms);
    w->calls[0] += w->calls[0] < UINT32_MAX;
    w->failures[0] += failed && w->failures[0] < UINT32_MAX;
    calls = (uint64_t)w->calls[0] + w->calls[1];
    failures = (uint64_t)w->failures[0] + w->failures[1];
    /* Only a failure says that now is the time. */
    return failed && circuit->failures > 0 && calls >= circuit->calls &&
           failures * 100 >= calls * circuit->failures;
}

int64_t gate_wait_ms(const struct circuit *circuit, uint32_t step,
                     uint32_t dice)
{
    int64_t wait_ms = circuit->cap_ms;

    if (step < 62 && circuit->wait_ms <= circuit->cap_ms >> step)
        wait_ms = (int64_t)((uint64_t)circuit->wait_ms << step);
    if (wait_ms <= 0)
        return 0;
    return wait_ms - (int64_t)((double)wait_ms * jitter * dice / UINT32_MAX);
}

/* FNV-1a: every service must come to the same number. */
static uint64_t number_of(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return hash;
}

uint32_t gate_share(uint32_t limit, uint32_t services, uint32_t rank,
                    const char *name)
{
    uint64_t turn;

    if (services == 0)
        return 0;
    turn = (rank + number_of(name) % services) % services;
    return limit / services + (turn < limit % services);
}

void gate_mark(char ret[GATE_MARK_SIZE], const char *url)
{
    uint64_t number = number_of(url);

    ret[GATE_MARK_SIZE - 1] = '\0';
    for (unsigned i = GATE_MARK_SIZE - 1; i-- > 0; number >>= 4)
        ret[i] = "0123456789abcdef"[number & 15];
}

uint32_t gate_start_grow(uint32_t allowance, uint32_t limit)
{
    if (allowance == 0 || allowance >= limit)
        return 0;
    return allowance + 1;
}

int64_t gate_interval_us(uint32_t per_second, uint32_t services)
{
    if (per_second == 0)
        return 0;
    return (int64_t)1000000 * (services > 0 ? services : 1) / per_second;
}

int64_t gate_pace_next_us(const struct gate_pace *p, int64_t interval_us)
{
    int64_t burst_us =
        interval_us < GATE_BURST_US ? GATE_BURST_US - interval_us : 0;

    return p->earned_us - burst_us;
}

uint32_t gate_pace_room(const struct gate_pace *p, int64_t interval_us,
                        int64_t now_us, uint32_t most)
{
    int64_t next_us = gate_pace_next_us(p, interval_us), room;

    if (interval_us <= 0)
        return most;
    if (now_us < next_us)
        return 0;
    /* What lies behind is not earned twice. */
    if (p->earned_us < now_us)
        next_us += now_us - p->earned_us;
    room = (now_us - next_us) / interval_us + 1;
    return room < (int64_t)most ? (uint32_t)room : most;
}

void gate_pace_take(struct gate_pace *p, int64_t interval_us, int64_t now_us,
                    int32_t count)
{
    if (count > 0 && p->earned_us < now_us)
        p->earned_us = now_us;
    p->earned_us += count * interval_us;
}
