#include "cli/enqueue_job.h"

#include "base/json.h"
#include "base/rand.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_DIGITS = 20 };

bool job_ids_make(struct job_ids *ret, const char *given, bool many)
{
    uint64_t seed = rand_seed();

    *ret = (struct job_ids){.next = many ? 1 : 0};
    if (given)
        return strlen(given) + (many ? NUMBER_DIGITS + 1 : 0) <= IDENT_MAX &&
               span_copy(span_of(given), ret->base, sizeof ret->base);
    (void)snprintf(ret->base, sizeof ret->base, "%08" PRIx32 "%08" PRIx32,
                   rand_u32(&seed), rand_u32(&seed));
    return true;
}

void job_ids_next(struct job_ids *ids, char dst[IDENT_MAX + 1])
{
    int room = IDENT_MAX - NUMBER_DIGITS - 1;

    if (ids->next == 0)
        (void)snprintf(dst, IDENT_MAX + 1, "%s", ids->base);
    else
        (void)snprintf(dst, IDENT_MAX + 1, "%.*s-%" PRIu64, room, ids->base,
                       ids->next++);
}

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

enum err job_compose(const struct job_parts *parts, const char *id,
                     struct buf *out)
{
    enum err e = buf_printf(out, "{\"id\":\"%s\"", id);

    if (!e)
        e = add_text(out, "container", parts->container);
    if (!e)
        e = add_text(out, "point", parts->point);
    if (!e)
        e = add_text(out, "traceparent", parts->traceparent);
    if (!e)
        e = add_ms(out, "not_before", parts->not_before);
    if (!e)
        e = add_ms(out, "expires_at", parts->expires_at);
    if (!e)
        e = buf_add_text(out, ",\"payload\":");
    if (!e)
        e = buf_add(out, parts->payload.at, parts->payload.len);
    return e ? e : buf_add_text(out, "}");
}

enum err job_insert_id(struct span text, const char *id, struct buf *out)
{
    struct span rest = text;
    enum err e;

    (void)span_cut(&rest, '{');
    e = buf_printf(out, "{\"id\":\"%s\",", id);
    return e ? e : buf_add(out, rest.at, rest.len);
}
