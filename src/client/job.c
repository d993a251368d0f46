#include "base/json.h"
#include "client/producer.h"
#include "model/job_write.h"

#include <string.h>

static enum extq_status invalid(struct extq *x, const char *what)
{
    return client_fail(&x->client, EXTQ_INVALID, "%s", what);
}

/* What would get lost between the struct and the text. */
static enum extq_status check_parts(struct extq *x, const struct extq_job *j)
{
    if (!j->id)
        return invalid(x, "id: is missing (extq_make_id makes one)");
    if (!!j->payload + !!j->body != 1)
        return invalid(x, "exactly one of payload and body must be given");
    if (j->not_before_ms < 0 || j->expires_at_ms < 0)
        return invalid(x, "not_before_ms and expires_at_ms: must be unix "
                          "milliseconds");
    return EXTQ_OK;
}

/* The payload on its own, so that it cannot bring fields of the job along. */
static enum extq_status check_payload(struct extq *x, struct span *payload)
{
    struct json_flaw flaw = {0, ""};
    struct json_value value;

    if (json_check(*payload, &value, &flaw) != ERR_OK)
        return client_fail(&x->client, EXTQ_INVALID,
                           "payload: is not JSON: byte %zu: %s", flaw.offset,
                           flaw.what);
    *payload = value.raw;
    return EXTQ_OK;
}

static enum extq_status compose(struct extq *x, const struct extq_job *j,
                                const struct job_parts *parts)
{
    enum err e;

    buf_reset(&x->text);
    e = job_compose(parts, j->id, &x->text);
    if (e == ERR_LIMIT)
        return client_fail(&x->client, EXTQ_INVALID, "larger than %d bytes",
                           JOB_BYTES_MAX);
    if (!e)
        e = job_read(&x->job, buf_span(&x->text), &x->client.why);
    if (e)
        return e == ERR_MEMORY ? client_error(&x->client, e) : EXTQ_INVALID;
    /* Services leave a broken trace out; here somebody can mend it. */
    if (j->traceparent && !x->job.traceparent[0])
        return invalid(x, "traceparent: not as in W3C Trace Context: "
                          "00-<32 hex>-<16 hex>-01");
    if (j->tracestate && x->job.tracestate.len == 0)
        return invalid(x, "tracestate: not as in W3C Trace Context: "
                          "vendor=value,..., and with a traceparent");
    return EXTQ_OK;
}

enum extq_status producer_check(struct extq *x, const struct extq_job *given)
{
    struct extq_job j;
    struct job_parts parts;
    enum extq_status s;

    if (!given || !client_struct(given, &j, sizeof j))
        return invalid(x, "struct_size: start from EXTQ_JOB_INIT");
    s = check_parts(x, &j);
    if (s != EXTQ_OK)
        return s;
    parts = (struct job_parts){
        .container = j.container,
        .point = j.point,
        .traceparent = j.traceparent,
        .tracestate = j.tracestate,
        .body = {j.body, j.body_len},
        .not_before = j.not_before_ms,
        .expires_at = j.expires_at_ms,
    };
    if (j.payload) {
        parts.payload = span_of(j.payload);
        s = check_payload(x, &parts.payload);
    }
    return s == EXTQ_OK ? compose(x, &j, &parts) : s;
}
