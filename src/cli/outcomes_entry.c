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
    size_t least; /* width to begin with */
    bool right;
} columns[OUTCOME_COLUMNS] = {
    {"at", "time", 14, false},     {"verdict", "verdict", 9, false},
    {"class", "class", 9, false},  {"container", "container", 9, false},
    {"point", "point", 10, false}, {"attempt", "try", 3, true},
    {"status", "http", 4, true},   {"ms", "ms", 5, true},
    {"id", "id", 8, false},        {"error", "error", 0, false},
};

enum {
    ERROR_COLUMN = OUTCOME_COLUMNS - 1,
    ERROR_LEAST = 20, /* of an error is shown on the narrowest screen */
    GROWTH_MAX = 36,
};

/* One line: the cells, and where it grows. */
struct line {
    struct outcome_table *table;
    struct buf cell;
    struct buf text;
};

static enum err add_spaces(struct buf *out, size_t count)
{
    return buf_printf(out, "%*s", (int)count, "");
}

/* Widens the column for the cell; how many spaces are missing then. */
static size_t gap_of(struct outcome_table *t, size_t column, struct span cell)
{
    size_t used = term_columns(cell);
    size_t *width = &t->widths[column];

    if (*width < columns[column].least)
        *width = columns[column].least;
    if (used > *width && used <= GROWTH_MAX)
        *width = used;
    return used < *width ? *width - used : 0;
}

static enum err add_cell(struct line *l, size_t column, struct span text)
{
    size_t gap;
    enum err e;

    buf_reset(&l->cell);
    e = text.len > 0 ? term_clean(&l->cell, text) : buf_add_text(&l->cell, "-");
    if (e)
        return e;
    gap = gap_of(l->table, column, buf_span(&l->cell));
    if (columns[column].right)
        e = add_spaces(&l->text, gap);
    if (!e)
        e = buf_add(&l->text, l->cell.at, l->cell.len);
    if (!e)
        e = add_spaces(&l->text, columns[column].right ? 2 : gap + 2);
    return e;
}

/* Only the last cell is cut: ids are there to be copied. */
static enum err add_error(struct line *l, struct span text)
{
    size_t used = term_columns(buf_span(&l->text));
    unsigned width = l->table->width;
    size_t room = used + ERROR_LEAST < width ? width - used : ERROR_LEAST;
    enum err e;

    buf_reset(&l->cell);
    e = term_clean(&l->cell, text);
    if (e || text.len == 0)
        return e;
    text = buf_span(&l->cell);
    if (width > 0)
        text = term_cut(text, room);
    return buf_add(&l->text, text.at, text.len);
}

static enum err join_cells(const struct span cells[OUTCOME_COLUMNS],
                           struct outcome_table *t, struct buf *out)
{
    struct line l = {t, buf_make(CELL_MAX), buf_make(ENTRY_MAX)};
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < ERROR_COLUMN; i++)
        e = add_cell(&l, i, cells[i]);
    if (!e)
        e = add_error(&l, cells[ERROR_COLUMN]);
    while (l.text.len > 0 && l.text.at[l.text.len - 1] == ' ')
        l.text.len--;
    if (!e)
        e = buf_add(out, l.text.at, l.text.len);
    buf_clear(&l.cell);
    buf_clear(&l.text);
    return e;
}

static enum term_style style_of(struct span verdict)
{
    if (span_is(verdict, "delivered"))
        return TERM_GOOD;
    if (span_is(verdict, "retry") || span_is(verdict, "paused"))
        return TERM_WARN;
    return span_is(verdict, "dead") ? TERM_BAD : TERM_DIM;
}

static enum err add_line(const struct span cells[OUTCOME_COLUMNS],
                         struct outcome_table *t, enum term_style style,
                         struct buf *out)
{
    enum err e = buf_add_text(out, term_style(style, t->colour));

    if (!e)
        e = join_cells(cells, t, out);
    if (!e)
        e = buf_add_text(out, term_style(TERM_PLAIN, t->colour));
    return e ? e : buf_add_text(out, "\n");
}

enum err outcome_header(struct outcome_table *t, struct buf *out)
{
    struct span cells[OUTCOME_COLUMNS];

    for (size_t i = 0; i < OUTCOME_COLUMNS; i++)
        cells[i] = span_of(columns[i].title);
    return add_line(cells, t, TERM_BOLD, out);
}

/* "2024-01-02T03:04:05.678Z" whole in a file; "01-02 03:04:05" on a screen. */
static struct span time_cell(struct span at, bool screen, char text[MOMENT_MAX])
{
    if (!moment_of_text(at, text))
        return at;
    if (!screen || strlen(text) != strlen("2024-01-02T03:04:05.678Z"))
        return span_of(text);
    text[10] = ' ';
    return (struct span){text + 5, strlen("01-02 03:04:05")};
}

enum err outcome_entry_line(const struct outcome_entry *entry,
                            struct outcome_table *t, struct buf *out)
{
    struct span cells[OUTCOME_COLUMNS];
    char time[MOMENT_MAX];

    for (size_t i = 0; i < OUTCOME_COLUMNS; i++)
        cells[i] = outcome_entry_field(entry, columns[i].field);
    cells[0] = time_cell(cells[0], t->width > 0, time);
    return add_line(cells, t, style_of(cells[1]), out);
}
