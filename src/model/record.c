#include "model/record.h"

#include <stdio.h>
#include <string.h>

/* Holds a history entry: "ms,class,status", class at most 32 bytes. */
enum { ENTRY_MAX = 80 };

static bool is_seq(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.at[i] < '0' || s.at[i] > '9') && s.at[i] != '-')
            return false;
    return s.len > 0 && s.len <= RECORD_SEQ_MAX;
}

static bool read_u32(struct span s, uint32_t *ret)
{
    uint64_t n;

    if (!span_number(s, &n) || n > UINT32_MAX)
        return false;
    *ret = (uint32_t)n;
    return true;
}

static bool read_ms(struct span s, int64_t *ret)
{
    uint64_t n;

    if (!span_number(s, &n) || n > INT64_MAX)
        return false;
    *ret = (int64_t)n;
    return true;
}

static bool is_history(struct span s)
{
    static const char bytes[] = "0123456789abcdefghijklmnopqrstuvwxyz_,;-";

    for (size_t i = 0; i < s.len; i++)
        if (!memchr(bytes, s.at[i], sizeof bytes - 1))
            return false;
    return s.len > 0 && s.len <= RECORD_HISTORY_MAX;
}

enum err record_read(struct span text, struct record *ret)
{
    struct record r = {.job = text};
    struct span line;

    if (text.len == 0 || !memchr(text.at, '\n', text.len))
        return ERR_SYNTAX;
    line = span_cut(&r.job, '\n');
    r.seq = span_cut(&line, ' ');
    if (!is_seq(r.seq) || !read_u32(span_cut(&line, ' '), &r.claims) ||
        !read_u32(span_cut(&line, ' '), &r.attempts) ||
        !read_u32(span_cut(&line, ' '), &r.flags) ||
        !read_ms(span_cut(&line, ' '), &r.first_ms) || !is_history(line))
        return ERR_SYNTAX;
    r.history = line;
    *ret = r;
    return ERR_OK;
}

enum err record_held(struct span field, struct span text, struct record *ret)
{
    struct record r = {.claims = 1, .history = span_of("-"), .job = text};
    struct span rest;
    int64_t number;

    (void)span_cut(&field, ':');
    r.seq = rest = field;
    if (!read_ms(span_cut(&rest, '-'), &number) ||
        !read_ms(span_cut(&rest, '-'), &r.first_ms) || !read_ms(rest, &number))
        return record_read(text, ret);
    *ret = r;
    return ERR_OK;
}

/* What of the history stays when `more` bytes are to follow it. */
static struct span history_tail(struct span history, size_t more)
{
    if (span_is(history, "-"))
        history.len = 0;
    while (history.len > 0 && history.len + 1 + more > RECORD_HISTORY_MAX)
        (void)span_cut(&history, ';');
    return history;
}

/* The last entry that lets the job start again; empty without one. */
static struct span restart_of(struct span history)
{
    struct span found = {history.at, 0};

    while (history.len > 0) {
        struct span rest = span_cut(&history, ';'), entry = rest;

        (void)span_cut(&rest, ',');
        if (span_is(span_cut(&rest, ','), "retried"))
            found = entry;
    }
    return found;
}

/* What stays in front of `more` bytes: the youngest entries, and the restart
 * however old it is. */
static enum err add_old(struct span history, size_t more, struct buf *out)
{
    struct span old = history_tail(history, more), mark = restart_of(history);
    enum err e = ERR_OK;

    if (mark.len > 0 && mark.at < old.at) {
        old = history_tail(old, mark.len + 1 + more);
        e = buf_printf(out, "%.*s;", (int)mark.len, mark.at);
    }
    if (!e)
        e = buf_add(out, old.at, old.len);
    return !e && old.len > 0 ? buf_add_text(out, ";") : e;
}

static enum err add_history(const struct record *r, int64_t at_ms,
                            const char *class_name, int status, struct buf *out)
{
    char entry[ENTRY_MAX];
    int len = snprintf(entry, sizeof(entry), "%lld,%.32s,%d", (long long)at_ms,
                       class_name, status);
    enum err e = add_old(r->history, (size_t)len, out);

    return e ? e : buf_add(out, entry, (size_t)len);
}

enum err record_header(const struct record *r, int64_t at_ms,
                       const char *class_name, int status, struct buf *out)
{
    size_t before = out->len;
    enum err e = buf_add(out, r->seq.at, r->seq.len);

    if (!e)
        e = buf_printf(out, " %u %u %u %lld ", r->claims, r->attempts, r->flags,
                       (long long)r->first_ms);
    if (!e && class_name)
        e = add_history(r, at_ms, class_name, status, out);
    else if (!e)
        e = buf_add(out, r->history.at, r->history.len);
    if (!e)
        e = buf_add_text(out, "\n");
    if (e)
        buf_cut(out, before);
    return e;
}

int64_t record_last_ms(const struct record *r)
{
    struct span rest = r->history, last = rest;
    int64_t ms;

    while (rest.len > 0)
        last = span_cut(&rest, ';');
    return read_ms(span_cut(&last, ','), &ms) ? ms : 0;
}

struct span record_last_class(const struct record *r)
{
    struct span rest = r->history, last = rest;

    while (rest.len > 0)
        last = span_cut(&rest, ';');
    (void)span_cut(&last, ',');
    return span_cut(&last, ',');
}

struct record_start record_start(const struct record *r)
{
    struct record_start start = {.first_ms = r->first_ms};
    struct span mark = restart_of(r->history);
    int64_t ms;
    uint32_t attempts;

    if (!read_ms(span_cut(&mark, ','), &ms))
        return start;
    (void)span_cut(&mark, ',');
    if (read_u32(mark, &attempts) && attempts <= r->attempts)
        start = (struct record_start){attempts, ms};
    return start;
}

void record_id(const struct record *r, char dst[IDENT_MAX + 1])
{
    snprintf(dst, IDENT_MAX + 1, "extq-%.*s", (int)r->seq.len, r->seq.at);
}
