#include "model/job.h"

#include "base/base64.h"
#include "base/json.h"
#include "model/trace.h"

#include <string.h>

/* Beyond this neither JSON's numbers nor Redis's scores are exact. */
static const uint64_t ms_max = (UINT64_C(1) << 53) - 1;

/* One pass over the members of a job's object. */
struct fields {
    const struct json_member *members;
    size_t count;
    struct why *why;
};

static const struct json_value *field(const struct fields *f, const char *name)
{
    const struct json_member *m = json_find(f->members, f->count, name);

    return m ? &m->value : NULL;
}

static struct span unquoted(const struct json_value *v)
{
    return (struct span){v->raw.at + 1, v->raw.len - 2};
}

static bool has_escapes(struct span s)
{
    return memchr(s.at, '\\', s.len);
}

static enum err copy_text(const struct json_value *v, char *dst, size_t size)
{
    struct buf text = buf_make(size);
    enum err e = ERR_OK;

    if (!has_escapes(unquoted(v)))
        return span_copy(unquoted(v), dst, size) ? ERR_OK : ERR_LIMIT;
    e = json_decode(*v, &text);
    if (!e && !span_copy(buf_span(&text), dst, size))
        e = ERR_LIMIT;
    buf_clear(&text);
    return e;
}

/* A container, a point or an id: dst is empty unless it is a good one. */
static enum err read_ident(const struct fields *f, const char *name,
                           bool (*is_good)(struct span),
                           char dst[IDENT_MAX + 1])
{
    const struct json_value *v = field(f, name);
    enum err e;

    if (!v)
        return why_set(f->why, ERR_SYNTAX, "%s: is missing", name);
    if (v->kind != JSON_STRING)
        return why_set(f->why, ERR_SYNTAX, "%s: must be a string", name);
    e = copy_text(v, dst, IDENT_MAX + 1);
    if (!e && is_good(span_of(dst)))
        return ERR_OK;
    dst[0] = '\0';
    if (e && e != ERR_LIMIT)
        return why_set(f->why, e, "%s: %s", name, err_text(e));
    return why_set(f->why, ERR_SYNTAX, "%s: must be 1 to %d characters of %s",
                   name, IDENT_MAX,
                   is_good == ident_is_id ? "A-Z a-z 0-9 _ : -"
                                          : "A-Z a-z 0-9 . _ ~ -");
}

/* Reads all three even when one is bad; the first flaw is reported. */
static enum err read_identity(struct job *job, const struct fields *f)
{
    struct fields quiet = {f->members, f->count, NULL};
    enum err first = ERR_OK, e;

    if (field(f, "id"))
        first = read_ident(f, "id", ident_is_id, job->id);
    e = read_ident(first ? &quiet : f, "container", ident_is_name,
                   job->container);
    first = first ? first : e;
    e = read_ident(first ? &quiet : f, "point", ident_is_name, job->point);
    return first ? first : e;
}

static enum err read_ms(const struct fields *f, const char *name, int64_t *ret)
{
    const struct json_value *v = field(f, name);
    uint64_t n;

    if (!v)
        return ERR_OK;
    if (v->kind != JSON_NUMBER || !span_number(v->raw, &n) || n > ms_max)
        return why_set(f->why, ERR_SYNTAX,
                       "%s: must be unix milliseconds, a whole number", name);
    *ret = (int64_t)n;
    return ERR_OK;
}

/* Only of a trace that is known: vendors' data on another one would mislead. */
static void read_tracestate(struct job *job, const struct fields *f)
{
    const struct json_value *v = field(f, "tracestate");

    if (v && v->kind == JSON_STRING &&
        (json_decode(*v, &job->tracestate) ||
         !tracestate_is_good(buf_span(&job->tracestate))))
        buf_clear(&job->tracestate);
}

/* A broken trace must not cost the job: it is left out. */
static void read_traceparent(struct job *job, const struct fields *f)
{
    const struct json_value *v = field(f, "traceparent");
    struct trace trace;

    if (!v || v->kind != JSON_STRING || !trace_read(unquoted(v), &trace))
        return;
    (void)span_copy((struct span){unquoted(v).at, TRACEPARENT_LEN},
                    job->traceparent, sizeof job->traceparent);
    read_tracestate(job, f);
}

