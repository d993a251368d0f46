#include "stages/invoke.h"

#include <stdio.h>

static void set_headers(struct invocation *c)
{
    const struct job *job = c->job;
    unsigned n = 0;

    snprintf(c->webhook_id, sizeof c->webhook_id, "webhook-id: %s", job->id);
    snprintf(c->idempotency_key, sizeof c->idempotency_key,
             "idempotency-key: %s", job->id);
    snprintf(c->number, sizeof c->number, "extq-attempt: %u", c->attempt);
    snprintf(c->token, sizeof c->token, "extq-epoch: %s", c->epoch);
    c->headers[n++] = c->webhook_id;
    c->headers[n++] = c->idempotency_key;
    c->headers[n++] = c->number;
    c->headers[n++] = c->token;
    if (job->traceparent[0]) {
        snprintf(c->traceparent, sizeof c->traceparent, "traceparent: %s",
                 job->traceparent);
        c->headers[n++] = c->traceparent;
    }
    c->headers[n] = NULL;
}

enum err invoke(struct http *http, struct invocation *c)
{
    const struct policy *p = c->policy;
    struct http_request request = {
        .target = c->target,
        .method = p->method,
        .content_type = p->content_type,
        .body = c->job->body,
        .headers = c->headers,
        .connect_ms = p->connect_ms,
        .total_ms = p->total_ms,
        .keep_bytes = c->keep_bytes,
        .cap_bytes = c->cap_bytes,
        .arg = c->arg,
        .done = c->done,
    };

    set_headers(c);
    return http_send(http, &request, &c->ticket);
}
