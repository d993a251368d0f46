#include "link/http_internal.h"

#include <string.h>
#include <strings.h>

enum {
    LINES_BYTES_MAX = 64 << 10,
    /* libcurl asks leave (Expect: 100-continue) for more than a MiB. */
    UNASKED_BODY_MAX = 1 << 19,
};

static bool line_is_clean(const char *line)
{
    for (; *line; line++)
        if ((unsigned char)*line < ' ' || *line == 0x7f)
            return false;
    return true;
}

/* A cut line would say something else. */
static bool write_line(char *dst, size_t size, const char *name,
                       const char *value)
{
    return span_join(dst, size, (const char *const[]){name, ": ", value, NULL});
}

/* A line that libcurl reads, to send it in another form or in place of one of
 * its own; one without a value is such, too. */
static bool is_for_libcurl(const char *line)
{
    static const char *const names[] = {
        "accept",  "alt-used", "authorization", "connection", "content-",
        "cookie",  "expect",   "host",          "http2-",     "if-",
        "mime-",   "proxy-",   "range",         "referer",    "te",
        "trailer", "transfer", "upgrade",       "user-agent"};
    const char *value = strchr(line, ':');

    if (!value || value == line || value[1 + strspn(value + 1, " ")] == '\0')
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((line[0] | 0x20) == names[i][0] &&
            strncasecmp(line, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* The list lives in the ticket: libcurl only reads it (its type is older than
 * const), and curl_slist_append would cost two allocations an element. */
static enum err add(struct http_ticket *t, unsigned *n, const char *text)
{
    if (*n == HEADERS_MAX)
        return ERR_SYNTAX;
    t->headers[*n].data = (char *)(uintptr_t)text;
    t->headers[*n].next = NULL;
    if (*n > 0)
        t->headers[*n - 1].next = &t->headers[*n];
    ++*n;
    return ERR_OK;
}

static enum err add_line(struct http_ticket *t, unsigned *n, const char *line)
{
    return line_is_clean(line) ? add(t, n, line) : ERR_SYNTAX;
}

/* libcurl compares each element's beginning with a score of names and copies it
 * as it is: lines that it need not know stand behind another in one element. */
static enum err join(struct http_ticket *t, const char *line)
{
    enum err e = line_is_clean(line) ? ERR_OK : ERR_SYNTAX;

    if (!e && t->lines.len > 0)
        e = buf_add_text(&t->lines, "\r\n");
    if (!e)
        e = buf_add_text(&t->lines, line);
    return e == ERR_LIMIT ? ERR_SYNTAX : e;
}

/* Its own lines of the request. */
static enum err add_own(struct http_ticket *t, unsigned *n)
{
    const struct http_request *q = &t->request;
    enum err e = ERR_OK;

    if (q->body.len > UNASKED_BODY_MAX)
        e = add(t, n, "Expect:");
    if (!e && t->target->authorization)
        e = add_line(t, n, t->target->authorization);
    if (!e && q->accept)
        e = write_line(t->accept, sizeof t->accept, "Accept", q->accept)
                ? add_line(t, n, t->accept)
                : ERR_SYNTAX;
    if (!e && q->content_type)
        e = write_line(t->content_type, sizeof t->content_type, "Content-Type",
                       q->content_type)
                ? join(t, t->content_type)
                : ERR_SYNTAX;
    return e;
}

enum err head_write(struct http_ticket *t)
{
    const char *const *more = t->request.headers;
    unsigned n = 0;
    enum err e;

    t->lines.max = LINES_BYTES_MAX;
    buf_reset(&t->lines);
    e = add_own(t, &n);
    for (; !e && more && *more; more++)
        e = is_for_libcurl(*more) ? add_line(t, &n, *more) : join(t, *more);
    if (!e && t->lines.len > 0)
        e = add(t, &n, t->lines.at);
    if (!e)
        curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, n ? t->headers : NULL);
    return e;
}
