#include "cli/stats_write.h"

#include "base/json.h"
#include "cli/stats_gates.h"
#include "cli/term.h"

#include <inttypes.h>

static enum err add_text(struct buf *out, const char *before, const char *text)
{
    enum err e = buf_add_text(out, before);

    return e ? e : json_quote(out, span_of(text));
}

static bool is_one_line(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.at[i] < ' ')
            return false;
    }
    return true;
}

/* The value itself, or as a string what is no JSON on one line. */
static enum err add_about(struct span about, struct buf *out)
{
    struct json_value value;
    struct json_flaw flaw;

    if (about.len == 0)
        return buf_add_text(out, "null");
    if (is_one_line(about) && json_check(about, &value, &flaw) == ERR_OK)
        return buf_add(out, about.at, about.len);
    return json_quote(out, about);
}

static enum err add_service(const struct stats_service *s, struct buf *out)
{
    enum err e = add_text(out, "{\"epoch\":", s->epoch);

    if (!e)
        e = buf_printf(
            out, ",\"lease_ms\":%" PRId64 ",\"held\":%" PRId64 ",\"about\":",
            s->lease_ms, s->held);
    if (!e)
        e = add_about(buf_span(&s->about), out);
    return e ? e : buf_add_text(out, "}");
}

static enum err add_totals(const struct stats_queue *q, struct buf *out)
{
    enum err e = buf_add_text(out, ",\"totals\":{");

    for (size_t i = 0; !e && i < TOTALS; i++)
        e = buf_printf(out, "%s\"%s\":%" PRId64, i > 0 ? "," : "",
                       stats_totals[i], q->totals[i]);
    return e ? e : buf_add_text(out, "}");
}

static enum err add_queue(const struct stats_queue *q, struct buf *out)
{
    enum err e = add_text(out, "{\"queue\":", q->name);

    if (!e)
        e = add_text(out, ",\"jobs_key\":", q->keys.jobs);
    if (!e)
        e = buf_printf(out,
                       ",\"waiting\":%" PRId64 ",\"waited_ms\":%" PRId64
                       ",\"later\":%" PRId64 ",\"due\":%" PRId64
                       ",\"held\":%" PRId64 ",\"dead\":%" PRId64
                       ",\"outcomes\":%" PRId64,
                       q->waiting, q->waited_ms, q->later, q->due, q->held,
                       q->dead, q->outcomes);
    if (!e)
        e = add_totals(q, out);
    if (!e)
        e = stats_gates_json(q, out);
    if (!e)
        e = buf_add_text(out, ",\"services\":[");
    for (size_t i = 0; !e && i < q->service_count; i++) {
        if (i > 0)
            e = buf_add_text(out, ",");
        if (!e)
            e = add_service(&q->services[i], out);
    }
    return e ? e : buf_add_text(out, "]}");
}

static enum err write_all(const struct stats_redis *redis,
                          const struct stats_queue *queues, size_t count,
                          struct buf *out)
{
    enum err e = add_text(out, "{\"redis\":", redis->address);

    if (!e)
        e = add_text(out, ",\"socket\":", redis->socket);
    if (!e)
        e = add_text(out, ",\"redis_version\":", redis->version);
    if (!e)
        e = buf_printf(out,
                       ",\"memory_bytes\":%" PRIu64
                       ",\"memory_limit_bytes\":%" PRIu64
                       ",\"embedded\":%s,\"queues\":[",
                       redis->facts->used_bytes, redis->facts->limit_bytes,
                       redis->embedded ? "true" : "false");
    for (size_t i = 0; !e && i < count; i++) {
        if (i > 0)
            e = buf_add_text(out, ",");
        if (!e)
            e = add_queue(&queues[i], out);
    }
    return e ? e : buf_add_text(out, "]}");
}

enum err stats_json(const struct stats_redis *redis,
                    const struct stats_queue *queues, size_t count,
                    struct buf *out)
{
    struct buf raw = buf_make(out->max);
    enum err e = write_all(redis, queues, count, &raw);

    if (!e)
        e = term_clean(out, buf_span(&raw));
    buf_clear(&raw);
    return e ? e : buf_add_text(out, "\n");
}
