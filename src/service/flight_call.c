#include "service/flight_internal.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/rand.h"

#include <string.h>

/* Enough for what platforms and compilers say of a failure, and its trace. */
enum { KEEP_LEAST = 16 << 10 };

struct extension_key flight_key(const struct flight *f)
{
    struct extension_key key;

    memcpy(key.container, f->job.container, sizeof key.container);
    memcpy(key.point, f->job.point, sizeof key.point);
    return key;
}

static struct decide_job decision_of(struct flight *f, uint32_t attempts)
{
    struct worker *w = f->intake->worker;
    struct record_start start = record_start(&f->record);
    uint32_t flags = f->record.flags;

    /* An extension that was discovered before the last call was refused may be
     * refused as well, and proves nothing. */
    if (f->made_ms < record_last_ms(&f->record))
        flags &= ~(uint32_t)RECORD_REDISCOVERED;
    return (struct decide_job){
        .attempts = attempts - start.attempts,
        .flags = flags,
        .first_ms = start.first_ms,
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

    failpoint("answered", f->job.id);
    if (f->dropped) {
        flight_traced(f, attempt, NULL);
        flight_free(f);
        return;
    }
    if (f->hand_back) {
        flight_traced(f, attempt, NULL);
        flight_put_back(f, 0);
        return;
    }
    job = decision_of(f, f->record.attempts + 1);
    outcome = decide(&job, attempt, f->policy, f->envelope);
    if (outcome.rediscover) {
        struct extension_key key = flight_key(f);

        resolver_forget(w->resolver, &key, f->stamp);
    }
    flight_tell(f, &outcome);
    flight_traced(f, attempt, &outcome);
    flight_conclude(f, &outcome, attempt, NULL);
}

/* What is read as JSON is needed whole; of the rest its beginning. */
static size_t keep_bytes(const struct flight *f, const struct extension *x)
{
    const struct config *c = f->intake->worker->config;

    if (f->policy->json_answer || f->policy->envelope || x->envelope)
        return c->answer_max;
    return c->body_keep > KEEP_LEAST ? c->body_keep : KEEP_LEAST;
}

static void flight_call(struct flight *f, const struct resolved *resolved)
{
    struct worker *w = f->intake->worker;

    f->call.job = &f->job;
    f->call.policy = f->policy;
    f->call.target = resolved->target;
    f->call.signer =
        config_signer(w->config, f->policy, f->job.container, f->job.point);
    f->call.trace = flight_trace(f, resolved->extension->url);
    f->call.epoch = f->intake->now.holder.epoch;
    f->call.attempt = f->record.attempts + 1;
    f->call.keep_bytes = keep_bytes(f, resolved->extension);
    f->call.cap_bytes = w->config->answer_max;
    f->call.arg = f;
    f->call.done = flight_called;
    f->envelope = resolved->extension->envelope;
    memcpy(f->stamp, resolved->stamp, sizeof f->stamp);
    gate_mark(f->mark, resolved->extension->url);
    f->made_ms = resolved->made_ms;
    f->started_ms = f->call.at_ms = worker_server_ms(w);
    f->state = FLIGHT_CALLING;
    if (failpoint("calling", f->job.id) || invoke(w->http, &f->call)) {
        flight_untraced(f);
        flight_put_back(f, FLIGHT_PAUSE_MS);
    }
}

/* There is nothing to be called. */
static void flight_unresolved(struct flight *f, const struct resolved *resolved)
{
    struct decide_job job = decision_of(f, f->record.attempts);
    uint32_t tries = f->record.flags / RECORD_UNDISCOVERED + 1;
    struct outcome outcome;

    if (resolved->kind == FINDING_NONE) {
        outcome = decide_uninstalled(&job, f->policy, tries);
        flight_tell(f, &outcome);
        flight_conclude(f, &outcome, NULL, NULL);
    } else {
        outcome = decide_undiscovered(&job, f->policy, tries);
        flight_tell(f, &outcome);
        flight_conclude(f, &outcome, NULL, resolved->why);
    }
}

/* A probe of an extension that said that it is gone: discovery has nothing new
 * to say of it. */
static bool still_gone(const struct flight *f, const struct extension *x)
{
    char mark[GATE_MARK_SIZE];

    if (!f->pass.mark[0])
        return false;
    gate_mark(mark, x->url);
    return strcmp(mark, f->pass.mark) == 0;
}

/* Another service may have asked for it. */
static void note_found(struct flight *f, const struct resolved *resolved)
{
    struct worker *w = f->intake->worker;
    struct extension_key key = flight_key(f);

    discovery_watch_use(w->shared->watch, &key,
                        worker_server_ms(w) - resolved->made_ms);
}

static void flight_resolved(void *arg, const struct resolved *resolved)
{
    struct flight *f = arg;

    figures_resolved(f->intake->worker->figures, resolved);
    if (resolved->kind != FINDING_FAILED && resolved->source == SOURCE_SHARED)
        note_found(f, resolved);
    if (f->dropped) {
        flight_free(f);
    } else if (f->hand_back) {
        flight_put_back(f, 0);
    } else if (resolved->kind == FINDING_FAILED && resolved->unasked) {
        flight_put_back(f, FLIGHT_PAUSE_MS);
    } else if (resolved->kind != FINDING_EXTENSION) {
        flight_unresolved(f, resolved);
    } else if (still_gone(f, resolved->extension)) {
        flight_stay_gone(f);
    } else if (!queue_lease_runs(f->intake->queue, clock_boot_ms())) {
        flight_stall(f, FLIGHT_READY);
    } else {
        flight_call(f, resolved);
    }
}

void flight_resolve(struct flight *f)
{
    struct worker *w = f->intake->worker;
    struct extension_key key = flight_key(f);

    f->state = FLIGHT_RESOLVING;
    if (f->pass.mark[0]) {
        resolve_anew(w->resolver, &key, flight_resolved, f);
        return;
    }
    resolve_other(w->resolver, &key,
                  f->record.flags / RECORD_REFUSED % (RESOLVE_TAGS + 1),
                  flight_resolved, f);
}
