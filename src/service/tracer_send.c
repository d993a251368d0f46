#include "service/tracer_internal.h"

#include "base/check.h"
#include "base/rand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_MS = 5000,
    TOTAL_MS = 10000, /* as the protocol's exporters have it */
    TRIES_MAX = 5,
    WAIT_FIRST_MS = 1000,
    WAIT_MAX_MS = 30000,
    BODY_MAX = 16 << 20,
    ANSWER_KEEP = 4 << 10,
    ANSWER_MAX = 64 << 10,
};

/* One line for each change; why NULL: all is well. */
static void tell(struct tracer *t, const char *why)
{
    if (why && !t->trouble[0])
        log_warn("the collector does not take traces",
                 LOG_TEXT("collector", t->where), LOG_TEXT("why", why));
    else if (!why && t->trouble[0])
        log_info("the collector takes traces again",
                 LOG_TEXT("collector", t->where),
                 LOG_NUMBER("dropped", atomic_load(&t->dropped)));
    (void)snprintf(t->trouble, sizeof t->trouble, "%s", why ? why : "");
}

/* The batch is over: so many of it arrived, so many were refused. */
static void end_batch(struct tracer *t, size_t exported, size_t rejected)
{
    struct tracer_batch *b = &t->batch;

    atomic_fetch_add(&t->exported, exported);
    atomic_fetch_add(&t->rejected, rejected);
    atomic_fetch_add(&t->dropped, b->count - exported - rejected);
    tracer_queue_done(&t->queue, b->count);
    for (size_t n = 0; n < b->count; n++)
        free(b->spans[n]);
    buf_clear(&b->body);
    *b = (struct tracer_batch){.count = 0};
}

/* Its answer says how many it did not like; the others it has. */
static void taken(struct tracer *t, const struct attempt *attempt)
{
    uint64_t said = otlp_rejected(attempt->body);
    size_t rejected = said < t->batch.count ? (size_t)said : t->batch.count;

    tell(t, rejected > 0 ? "it refuses some of them" : NULL);
    end_batch(t, t->batch.count - rejected, rejected);
}

/* What the protocol calls retryable. */
static bool may_help(const struct attempt *attempt)
{
    switch (attempt->end) {
    case ATTEMPT_ANSWERED:
        return attempt->status == 429 || attempt->status == 502 ||
               attempt->status == 503 || attempt->status == 504;
    case ATTEMPT_UNREACHABLE:
    case ATTEMPT_TIMEOUT:
    case ATTEMPT_RESET:
        return true;
    default:
        return false;
    }
}

static void tried_again(uv_timer_t *timer)
{
    struct tracer *t = timer->data;

    t->batch.waiting = false;
}

/* Twice as long each time, and as long as it asks for, within bounds; from
 * half of it on at random, so that not all services come back at once. */
static void try_later(struct tracer *t, int64_t asked_ms)
{
    int64_t wait_ms = WAIT_FIRST_MS << (t->batch.tries - 1);

    wait_ms -= wait_ms * (rand_u32(&t->dice) % 50) / 100;
    if (wait_ms < asked_ms)
        wait_ms = asked_ms;
    if (wait_ms > WAIT_MAX_MS)
        wait_ms = WAIT_MAX_MS;
    t->batch.waiting = true;
    uv_update_time(&t->loop);
    check(uv_timer_start(&t->again, tried_again, (uint64_t)wait_ms, 0) == 0);
}

static void not_taken(struct tracer *t, const struct attempt *attempt)
{
    char why[sizeof t->trouble];

    if (attempt->end == ATTEMPT_ANSWERED)
        (void)snprintf(why, sizeof why, "it answers with HTTP %d",
                       attempt->status);
    else
        (void)snprintf(why, sizeof why, "%.*s", (int)sizeof why - 1,
                       attempt->error);
    if (!t->over)
        tell(t, why[0] ? why : "no answer");
    if (may_help(attempt) && t->batch.tries < TRIES_MAX &&
        !atomic_load(&t->leaving))
        try_later(t, attempt->retry_after_ms);
    else
        end_batch(t, 0, 0);
}

static void answered(void *arg, const struct attempt *attempt)
{
    struct tracer *t = arg;

    t->batch.ticket = NULL;
    if (attempt->end == ATTEMPT_ANSWERED && attempt->status / 100 == 2)
        taken(t, attempt);
    else
        not_taken(t, attempt);
}

static enum err request(struct tracer *t)
{
    const struct http_request request = {
        .target = t->target,
        .method = "POST",
        .content_type = "application/json",
        .accept = "application/json",
        .body = buf_span(&t->batch.body),
        .headers = t->headers,
        .connect_ms = CONNECT_MS,
        .total_ms = TOTAL_MS,
        .keep_bytes = ANSWER_KEEP,
        .cap_bytes = ANSWER_MAX,
        .arg = t,
        .done = answered,
    };

    t->batch.tries++;
    return http_send(t->http, &request, &t->batch.ticket);
}

static enum err write_body(struct tracer *t)
{
    const struct otlp_source source = {t->config->tracing.service, EXTQ_VERSION,
                                       t->instance};
    struct tracer_batch *b = &t->batch;

    if (b->body.len > 0)
        return ERR_OK;
    b->body = buf_make(BODY_MAX);
    return otlp_write(&b->body, &source,
                      (const struct otlp_span *const *)b->spans, b->count);
}

/* A full batch, or what is there once it has waited for long enough. */
static void next_batch(struct tracer *t)
{
    unsigned waiting = tracer_queue_look(&t->queue);

    if (waiting < TRACER_BATCH_MAX && !t->due && !atomic_load(&t->leaving))
        return;
    t->batch.count =
        tracer_queue_take(&t->queue, t->batch.spans, TRACER_BATCH_MAX);
    t->due = waiting > TRACER_BATCH_MAX && t->due;
}

/* Some requests fail as they are flushed: then the next is there. */
void tracer_send(struct tracer *t)
{
    struct tracer_batch *b = &t->batch;

    for (;;) {
        http_flush(t->http);
        if (b->count == 0)
            next_batch(t);
        if (b->count == 0 || b->ticket || b->waiting)
            return;
        if (write_body(t) || request(t)) {
            tell(t, "out of memory");
            end_batch(t, 0, 0);
        }
    }
}

void tracer_hurry(struct tracer *t)
{
    (void)uv_timer_stop(&t->again);
    t->batch.waiting = false;
}

void tracer_give_up(struct tracer *t)
{
    t->over = true;
    if (t->batch.ticket)
        http_cancel(t->batch.ticket);
    do {
        end_batch(t, 0, 0);
        (void)tracer_queue_look(&t->queue);
        t->batch.count =
            tracer_queue_take(&t->queue, t->batch.spans, TRACER_BATCH_MAX);
    } while (t->batch.count > 0);
}
