#include "cli/outcomes_entry.h"

#include "base/json.h"
#include "cli/moment.h"
#include "cli/term.h"

#include <string.h>

enum { CELL_MAX = 8 << 10, ENTRY_MAX = 1 << 20 };

bool outcome_entry_read(const struct reply *element, struct outcome_entry *ret)
{
    const struct reply *fields = reply_at(element, 1);

    if (reply_count(element) != 2 || reply_kind(fields) != REPLY_LIST)
        return false;
    ret->stream_id = reply_span(reply_at(element, 0));
    ret->fields = fields;
    return true;
}

struct span outcome_entry_field(const struct outcome_entry *entry,
                                const char *name)
{
    for (size_t i = 0; i + 1 < reply_count(entry->fields); i += 2) {
        if (span_is(reply_span(reply_at(entry->fields, i)), name))
            return reply_span(reply_at(entry->fields, i + 1));
    }
    return (struct span){"", 0};
}

static bool matches(const struct outcome_entry *entry, const char *name,
                    const char *wanted)
{
    return !wanted || span_is(outcome_entry_field(entry, name), wanted);
}

bool outcome_entry_matches(const struct outcome_entry *entry,
                           const struct outcome_filter *filter)
{
    return matches(entry, "container", filter->container) &&
           matches(entry, "point", filter->point) &&
           matches(entry, "verdict", filter->verdict) &&
           matches(entry, "class", filter->class) &&
           matches(entry, "id", filter->id);
}

static enum err add_pair(struct buf *out, struct span name, struct span value)
{
    enum err e = buf_add_text(out, ",");

    if (!e)
        e = json_quote(out, name);
    if (!e)
        e = buf_add_text(out, ":");
    return e ? e : json_quote(out, value);
}

static enum err write_json(const struct outcome_entry *entry, struct buf *out)
{
    enum err e = buf_add_text(out, "{\"stream_id\":");

    if (!e)
        e = json_quote(out, entry->stream_id);
    for (size_t i = 0; !e && i + 1 < reply_count(entry->fields); i += 2)
        e = add_pair(out, reply_span(reply_at(entry->fields, i)),
                     reply_span(reply_at(entry->fields, i + 1)));
    return e ? e : buf_add_text(out, "}");
}

enum err outcome_entry_json(const struct outcome_entry *entry, struct buf *out)
{
    struct buf raw = buf_make(ENTRY_MAX);
    enum err e = write_json(entry, &raw);

    if (!e)
        e = term_clean(out, buf_span(&raw));
    buf_clear(&raw);
    return e ? e : buf_add_text(out, "\n");
}

static const struct column {
    const char *field, *title;
    size_t width;
    bool right;
} columns[] = {
    {"at", "time", 24, false},     {"verdict", "verdict", 9, false},
    {"class", "class", 15, false}, {"container", "container", 14, false},
    {"point", "point", 16, false}, {"attempt", "try", 3, true},
    {"status", "http", 4, true},   {"ms", "ms", 6, true},
    {"id", "id", 24, false},       {"error", "error", 0, false},
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static enum err add_spaces(struct buf *out, size_t count)
{
    return buf_printf(out, "%*s", (int)count, "");
}

static enum err add_cell(const struct column *c, struct span text,
                         struct buf *out)
{
    size_t used = term_columns(text);
    size_t gap = used < c->width ? c->width - used : 0;
    enum err e = c->right ? add_spaces(out, gap) : ERR_OK;

    if (!e)
        e = buf_add(out, text.at, text.len);
    if (!e && !c->right)
        e = add_spaces(out, gap);
    return e ? e : buf_add_text(out, "  ");
}

/* Joins the cells and cuts the line; cells are cleaned on the way. */
static enum err join_cells(const struct span cells[COLUMNS], unsigned width,
                           struct buf *out)
{
    struct buf cell = buf_make(CELL_MAX), line = buf_make(ENTRY_MAX);
    struct span text;
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < COLUMNS; i++) {
        buf_reset(&cell);
        e = cells[i].len > 0 ? term_clean(&cell, cells[i])
                             : buf_add_text(&cell, "-");
        if (!e)
            e = add_cell(&columns[i], buf_span(&cell), &line);
    }
    text = buf_span(&line);
    if (width > 0)
        text = term_cut(text, width);
    while (text.len > 0 && text.at[text.len - 1] == ' ')
        text.len--;
    if (!e)
        e = buf_add(out, text.at, text.len);
    buf_clear(&cell);
    buf_clear(&line);
    return e;
}

static enum term_style style_of(struct span verdict)
{
    if (span_is(verdict, "delivered"))
        return TERM_GOOD;
    if (span_is(verdict, "retry"))
        return TERM_WARN;
    return span_is(verdict, "dead") ? TERM_BAD : TERM_DIM;
}

static enum err add_line(const struct span cells[COLUMNS], unsigned width,
                         enum term_style style, bool colour, struct buf *out)
{
    enum err e = buf_add_text(out, term_style(style, colour));

    if (!e)
        e = join_cells(cells, width, out);
    if (!e)
        e = buf_add_text(out, term_style(TERM_PLAIN, colour));
    return e ? e : buf_add_text(out, "\n");
}

enum err outcome_entry_line(const struct outcome_entry *entry, bool colour,
                            unsigned width, struct buf *out)
{
    struct span cells[COLUMNS];
    char time[MOMENT_MAX];

    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = outcome_entry_field(entry, columns[i].field);
    if (moment_of_text(cells[0], time))
        cells[0] = span_of(time);
    return add_line(cells, width,
                    style_of(outcome_entry_field(entry, "verdict")), colour,
                    out);
}

enum err outcome_header(bool colour, unsigned width, struct buf *out)
{
    struct span cells[COLUMNS];

    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = span_of(columns[i].title);
    return add_line(cells, width, TERM_BOLD, colour, out);
}
