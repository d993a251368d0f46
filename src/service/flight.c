#include "service/flight_internal.h"

#include "base/clock.h"
#include "base/failpoint.h"

enum { TEXT_KEEP = 64 << 10 };

static struct flight *flight_take(struct intake *i)
{
    struct worker *w = i->worker;
    struct flight *f = LIST_FIRST(&w->free);

    LIST_REMOVE(f, next);
    LIST_INSERT_HEAD(&w->busy, f, next);
    w->busy_count++;
    worker_note_room(w);
    f->intake = i;
    f->state = FLIGHT_READY;
    f->dropped = f->hand_back = f->envelope = false;
    f->stamp[0] = f->mark[0] = '\0';
    f->made_ms = 0;
    f->started_ms = 0;
    buf_reset(&f->text);
    return f;
}

void flight_free(struct flight *f)
{
    struct worker *w = f->intake->worker;

    flight_leave(f);
    slots_leave(f);
    if (f->text.cap > TEXT_KEEP)
        buf_clear(&f->text);
    job_clear(&f->job);
    LIST_REMOVE(f, next);
    LIST_INSERT_HEAD(&w->free, f, next);
    w->busy_count--;
    w->finishing -= f->state == FLIGHT_FINISHING;
    w->parked_count -= f->was_parked;
    worker_note_room(w);
}

/* Ends that need no call, or the way to the call. */
static void flight_judge(struct flight *f)
{
    struct worker *w = f->intake->worker;
    int64_t now = worker_server_ms(w);
    struct outcome outcome;

    if (f->record.claims > w->config->max_claims) {
        outcome = decide_worker_killer();
        flight_conclude(f, &outcome, NULL, NULL);
        return;
    }
    failpoint("judging", f->job.id);
    if (f->job.expires_at && f->job.expires_at <= now) {
        outcome = decide_expired();
        flight_conclude(f, &outcome, NULL, NULL);
    } else if (f->job.not_before > now) {
        flight_put_back(f, f->job.not_before - now);
    } else {
        f->policy = config_policy(w->config, f->job.point);
        flight_enter(f);
    }
}

/* Bytes that are no record: an operator wrote into extq's own keys. */
static void flight_unreadable(struct flight *f)
{
    struct outcome outcome = decide_malformed("not a record of extq");
    struct record_entry e = {.move = MOVE_DEAD,
                             .outcome = &outcome,
                             .header = span_of("0 0 0 0 0 -\n")};

    /* For put_back, if there is no memory for the entry now. */
    f->record = (struct record){.seq = span_of("0"), .history = span_of("-")};
    flight_finish(f, &e);
}

/* The job's fields. One that is a worker killer is read once more, for its id
 * and extension; if that is what kills, it is buried unread the next time. */
static enum err read_job(struct flight *f, struct why *why)
{
    enum err e = ERR_OK;

    if (f->record.claims <= f->intake->worker->config->max_claims + 1) {
        failpoint("reading", NULL);
        e = job_read(&f->job, f->record.job, why);
    }
    if (!f->job.id[0])
        record_id(&f->record, f->job.id);
    return e;
}

void flight_read(struct flight *f)
{
    struct outcome malformed;
    struct why why = {""};

    switch (read_job(f, &why)) {
    case ERR_OK:
        flight_judge(f);
        break;
    case ERR_MEMORY:
        flight_put_back(f, FLIGHT_PAUSE_MS);
        break;
    default:
        malformed = decide_malformed("not a job");
        flight_conclude(f, &malformed, NULL, why.text);
    }
}

/* How much of a record is kept: of a job that is too large the header alone,
 * for job_read refuses it by its length, and Redis has its bytes. */
static size_t kept_bytes(struct span record, struct span job)
{
    return job.len > JOB_BYTES_MAX ? record.len - job.len : record.len;
}

void flight_begin(struct intake *i, struct span field, struct span text,
                  const struct gate_pass *pass)
{
    struct flight *f = flight_take(i);
    struct span job;

    f->was_parked = pass != NULL;
    i->worker->parked_count += f->was_parked;
    f->pass = pass ? *pass : (struct gate_pass){.queue = intake_queue(i)};
    f->claimed_ms = worker_server_ms(i->worker);
    f->bytes = text.len;
    if (!span_copy(field, f->field, sizeof f->field) ||
        record_held(field, text, &f->record)) {
        flight_unreadable(f);
        return;
    }
    job = f->record.job;
    if (failpoint("claimed", NULL) ||
        buf_add(&f->text, text.at, kept_bytes(text, job)) ||
        record_held(span_of(f->field), buf_span(&f->text), &f->record)) {
        /* Out of memory: what we do not know of is given back, in a while. */
        intake_doubt(i);
        i->not_before_ms = clock_mono_ms() + FLIGHT_PAUSE_MS;
        flight_free(f);
        return;
    }
    if (job.len > JOB_BYTES_MAX) {
        f->record.job = job; /* lives as long as it takes to refuse it */
    } else if (slots_exceeded(i->worker)) {
        slots_wait(f);
        return;
    }
    flight_read(f);
}

/* No callback will come for it. */
static bool is_still(const struct flight *f)
{
    return f->state == FLIGHT_AHEAD || f->state == FLIGHT_READY ||
           f->state == FLIGHT_UNWRITTEN;
}

void flight_drop(struct flight *f)
{
    f->dropped = true;
    if (f->state == FLIGHT_CALLING)
        http_cancel(f->call.ticket);
    else if (is_still(f))
        flight_free(f);
}

void flight_hand_back(struct flight *f)
{
    f->hand_back = true;
    if (f->state == FLIGHT_CALLING)
        http_cancel(f->call.ticket);
    else if (is_still(f))
        flight_put_back(f, 0);
}

void flight_stall(struct flight *f, enum flight_state state)
{
    slots_leave(f);
    f->state = state;
    f->intake->worker->stalled = true;
}

/* Goes on if what it waits for has come. */
static void nudge(struct flight *f)
{
    if (f->state == FLIGHT_UNWRITTEN)
        flight_put_back(f, 0);
    else if (f->state == FLIGHT_READY &&
             queue_lease_runs(f->intake->queue, clock_boot_ms()))
        flight_resolve(f);
    else if (f->state == FLIGHT_READY)
        flight_stall(f, FLIGHT_READY);
}

void flights_nudge(struct worker *w)
{
    struct flight *f, *next;

    if (!w->stalled)
        return;
    w->stalled = false;
    for (f = LIST_FIRST(&w->busy); f; f = next) {
        next = LIST_NEXT(f, next);
        nudge(f);
    }
}

void flight_settled(struct flight *f, enum settled how)
{
    failpoint("settled", f->job.id);
    if (how == SETTLED)
        figures_end(f->intake->worker->figures, &f->figure);
    flight_free(f);
}
