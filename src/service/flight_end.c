#include "service/flight_internal.h"
#include "service/keeper.h"

#include "base/clock.h"
#include "base/failpoint.h"

enum { HEADER_MAX = 1024 };

void flight_finish(struct flight *f, struct record_entry *e)
{
    struct intake *i = f->intake;
    struct worker *w = i->worker;
    bool has_slot = f->state != FLIGHT_AHEAD;

    e->field = span_of(f->field);
    e->job = &f->job;
    e->at_ms = f->started_ms ? f->started_ms : worker_server_ms(w);
    e->bytes = f->bytes;
    e->arg = f;
    slots_leave(f);
    f->state = FLIGHT_FINISHING;
    if (failpoint("recording", f->job.id) || record(i->recorder, e)) {
        flight_stall(f, FLIGHT_UNWRITTEN);
        return;
    }
    w->finishing++;
    w->ends += has_slot;
    worker_note_room(w);
    f->figure = figures_begin(w->figures, w->config, e);
    if (e->move == MOVE_LATER &&
        queue_note_due(i->queue, clock_mono_ms() + e->delay_ms))
        keeper_wake(w->shared->keeper);
}

/* An orderly end of this claim: its count starts again, so that only claims
 * that ended with their worker add up. */
static enum err write_header(struct flight *f, const struct outcome *outcome,
                             const struct attempt *attempt, struct buf *out)
{
    struct record r = f->record;

    r.claims = 0;
    r.attempts += outcome && outcome->spent;
    if (outcome && (outcome->rediscover || outcome->spent))
        r.flags &= ~(uint32_t)RECORD_REFUSAL;
    if (outcome && outcome->rediscover)
        r.flags |= RECORD_REDISCOVERED + resolve_tag(f->stamp) * RECORD_REFUSED;
    if (outcome && !outcome->spent)
        r.flags += RECORD_UNDISCOVERED;
    else if (attempt)
        r.flags %= RECORD_UNDISCOVERED;
    return record_header(&r, worker_server_ms(f->intake->worker),
                         outcome ? class_text(outcome->class) : NULL,
                         attempt ? attempt->status : 0, out);
}

void flight_put_back(struct flight *f, int64_t delay_ms)
{
    struct buf header = buf_make(HEADER_MAX);
    struct record_entry e = {.move = MOVE_LATER, .delay_ms = delay_ms};

    if (write_header(f, NULL, NULL, &header)) {
        flight_stall(f, FLIGHT_UNWRITTEN);
    } else {
        e.header = buf_span(&header);
        flight_finish(f, &e);
    }
    buf_clear(&header);
}

void flight_park(struct flight *f)
{
    struct buf header = buf_make(HEADER_MAX);
    struct record r = f->record;
    struct record_entry e = {.move = MOVE_PARK,
                             .gate = gates_parked_at(&f->pass)};

    r.claims -= r.claims > 0;
    if (failpoint("parking", f->job.id) ||
        record_header(&r, worker_server_ms(f->intake->worker), NULL, 0,
                      &header)) {
        flight_stall(f, FLIGHT_UNWRITTEN);
    } else {
        e.header = buf_span(&header);
        flight_finish(f, &e);
    }
    buf_clear(&header);
}

static enum record_move move_of(enum verdict verdict)
{
    if (verdict == VERDICT_RETRY)
        return MOVE_LATER;
    return verdict == VERDICT_DEAD ? MOVE_DEAD : MOVE_DONE;
}

void flight_conclude(struct flight *f, const struct outcome *outcome,
                     const struct attempt *attempt, const char *detail)
{
    struct buf header = buf_make(HEADER_MAX);
    struct record_entry e = {
        .move = move_of(outcome->verdict),
        .delay_ms = outcome->wait_ms,
        .attempt = attempt,
        .outcome = outcome,
        .attempts = f->record.attempts + (attempt != NULL),
        .detail = detail,
    };
    enum err err = ERR_OK;

    if (e.move != MOVE_DONE)
        err = write_header(f, outcome, attempt, &header);
    if (f->started_ms)
        e.queue_ms = f->started_ms - f->claimed_ms;
    e.header = buf_span(&header);
    if (err)
        flight_stall(f, FLIGHT_UNWRITTEN);
    else
        flight_finish(f, &e);
    buf_clear(&header);
}
