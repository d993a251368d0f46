#include "cli/gates_table.h"

#include "cli/gates_words.h"
#include "cli/moment.h"
#include "cli/term.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { GROWTH_MAX = 40, CLEAN_MAX = 12 * GATE_ENDS_MAX };

enum column {
    QUEUE,
    CONTAINER,
    POINT,
    WHY,
    SINCE,
    PARKED,
    OLDEST,
    PROBES,
    REASON,
    ENDS,
};

static const struct {
    const char *title;
    bool right;
} columns[GATE_COLUMNS] = {
    [QUEUE] = {"queue", false},   [CONTAINER] = {"container", false},
    [POINT] = {"point", false},   [WHY] = {"why", false},
    [SINCE] = {"since", false},   [PARKED] = {"parked", true},
    [OLDEST] = {"oldest", true},  [PROBES] = {"failed probes", true},
    [REASON] = {"reason", false}, [ENDS] = {"ends", false},
};

struct cells {
    char text[GATE_COLUMNS][GATE_ENDS_MAX];
};

static void copy(char *dst, struct span text)
{
    if (text.len == 0)
        text = span_of("-");
    (void)span_copy(text, dst, GATE_ENDS_MAX);
}

static void write_since(const struct gates_table *t, int64_t ms, char *dst)
{
    char number[24], text[MOMENT_MAX];

    (void)snprintf(number, sizeof number, "%" PRId64, ms);
    copy(dst,
         ms > 0 ? moment_cell(span_of(number), t->screen, text) : span_of("-"));
}

static void write_age(const struct gates_table *t, int64_t ms, char *dst)
{
    char text[MOMENT_MAX] = "-";

    if (ms > 0)
        moment_length(t->now_ms > ms ? t->now_ms - ms : 0, text);
    copy(dst, span_of(text));
}

static void write_cells(const struct gates_table *t, const struct gate_row *row,
                        struct cells *c)
{
    struct span container, point;

    (void)gate_row_split(row, &container, &point);
    copy(c->text[QUEUE], span_of(row->queue));
    copy(c->text[CONTAINER], container);
    copy(c->text[POINT], point.len > 0 ? point : span_of("(all)"));
    copy(c->text[WHY], span_of(gate_meaning(row)));
    write_since(t, row->since_ms, c->text[SINCE]);
    (void)snprintf(c->text[PARKED], GATE_ENDS_MAX, "%" PRIu64, row->parked);
    write_age(t, row->oldest_ms, c->text[OLDEST]);
    (void)snprintf(c->text[PROBES], GATE_ENDS_MAX, "%" PRIu32, row->step);
    copy(c->text[REASON], span_of(row->why));
    gate_ends(row, t->now_ms, t->with_queue, c->text[ENDS]);
}

/* The cells of the row, or the titles. */
static void make_cells(const struct gates_table *t, const struct gate_row *row,
                       struct cells *c)
{
    if (row) {
        write_cells(t, row, c);
        return;
    }
    for (size_t i = 0; i < GATE_COLUMNS; i++)
        copy(c->text[i], span_of(columns[i].title));
}

static bool is_shown(const struct gates_table *t, size_t column)
{
    return column != QUEUE || t->queues;
}

/* The cell as it is shown, in *clean; the last one is there to be copied. */
static enum err clean_cell(const struct gates_table *t, const struct cells *c,
                           size_t column, struct buf *clean)
{
    enum err e;

    buf_reset(clean);
    e = term_clean(clean, span_of(c->text[column]));
    if (!e && column == REASON && t->screen)
        buf_cut(clean, term_cut(buf_span(clean), GROWTH_MAX).len);
    return e;
}

enum err gates_table_fit(struct gates_table *t, const struct gate_row *row)
{
    struct buf clean = buf_make(CLEAN_MAX);
    struct cells cells;
    enum err e = ERR_OK;

    make_cells(t, row, &cells);
    for (size_t i = 0; !e && i < ENDS; i++) {
        size_t used;

        e = clean_cell(t, &cells, i, &clean);
        used = term_columns(buf_span(&clean));
        if (used > GROWTH_MAX)
            used = GROWTH_MAX;
        if (used > t->widths[i])
            t->widths[i] = used;
    }
    buf_clear(&clean);
    return e;
}

static enum err add_cell(const struct gates_table *t, size_t column,
                         struct span cell, struct buf *out)
{
    size_t used = term_columns(cell), width = t->widths[column];
    int gap = column < ENDS && used < width ? (int)(width - used) : 0;
    enum err e = ERR_OK;

    if (columns[column].right)
        e = buf_printf(out, "%*s", gap, "");
    if (!e)
        e = buf_add(out, cell.at, cell.len);
    if (e || column == ENDS)
        return e;
    return buf_printf(out, "%*s", (columns[column].right ? 0 : gap) + 2, "");
}

static enum err add_cells(const struct gates_table *t,
                          const struct gate_row *row, struct buf *out)
{
    struct buf clean = buf_make(CLEAN_MAX);
    struct cells cells;
    enum err e = ERR_OK;

    make_cells(t, row, &cells);
    for (size_t i = 0; !e && i < GATE_COLUMNS; i++) {
        if (!is_shown(t, i))
            continue;
        e = clean_cell(t, &cells, i, &clean);
        if (!e)
            e = add_cell(t, i, buf_span(&clean), out);
    }
    buf_clear(&clean);
    return e;
}

static enum term_style style_of(const struct gate_row *row)
{
    if (!row)
        return TERM_BOLD;
    if (row->kind == GATE_CIRCUIT || row->kind == GATE_GONE)
        return TERM_BAD;
    return row->kind == GATE_FULL ? TERM_DIM : TERM_WARN;
}

enum err gates_table_line(const struct gates_table *t,
                          const struct gate_row *row, struct buf *out)
{
    enum err e = buf_add_text(out, term_style(style_of(row), t->colour));

    if (!e)
        e = add_cells(t, row, out);
    if (!e)
        e = buf_add_text(out, term_style(TERM_PLAIN, t->colour));
    return e ? e : buf_add_text(out, "\n");
}
