#include "service/keeper.h"
#include "service/worker_internal.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/rand.h"

#include <string.h>

enum { TEXT_KEEP = 64 << 10, HEADER_MAX = 1024, PAUSE_MS = 1000 };

static struct flight *flight_take(struct intake *i)
{
    struct worker *w = i->worker;
    struct flight *f = LIST_FIRST(&w->free);

    LIST_REMOVE(f, next);
    LIST_INSERT_HEAD(&w->busy, f, next);
    w->busy_count++;
    atomic_store_explicit(&w->room, w->config->in_flight - w->busy_count,
                          memory_order_relaxed);
    f->intake = i;
    f->dropped = f->hand_back = f->envelope = false;
    f->stamp[0] = '\0';
    f->made_ms = 0;
    f->started_ms = 0;
    buf_reset(&f->text);
    return f;
}

static void flight_free(struct flight *f)
{
    struct worker *w = f->intake->worker;

    if (f->text.cap > TEXT_KEEP)
        buf_clear(&f->text);
    job_clear(&f->job);
    LIST_REMOVE(f, next);
    LIST_INSERT_HEAD(&w->free, f, next);
    w->busy_count--;
    atomic_store_explicit(&w->room, w->config->in_flight - w->busy_count,
                          memory_order_relaxed);
}

/* Puts the entry into the recorder's batch. Out of memory, the flight waits
 * and is handed back later: nothing is lost, a delivered job may run twice. */