/* Without escapes the text is its own decoded form: nothing to allocate. */
static enum err decode(struct job *job, const struct json_value *v,
                       struct span *ret)
{
    enum err e;

    *ret = unquoted(v);
    if (!has_escapes(*ret))
        return ERR_OK;
    e = json_decode(*v, &job->decoded);
    *ret = buf_span(&job->decoded);
    return e;
}

static enum err read_text_body(struct job *job, const struct fields *f,
                               const struct json_value *v)
{
    enum err e;

    if (v->kind != JSON_STRING)
        return why_set(f->why, ERR_SYNTAX, "body: must be a string");
    e = decode(job, v, &job->body);
    return e ? why_set(f->why, e, "body: %s", err_text(e)) : ERR_OK;
}

static enum err read_base64_body(struct job *job, const struct fields *f,
                                 const struct json_value *v)
{
    struct buf bytes = buf_make(JOB_BYTES_MAX);
    struct span text;
    enum err e;

    if (v->kind != JSON_STRING)
        return why_set(f->why, ERR_SYNTAX, "body_base64: must be a string");
    e = decode(job, v, &text);
    if (!e)
        e = base64_decode(text, &bytes);
    buf_clear(&job->decoded);
    job->decoded = bytes;
    job->body = buf_span(&job->decoded);
    if (e == ERR_SYNTAX)
        return why_set(f->why, e, "body_base64: is not base64");
    return e ? why_set(f->why, e, "body_base64: %s", err_text(e)) : ERR_OK;
}

static enum err read_body(struct job *job, const struct fields *f)
{
    const struct json_value *payload = field(f, "payload");
    const struct json_value *body = field(f, "body");
    const struct json_value *base64 = field(f, "body_base64");

    if (!!payload + !!body + !!base64 != 1)
        return why_set(f->why, ERR_SYNTAX,
                       "exactly one of payload, body and body_base64 "
                       "must be given");
    if (body)
        return read_text_body(job, f, body);
    if (base64)
        return read_base64_body(job, f, base64);
    job->body = payload->raw;
    return ERR_OK;
}

static enum err read_fields(struct job *job, const struct fields *f)
{
    enum err e = read_identity(job, f);

    if (!e)
        e = read_ms(f, "not_before", &job->not_before);
    if (!e)
        e = read_ms(f, "expires_at", &job->expires_at);
    if (!e)
        e = read_body(job, f);
    if (!e)
        read_traceparent(job, f);
    return e;
}

/* For the report: what was listed of a text that is refused. */
static void read_what_is_there(struct job *job, const struct fields *f)
{
    struct fields quiet = {f->members, f->count, NULL};

    (void)read_identity(job, &quiet);
}

enum err job_read(struct job *job, struct span text, struct why *why)
{
    struct json_member members[JSON_MEMBERS_MAX];
    struct fields f = {members, 0, why};
    struct json_flaw flaw;
    enum err e;

    job_clear(job);
    if (text.len > JOB_BYTES_MAX)
        return why_set(why, ERR_LIMIT, "larger than %d bytes", JOB_BYTES_MAX);
    e = json_object(text, members, &f.count, &flaw);
    if (!e && f.count <= JSON_MEMBERS_MAX)
        return read_fields(job, &f);
    read_what_is_there(job, &f);
    if (e)
        return why_set(why, e, "byte %zu: %s", flaw.offset, flaw.what);
    /* What is not listed was not compared: a field could be there twice. */
    return why_set(why, ERR_LIMIT, "more than %d fields", JSON_MEMBERS_MAX);
}

struct job job_make(void)
{
    return (struct job){.decoded = buf_make(JOB_BYTES_MAX),
                        .tracestate = buf_make(TRACESTATE_MAX)};
}

void job_clear(struct job *job)
{
    buf_clear(&job->decoded);
    buf_clear(&job->tracestate);
    *job = job_make();
}
