#include "service/flight_internal.h"

#include "base/clock.h"

/* Jobs are claimed before there are slots for them, as many as come free while
 * a claim waits for its turn and its answer: otherwise slots stay empty until
 * there are enough for another claim, and for as long as Redis takes. Where
 * calls take long nothing comes free meanwhile, and nothing is claimed ahead,
 * for others may have slots; what waited in vain goes back to the queue. */

enum { WAIT_MS = 250, CLAIM_US = 5000 };

/* Jobs whose outcome is being written take up none. */
static unsigned taken(const struct worker *w)
{
    return w->busy_count - w->finishing - w->ahead_count;
}

/* While there are flights. */
static unsigned free_slots(const struct worker *w)
{
    unsigned busy = taken(w);
    unsigned slots =
        busy < w->config->in_flight ? w->config->in_flight - busy : 0;
    unsigned flights = w->flight_count - w->busy_count;

    return slots < flights ? slots : flights;
}

static unsigned less(unsigned all, unsigned some)
{
    return all > some ? all - some : 0;
}

unsigned worker_slots(const struct worker *w)
{
    return less(free_slots(w), w->promised + w->ahead_count);
}

unsigned worker_claimable(const struct worker *w)
{
    unsigned jobs =
        less(free_slots(w) + w->ahead_most, w->promised + w->ahead_count);
    unsigned flights = less(w->flight_count - w->busy_count, w->promised);

    return jobs < flights ? jobs : flights;
}

void worker_note_room(struct worker *w)
{
    atomic_store_explicit(&w->room, free_slots(w), memory_order_relaxed);
}

unsigned worker_room(const struct worker *w)
{
    return atomic_load_explicit(&w->room, memory_order_relaxed);
}

void slots_look(struct worker *w, int64_t now_us)
{
    int64_t since_us = now_us - w->looked_us;
    uint64_t ended = w->ends - w->ends_before;

    if (since_us < CLAIM_US)
        return;
    ended = ended * CLAIM_US / (uint64_t)since_us;
    w->ahead_most = ended < AHEAD_MAX ? (unsigned)ended : AHEAD_MAX;
    w->looked_us = now_us;
    w->ends_before = w->ends;
}

bool slots_exceeded(const struct worker *w)
{
    return w->ahead_count > 0 || taken(w) > w->config->in_flight;
}

void slots_wait(struct flight *f)
{
    struct worker *w = f->intake->worker;

    f->state = FLIGHT_AHEAD;
    TAILQ_INSERT_TAIL(&w->ahead, f, ahead);
    w->ahead_count++;
}

void slots_leave(struct flight *f)
{
    struct worker *w = f->intake->worker;

    if (f->state != FLIGHT_AHEAD)
        return;
    f->state = FLIGHT_READY;
    TAILQ_REMOVE(&w->ahead, f, ahead);
    w->ahead_count--;
}

bool slots_fill(struct worker *w)
{
    struct flight *f;
    bool any = false;

    while ((f = TAILQ_FIRST(&w->ahead)) && taken(w) < w->config->in_flight) {
        slots_leave(f);
        flight_read(f);
        any = true;
    }
    return any;
}

void slots_give_back(struct worker *w)
{
    int64_t since_ms = worker_server_ms(w) - WAIT_MS;
    struct flight *f;

    while ((f = TAILQ_FIRST(&w->ahead)) && f->claimed_ms < since_ms)
        flight_put_back(f, 0);
}
