#include "cli/stats_write.h"

#include "base/json.h"
#include "cli/moment.h"
#include "cli/stats_gates.h"
#include "cli/term.h"

#include <inttypes.h>

static enum err add_title(struct buf *out, const char *label, const char *name,
                          bool colour)
{
    struct buf clean = buf_make(8 * KEY_MAX);
    enum err e = term_clean(&clean, span_of(name));

    if (!e)
        e = buf_printf(out, "%s%s %s%s\n", term_style(TERM_BOLD, colour), label,
                       clean.at ? clean.at : "",
                       term_style(TERM_PLAIN, colour));
    buf_clear(&clean);
    return e;
}

enum err stats_full_page(const struct redis_facts *facts, bool colour,
                         struct buf *out)
{
    return buf_printf(out,
                      "%s  memory     full, %" PRIu64 " of %" PRIu64
                      " bytes: producers are refused, services work off what "
                      "is there%s\n",
                      term_style(TERM_BAD, colour), facts->used_bytes,
                      facts->limit_bytes, term_style(TERM_PLAIN, colour));
}

enum err stats_redis_page(const struct stats_redis *redis, bool colour,
                          struct buf *out)
{
    enum err e = add_title(out, "Redis", redis->address, colour);

    if (!e)
        e = buf_add_text(out, "  version    ");
    if (!e)
        e = term_clean(out, span_of(redis->version));
    if (!e)
        e = buf_add_text(out, redis->embedded ? "  (embedded)\n" : "\n");
    if (!e && redis_facts_full(redis->facts))
        e = stats_full_page(redis->facts, colour, out);
    if (e || !redis->socket[0])
        return e;
    e = buf_add_text(out, "  socket     ");
    if (!e)
        e = term_clean(out, span_of(redis->socket));
    return e ? e : buf_add_text(out, "\n");
}

static enum err add_count(struct buf *out, const char *name, int64_t count,
                          const char *note)
{
    return buf_printf(out, "  %-9s %10" PRId64 "  %s\n", name, count, note);
}

static enum err add_waiting(const struct stats_queue *q, struct buf *out)
{
    char age[MOMENT_MAX];

    if (q->waited_ms == 0)
        return add_count(out, "waiting", q->waiting, q->keys.jobs);
    moment_length(q->waited_ms, age);
    return buf_printf(out, "  %-9s %10" PRId64 "  %s, the first for %s\n",
                      "waiting", q->waiting, q->keys.jobs, age);
}

static enum err add_later(const struct stats_queue *q, struct buf *out)
{
    if (q->due == 0)
        return add_count(out, "later", q->later, "retries and scheduled jobs");
    return buf_printf(out, "  %-9s %10" PRId64 "  %" PRId64 " of them due\n",
                      "later", q->later, q->due);
}

static enum err add_totals(const struct stats_queue *q, struct buf *out)
{
    const char *comma = "";
    enum err e = buf_add_text(out, "  totals    ");

    for (size_t i = 0; !e && i < TOTALS; i++) {
        if (q->totals[i] == 0)
            continue;
        e = buf_printf(out, "%s %s %" PRId64, comma, stats_totals[i],
                       q->totals[i]);
        comma = ",";
    }
    if (!e && !comma[0])
        e = buf_add_text(out, " none yet");
    return e ? e : buf_add_text(out, "\n");
}

/* A member of the about object as cleaned text; "?" when it is not there. */
static enum err add_about(const struct json_member *members, size_t count,
                          const char *name, struct buf *out)
{
    const struct json_member *m = json_find(members, count, name);
    struct buf text = buf_make(ABOUT_MAX);
    char moment[MOMENT_MAX];
    enum err e = ERR_OK;

    if (!m)
        return buf_add_text(out, "?");
    if (m->value.kind == JSON_STRING)
        e = json_decode(m->value, &text);
    else
        e = buf_add(&text, m->value.raw.at, m->value.raw.len);
    if (!e && span_is(span_of(name), "started") &&
        moment_of_text(buf_span(&text), moment))
        e = buf_add_text(out, moment);
    else if (!e)
        e = term_clean(out, buf_span(&text));
    buf_clear(&text);
    return e;
}

static enum err add_who(const struct stats_service *s, struct buf *out)
{
    static const struct {
        const char *before, *name;
    } parts[] = {
        {"  service   ", "name"}, {"  on ", "host"},       {", pid ", "pid"},
        {", extq ", "version"},   {", since ", "started"},
    };
    struct json_member members[JSON_MEMBERS_MAX];
    struct json_flaw flaw;
    size_t count = 0;
    enum err e = ERR_OK;

    if (s->about.len == 0 ||
        json_object(buf_span(&s->about), members, &count, &flaw) != ERR_OK)
        count = 0;
    for (size_t i = 0; !e && i < sizeof parts / sizeof *parts; i++) {
        e = buf_add_text(out, parts[i].before);
        if (!e)
            e = add_about(members, count, parts[i].name, out);
    }
    return e;
}

static enum err add_service(const struct stats_service *s, struct buf *out)
{
    char length[MOMENT_MAX];
    enum err e = add_who(s, out);

    if (e)
        return e;
    if (s->lease_ms <= 0)
        return buf_printf(out,
                          "\n            gone: its %" PRId64
                          " jobs go back to the queue\n",
                          s->held);
    moment_length(s->lease_ms, length);
    return buf_printf(
        out, "\n            holds %" PRId64 " jobs, lease runs %s more\n",
        s->held, length);
}

enum err stats_services_page(const struct stats_queue *q, struct buf *out)
{
    enum err e = ERR_OK;

    if (q->service_count == 0)
        e = buf_add_text(out, "  service    none: start one with extq run\n");
    for (size_t i = 0; !e && i < q->service_count; i++)
        e = add_service(&q->services[i], out);
    return e;
}

enum err stats_queue_page(const struct stats_queue *q, bool colour,
                          struct buf *out)
{
    enum err e = add_title(out, "Queue", q->name, colour);

    if (!e)
        e = stats_pause_page(q, out);
    if (!e)
        e = add_waiting(q, out);
    if (!e)
        e = add_later(q, out);
    if (!e)
        e = add_count(out, "held", q->held, "claimed and not yet finished");
    if (!e)
        e = stats_gates_count(q, out);
    if (!e)
        e = add_count(out, "dead", q->dead, "given up on, kept");
    if (!e)
        e = add_count(out, "outcomes", q->outcomes, "see extq outcomes");
    if (!e)
        e = add_totals(q, out);
    if (!e)
        e = stats_gates_page(q, out);
    return e ? e : stats_services_page(q, out);
}
