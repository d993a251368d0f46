#include "stages/invoke.h"

#include <stdio.h>

static void set_line(char *dst, size_t size, const char *name,
                     const char *value)
{
    (void)span_join(dst, size, (const char *const[]){name, ": ", value, NULL});
}

static unsigned set_headers(struct invocation *c)
{
    const struct job *job = c->job;
    char traceparent[TRACEPARENT_LEN + 1];
    unsigned n = 0;

    set_line(c->webhook_id, sizeof c->webhook_id, "webhook-id", job->id);
    set_line(c->idempotency_key, sizeof c->idempotency_key, "idempotency-key",
             job->id);
    snprintf(c->number, sizeof c->number, "extq-attempt: %u", c->attempt);
    set_line(c->token, sizeof c->token, "extq-epoch", c->epoch);
    c->headers[n++] = c->webhook_id;
    c->headers[n++] = c->idempotency_key;
    c->headers[n++] = c->number;
    c->headers[n++] = c->token;
    if (c->trace) {
        trace_write(c->trace, traceparent);
        set_line(c->traceparent, sizeof c->traceparent, "traceparent",
                 traceparent);
        c->headers[n++] = c->traceparent;
    }
    if (c->trace && job->tracestate.len > 0) {
        set_line(c->tracestate, sizeof c->tracestate, "tracestate",
                 job->tracestate.at);
        c->headers[n++] = c->tracestate;
    }
    c->headers[n] = NULL;
    return n;
}

/* Each attempt has its own: receivers refuse what is minutes old. */
static enum err sign(struct invocation *c, unsigned n)
{
    const struct signed_call call = {
        .id = c->job->id, .at_s = c->at_ms / 1000, .body = c->job->body};
    char text[SIGNATURE_MAX];
    enum err e = signer_sign(c->signer, &call, text);

    if (e)
        return e;
    snprintf(c->timestamp, sizeof c->timestamp, "webhook-timestamp: %lld",
             (long long)call.at_s);
    snprintf(c->signature, sizeof c->signature, "webhook-signature: %s", text);
    c->headers[n++] = c->timestamp;
    c->headers[n++] = c->signature;
    c->headers[n] = NULL;
    return ERR_OK;
}

enum err invoke(struct http *http, struct invocation *c)
{
    const struct policy *p = c->policy;
    unsigned n = set_headers(c);
    enum err e = c->signer ? sign(c, n) : ERR_OK;
    struct http_request request = {
        .target = c->target,
        .method = p->method,
        .http2 = p->http2,
        .content_type = p->content_type,
        .body = c->job->body,
        .headers = c->headers,
        .tenant = c->job->container,
        .connect_ms = p->connect_ms,
        .total_ms = p->total_ms,
        .keep_bytes = c->keep_bytes,
        .cap_bytes = c->cap_bytes,
        .arg = c->arg,
        .done = c->done,
    };

    return e ? e : http_send(http, &request, &c->ticket);
}
