#include "cli/outcomes_entry.h"

#include "base/json.h"
#include "cli/moment.h"

#include <string.h>

enum { ENTRY_MAX = 1 << 20 };

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

int64_t outcome_entry_ms(const struct outcome_entry *entry)
{
    struct span id = entry->stream_id;
    uint64_t ms;

    if (!span_number(span_cut(&id, '-'), &ms) || ms > INT64_MAX)
        return 0;
    return (int64_t)ms;
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

static const char *const fields[OUTCOME_COLUMNS] = {
    "at",      "verdict", "class", "container", "point",
    "attempt", "status",  "ms",    "id",        "error",
};

static const struct column columns[OUTCOME_COLUMNS] = {
    {"time", 14, false, true},   {"verdict", 9, false, false},
    {"class", 9, false, false},  {"container", 9, false, false},
    {"point", 10, false, false}, {"try", 3, true, false},
    {"http", 4, true, false},    {"ms", 5, true, false},
    {"id", 8, false, false},     {"error", 0, false, false},
};

struct columns outcome_columns(void)
{
    return columns_make(columns, OUTCOME_COLUMNS);
}

static enum term_style style_of(struct span verdict)
{
    if (span_is(verdict, "delivered"))
        return TERM_GOOD;
    if (span_is(verdict, "retry") || span_is(verdict, "paused"))
        return TERM_WARN;
    return span_is(verdict, "dead") ? TERM_BAD : TERM_DIM;
}

enum err outcome_entry_line(const struct outcome_entry *entry,
                            struct columns *t, struct buf *out)
{
    struct span cells[OUTCOME_COLUMNS];
    char time[MOMENT_MAX];

    for (size_t i = 0; i < OUTCOME_COLUMNS; i++)
        cells[i] = outcome_entry_field(entry, fields[i]);
    cells[0] = moment_cell(cells[0], t->width > 0, time);
    return columns_line(t, cells, style_of(cells[1]), out);
}
