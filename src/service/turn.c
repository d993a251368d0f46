#include "service/worker_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/rand.h"

enum { GIVE_UP_MS = 3000 };

/* The queue that is served first, each as often as its weight says: when slots
 * come free one by one, whoever is first gets them all. */
static size_t first_queue(struct worker *w, uint64_t weights)
{
    uint64_t ticket = weights ? rand_u32(&w->dice) % weights : 0;

    for (size_t n = 0; n < w->config->queue_count; n++) {
        const struct queue *q = w->intakes[n].queue;

        if (!intake_has_work(&w->intakes[n]))
            continue;
        if (ticket < q->config->weight)
            return n;
        ticket -= q->config->weight;
    }
    return 0;
}

static void share_out(struct worker *w)
{
    size_t count = w->config->queue_count, first;
    uint64_t room = worker_claimable(w), weights = 0;

    for (size_t n = 0; n < count; n++)
        if (intake_has_work(&w->intakes[n]))
            weights += w->intakes[n].queue->config->weight;
    first = first_queue(w, weights);
    for (size_t n = 0; n < count; n++) {
        struct intake *i = &w->intakes[(first + n) % count];
        uint64_t share =
            weights ? (room * i->queue->config->weight + weights - 1) / weights
                    : room;
        intake_take_parked(i, (unsigned)share);
        intake_claim(i, (unsigned)share);
    }
}

static void claim_some(struct worker *w)
{
    w->claim_due_us = INT64_MAX;
    if (!isolation_turn(w))
        share_out(w);
}

/* The turn that follows does what there is to do. */
static void claim_due(uv_timer_t *timer)
{
    (void)timer;
}

static void wait_for_more(struct worker *w, int64_t looked_us)
{
    int64_t next_us = worker_gates_next_us(w, looked_us), wait_us;

    if (w->claim_due_us < next_us)
        next_us = w->claim_due_us;
    if (next_us == INT64_MAX) {
        uv_timer_stop(&w->claim_timer);
        return;
    }
    wait_us = next_us - clock_mono_us();
    uv_update_time(&w->loop);
    check(uv_timer_start(&w->claim_timer, claim_due,
                         wait_us > 0 ? (uint64_t)wait_us / 1000 + 1 : 1,
                         0) == 0);
}

static void record_some(struct worker *w)
{
    for (size_t n = 0; n < w->config->queue_count; n++)
        recorder_flush(w->intakes[n].recorder);
}

/* Claims before the requests, for Redis to have its part done meanwhile: where
 * extensions answer at once, libcurl ends all that it began before it returns.
 * Outcomes after them, in one batch with those that ended at once; and claims
 * for the slots that came free. */
static void work(struct worker *w)
{
    int64_t now_us = clock_mono_us();

    slots_look(w, now_us);
    claim_some(w);
    redis_links_flush(w->links);
    do
        http_flush(w->http);
    while (slots_fill(w));
    record_some(w);
    claim_some(w);
    wait_for_more(w, now_us);
    for (size_t n = 0; w->bells && n < w->config->queue_count; n++)
        bell_arm(w->bells[n]);
}

static void hand_back(struct worker *w)
{
    struct flight *f, *next;

    failpoint("handing_back", NULL);
    if (!w->give_up_ms)
        w->give_up_ms = clock_mono_ms() + GIVE_UP_MS;
    for (f = LIST_FIRST(&w->busy); f; f = next) {
        next = LIST_NEXT(f, next);
        if (!f->hand_back)
            flight_hand_back(f);
    }
}

static void wind_up(struct worker *w, enum phase phase)
{
    if (phase == PHASE_HAND_BACK)
        hand_back(w);
    for (size_t n = 0; w->bells && n < w->config->queue_count; n++)
        bell_close(&w->bells[n]);
    do
        http_flush(w->http);
    while (slots_fill(w));
    record_some(w);
    for (size_t n = 0; n < w->config->queue_count; n++)
        intake_recover(&w->intakes[n]);
}

void worker_turn(struct worker *w, enum phase phase)
{
    for (size_t n = 0; n < w->config->queue_count; n++) {
        intake_follow_lease(&w->intakes[n]);
        intake_tell_again(&w->intakes[n]);
        intake_read_gates(&w->intakes[n]);
        intake_end_pause(&w->intakes[n]);
    }
    if (phase == PHASE_RUN)
        work(w);
    else
        wind_up(w, phase);
    redis_links_flush(w->links);
}
