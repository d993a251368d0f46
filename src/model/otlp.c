#include "model/otlp.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers of the protocol's enums. */
enum { KIND_CLIENT = 3, STATUS_ERROR = 2 };

struct otlp_span *otlp_span_make(struct span url)
{
    struct span shown = span_cut(&url, '?');
    struct otlp_span *s = calloc(1, sizeof *s + shown.len + 1);

    if (s)
        memcpy(s->url, shown.at, shown.len);
    return s;
}

/* A JSON text under way; the first error is kept. */
struct text {
    struct buf *out;
    enum err err;
    bool first; /* no attribute stands before */
};

static void put(struct text *t, const char *text)
{
    if (!t->err)
        t->err = buf_add_text(t->out, text);
}

static void put_quoted(struct text *t, struct span text)
{
    if (!t->err)
        t->err = json_quote(t->out, text);
}

/* An attribute up to its value. */
static void begin(struct text *t, const char *key)
{
    put(t, t->first ? "{\"key\":\"" : ",{\"key\":\"");
    put(t, key);
    put(t, "\",\"value\":{");
    t->first = false;
}

static void add_span(struct text *t, const char *key, struct span value)
{
    begin(t, key);
    put(t, "\"stringValue\":");
    put_quoted(t, value);
    put(t, "}}");
}

static void add_text(struct text *t, const char *key, const char *value)
{
    add_span(t, key, span_of(value));
}

/* 64-bit numbers are texts in the protocol's JSON. */
static void add_number(struct text *t, const char *key, int64_t value)
{
    begin(t, key);
    if (!t->err)
        t->err = buf_printf(t->out, "\"intValue\":\"%" PRId64 "\"}}", value);
}

/* Host and port of the URL, whose form was vetted before it was called. */
static void add_server(struct text *t, const char *url)
{
    const char *host = strstr(url, "://");
    struct span rest, name;
    uint64_t port = strncmp(url, "https:", 6) == 0 ? 443 : 80;

    if (!host)
        return;
    rest = (struct span){host + 3, strcspn(host + 3, "/")};
    if (rest.len > 0 && rest.at[0] == '[') {
        rest.at++;
        rest.len--;
        name = span_cut(&rest, ']');
        (void)span_cut(&rest, ':');
    } else {
        name = span_cut(&rest, ':');
    }
    (void)span_number(rest, &port);
    add_span(t, "server.address", name);
    add_number(t, "server.port", (int64_t)port);
}

static bool is_failure(const struct otlp_span *s)
{
    return !s->judged || s->class != CLASS_OK;
}

static void add_end(struct text *t, const struct otlp_span *s)
{
    char status[16];

    if (s->status) {
        (void)snprintf(status, sizeof status, "%d", s->status);
        add_number(t, "http.response.status_code", s->status);
    }
    if (s->judged) {
        add_text(t, "extq.verdict", verdict_text(s->verdict));
        add_text(t, "extq.class", class_text(s->class));
    }
    if (is_failure(s))
        add_text(t, "error.type",
                 s->status >= 400 ? status
                 : s->judged      ? class_text(s->class)
                                  : "handed_back");
}

static void add_attributes(struct text *t, const struct otlp_span *s)
{
    t->first = true;
    add_text(t, "extq.job.id", s->id);
    add_text(t, "extq.container", s->container);
    add_text(t, "extq.point", s->point);
    add_number(t, "extq.attempt", s->attempt);
    add_text(t, "http.request.method", s->method);
    if (s->attempt > 1)
        add_number(t, "http.request.resend_count", s->attempt - 1);
    add_text(t, "url.full", s->url);
    add_server(t, s->url);
    add_end(t, s);
}

static void add_ids(struct text *t, const struct otlp_span *s)
{
    put(t, "{\"traceId\":\"");
    put(t, s->trace.id);
    put(t, "\",\"spanId\":\"");
    put(t, s->trace.span);
    if (s->trace.parent[0]) {
        put(t, "\",\"parentSpanId\":\"");
        put(t, s->trace.parent);
    }
}

static void add_call(struct text *t, const struct otlp_span *s)
{
    add_ids(t, s);
    put(t, "\",\"name\":\"");
    put(t, s->method);
    put(t, " ");
    put(t, s->point);
    if (!t->err)
        t->err = buf_printf(t->out,
                            "\",\"kind\":%d,\"startTimeUnixNano\":\"%" PRId64
                            "\",\"endTimeUnixNano\":\"%" PRId64
                            "\",\"attributes\":[",
                            KIND_CLIENT, s->begin_ns, s->end_ns);
    add_attributes(t, s);
    put(t, "],\"status\":{");
    if (is_failure(s) && !t->err)
        t->err = buf_printf(t->out, "\"code\":%d", STATUS_ERROR);
    if (is_failure(s) && s->error[0]) {
        put(t, ",\"message\":");
        put_quoted(t, span_of(s->error));
    }
    put(t, "}}");
}

enum err otlp_write(struct buf *out, const struct otlp_source *source,
                    const struct otlp_span *const *spans, size_t count)
{
    struct text t = {.out = out, .first = true};

    put(&t, "{\"resourceSpans\":[{\"resource\":{\"attributes\":[");
    add_text(&t, "service.name", source->service);
    add_text(&t, "service.version", source->version);
    add_text(&t, "service.instance.id", source->instance);
    put(&t, "]},\"scopeSpans\":[{\"scope\":{\"name\":\"extq\",\"version\":");
    put_quoted(&t, span_of(source->version));
    put(&t, "},\"spans\":[");
    for (size_t n = 0; n < count; n++) {
        put(&t, n > 0 ? "," : "");
        add_call(&t, spans[n]);
    }
    put(&t, "]}]}]}");
    return t.err;
}

/* The member of the object of that name, if it has one. */
static struct span member(struct span object, const char *name)
{
    struct json_member members[JSON_MEMBERS_MAX];
    const struct json_member *found;
    struct json_flaw flaw;
    size_t count = 0;

    if (json_object(object, members, &count, &flaw))
        return span_of("");
    found = json_find(members, count, name);
    return found ? found->value.raw : span_of("");
}

uint64_t otlp_rejected(struct span answer)
{
    struct span number =
        member(member(answer, "partialSuccess"), "rejectedSpans");
    uint64_t count = 0;

    /* A text, as 64-bit numbers are; many send it bare. */
    if (number.len >= 2 && number.at[0] == '"')
        number = (struct span){number.at + 1, number.len - 2};
    return span_number(number, &count) ? count : 0;
}
