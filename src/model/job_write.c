#include "model/job_write.h"

#include "base/base64.h"
#include "base/json.h"

#include <inttypes.h>

static enum err add_text(struct buf *out, const char *name, const char *value)
{
    enum err e;

    if (!value)
        return ERR_OK;
    e = buf_printf(out, ",\"%s\":", name);
    return e ? e : json_quote(out, span_of(value));
}

static enum err add_ms(struct buf *out, const char *name, int64_t ms)
{
    return ms > 0 ? buf_printf(out, ",\"%s\":%" PRId64, name, ms) : ERR_OK;
}

static enum err add_body(struct buf *out, const struct job_parts *parts)
{
    enum err e;

    if (parts->payload.at) {
        e = buf_add_text(out, ",\"payload\":");
        return e ? e : buf_add(out, parts->payload.at, parts->payload.len);
    }
    e = buf_add_text(out, ",\"body_base64\":\"");
    if (!e)
        e = base64_encode(parts->body, out);
    return e ? e : buf_add_text(out, "\"");
}

enum err job_compose(const struct job_parts *parts, const char *id,
                     struct buf *out)
{
    enum err e = buf_add_text(out, "{\"id\":");

    if (!e)
        e = json_quote(out, span_of(id));
    if (!e)
        e = add_text(out, "container", parts->container);
    if (!e)
        e = add_text(out, "point", parts->point);
    if (!e)
        e = add_text(out, "traceparent", parts->traceparent);
    if (!e)
        e = add_text(out, "tracestate", parts->tracestate);
    if (!e)
        e = add_ms(out, "not_before", parts->not_before);
    if (!e)
        e = add_ms(out, "expires_at", parts->expires_at);
    if (!e)
        e = add_body(out, parts);
    return e ? e : buf_add_text(out, "}");
}