static void finish(struct flight *f, struct record_entry *e)
{
    struct intake *i = f->intake;
    struct worker *w = i->worker;

    e->field = span_of(f->field);
    e->job = &f->job;
    e->at_ms = f->started_ms ? f->started_ms : worker_server_ms(w);
    e->bytes = f->bytes;
    e->arg = f;
    f->state = FLIGHT_FINISHING;
    if (failpoint("recording", f->job.id) || record(i->recorder, e)) {
        f->state = FLIGHT_UNWRITTEN;
        return;
    }
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

/* Back to the queue without an outcome entry. */
static void put_back(struct flight *f, int64_t delay_ms)
{
    struct buf header = buf_make(HEADER_MAX);
    struct record_entry e = {.move = MOVE_LATER, .delay_ms = delay_ms};

    if (write_header(f, NULL, NULL, &header)) {
        f->state = FLIGHT_UNWRITTEN;
    } else {
        e.header = buf_span(&header);
        finish(f, &e);
    }
    buf_clear(&header);
}

static enum record_move move_of(enum verdict verdict)
{
    if (verdict == VERDICT_RETRY)
        return MOVE_LATER;
    return verdict == VERDICT_DEAD ? MOVE_DEAD : MOVE_DONE;
}

static void conclude(struct flight *f, const struct outcome *outcome,
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
        f->state = FLIGHT_UNWRITTEN;
    else
        finish(f, &e);
    buf_clear(&header);
}

static struct decide_job decision_of(struct flight *f, uint32_t attempts)
{
    struct worker *w = f->intake->worker;
    uint32_t flags = f->record.flags;

    /* An extension that was discovered before the last call was refused may be
     * refused as well, and proves nothing. */
    if (f->made_ms < record_last_ms(&f->record))
        flags &= ~(uint32_t)RECORD_REDISCOVERED;
    return (struct decide_job){
        .attempts = attempts,
        .flags = flags,
        .first_ms = f->record.first_ms,
        .expires_at = f->job.expires_at,
        .now_ms = worker_server_ms(w),
        .dice = rand_u32(&w->dice),
    };
}

/* Third and fourth stage: what came back, and what it means. */
static void flight_called(void *arg, const struct attempt *attempt)
{
    struct flight *f = arg;
    struct worker *w = f->intake->worker;
    struct decide_job job;
    struct outcome outcome;
    struct extension_key key;

    failpoint("answered", f->job.id);
    if (f->dropped) {
        flight_free(f);
        return;
    }
    if (f->hand_back) {
        put_back(f, 0);
        return;
    }
    job = decision_of(f, f->record.attempts + 1);
    outcome = decide(&job, attempt, f->policy, f->envelope);
    if (outcome.rediscover) {
        memcpy(key.container, f->job.container, sizeof key.container);
        memcpy(key.point, f->job.point, sizeof key.point);
        resolver_forget(w->resolver, &key, f->stamp);
    }
    conclude(f, &outcome, attempt, NULL);
}

static void flight_call(struct flight *f, const struct resolved *resolved)
{
    struct worker *w = f->intake->worker;

    f->call.job = &f->job;
    f->call.policy = f->policy;
    f->call.target = resolved->target;
    f->call.signer =
        config_signer(w->config, f->policy, f->job.container, f->job.point);
    f->call.epoch = f->intake->holder.epoch;
    f->call.attempt = f->record.attempts + 1;
    f->call.keep_bytes =
        w->config->body_keep > 4096 ? w->config->body_keep : 4096;
    f->call.cap_bytes = w->config->answer_max;
    f->call.arg = f;
    f->call.done = flight_called;
    f->envelope = resolved->extension->envelope;
    memcpy(f->stamp, resolved->stamp, sizeof f->stamp);
    f->made_ms = resolved->made_ms;
    f->started_ms = f->call.at_ms = worker_server_ms(w);
    f->state = FLIGHT_CALLING;
    if (failpoint("calling", f->job.id) || invoke(w->http, &f->call))
        put_back(f, PAUSE_MS);
}

/* There is nothing to be called. */
static void flight_unresolved(struct flight *f, const struct resolved *resolved)
{
    struct decide_job job = decision_of(f, f->record.attempts);
    uint32_t tries = f->record.flags / RECORD_UNDISCOVERED + 1;
    struct outcome outcome;

    if (resolved->kind == FINDING_NONE) {
        outcome = decide_uninstalled(&job, f->policy, tries);
        conclude(f, &outcome, NULL, NULL);
    } else {
        outcome = decide_undiscovered(&job, f->policy, tries);
        conclude(f, &outcome, NULL, resolved->why);
    }
}

static void flight_resolved(void *arg, const struct resolved *resolved)
{
    struct flight *f = arg;

    if (f->dropped) {
        flight_free(f);
    } else if (f->hand_back) {
        put_back(f, 0);
    } else if (resolved->kind == FINDING_FAILED && resolved->unasked) {
        put_back(f, PAUSE_MS);
    } else if (resolved->kind != FINDING_EXTENSION) {
        flight_unresolved(f, resolved);
    } else if (!queue_lease_runs(f->intake->queue, clock_boot_ms())) {
        f->state = FLIGHT_READY;
    } else {
        flight_call(f, resolved);
    }
}

static void flight_resolve(struct flight *f)
{
    struct worker *w = f->intake->worker;
    struct extension_key key;

    memcpy(key.container, f->job.container, sizeof key.container);
    memcpy(key.point, f->job.point, sizeof key.point);
    f->state = FLIGHT_RESOLVING;
    resolve_other(w->resolver, &key,
                  f->record.flags / RECORD_REFUSED % (RESOLVE_TAGS + 1),
                  flight_resolved, f);
}

/* Ends that need no call, or the way to the call. */
static void flight_judge(struct flight *f)
{
    struct worker *w = f->intake->worker;
    int64_t now = worker_server_ms(w);
    struct outcome outcome;

    if (f->record.claims > w->config->max_claims) {
        outcome = decide_worker_killer();
        conclude(f, &outcome, NULL, NULL);
        return;
    }
    failpoint("judging", f->job.id);
    if (f->job.expires_at && f->job.expires_at <= now) {
        outcome = decide_expired();
        conclude(f, &outcome, NULL, NULL);
    } else if (f->job.not_before > now) {
        put_back(f, f->job.not_before - now);
    } else {
        f->policy = config_policy(w->config, f->job.point);
        flight_resolve(f);
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
    finish(f, &e);
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

static void flight_read(struct flight *f)
{
    struct outcome malformed;
    struct why why = {""};

    switch (read_job(f, &why)) {
    case ERR_OK:
        flight_judge(f);
        break;
    case ERR_MEMORY:
        put_back(f, PAUSE_MS);
        break;
    default:
        malformed = decide_malformed("not a job");
        conclude(f, &malformed, NULL, why.text);
    }
}

/* How much of a record is kept: of a job that is too large the header alone,
 * for job_read refuses it by its length, and Redis has its bytes. */
static size_t kept_bytes(struct span record, struct span job)
{
    return job.len > JOB_BYTES_MAX ? record.len - job.len : record.len;
}

void flight_begin(struct intake *i, struct span field, struct span text)
{
    struct flight *f = flight_take(i);
    struct span job;

    f->claimed_ms = worker_server_ms(i->worker);
    f->bytes = text.len;
    if (!span_copy(field, f->field, sizeof f->field) ||
        record_read(text, &f->record)) {
        flight_unreadable(f);
        return;
    }
    job = f->record.job;
    if (failpoint("claimed", NULL) ||
        buf_add(&f->text, text.at, kept_bytes(text, job)) ||
        record_read(buf_span(&f->text), &f->record)) {
        /* Out of memory: what we do not know of is given back, in a while. */
        i->must_recover = true;
        i->not_before_ms = clock_mono_ms() + PAUSE_MS;
        flight_free(f);
        return;
    }
    if (job.len > JOB_BYTES_MAX)
        f->record.job = job; /* lives as long as it takes to refuse it */
    flight_read(f);
}

void flight_drop(struct flight *f)
{
    f->dropped = true;
    if (f->state == FLIGHT_CALLING)
        http_cancel(f->call.ticket);
    else if (f->state == FLIGHT_READY || f->state == FLIGHT_UNWRITTEN)
        flight_free(f);
}

void flight_hand_back(struct flight *f)
{
    f->hand_back = true;
    if (f->state == FLIGHT_CALLING)
        http_cancel(f->call.ticket);
    else if (f->state == FLIGHT_READY || f->state == FLIGHT_UNWRITTEN)
        put_back(f, 0);
}

void flight_nudge(struct flight *f)
{
    if (f->state == FLIGHT_UNWRITTEN)
        put_back(f, 0);
    else if (f->state == FLIGHT_READY &&
             queue_lease_runs(f->intake->queue, clock_boot_ms()))
        flight_resolve(f);
}

void flight_settled(void *intake, void *flight, enum settled how)
{
    struct flight *f = flight;

    (void)intake;
    (void)how;
    failpoint("settled", f->job.id);
    flight_free(f);
}
