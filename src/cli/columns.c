#include "cli/columns.h"

#include "base/check.h"

#include <unistd.h>

enum {
    CELL_MAX = 8 << 10,
    LINE_MAX_BYTES = 1 << 20,
    LAST_LEAST = 20, /* of the last cell is shown on the narrowest screen */
    GROWTH_MAX = 36,
    MOMENT_WIDTH = 24,
};

struct columns columns_make(const struct column *at, size_t count)
{
    struct columns c = {
        .at = at,
        .count = count,
        .colour = term_colour(STDOUT_FILENO),
        .width = term_width(STDOUT_FILENO),
    };

    check(count >= 2 && count <= COLUMNS_MAX);
    for (size_t i = 0; i < count; i++)
        c.widths[i] = at[i].moment && c.width == 0 ? MOMENT_WIDTH : at[i].least;
    return c;
}

/* One line: the cells, and where it grows. */
struct line {
    struct columns *columns;
    struct buf cell;
    struct buf text;
};

static enum err add_spaces(struct buf *out, size_t count)
{
    return buf_printf(out, "%*s", (int)count, "");
}

/* Widens the column for the cell; how many spaces are missing then. */
static size_t gap_of(struct columns *c, size_t column, struct span cell)
{
    size_t used = term_columns(cell);
    size_t *width = &c->widths[column];

    if (used > *width && used <= GROWTH_MAX)
        *width = used;
    return used < *width ? *width - used : 0;
}

static enum err add_cell(struct line *l, size_t column, struct span text)
{
    bool right = l->columns->at[column].right;
    size_t gap;
    enum err e;

    buf_reset(&l->cell);
    e = text.len > 0 ? term_clean(&l->cell, text) : buf_add_text(&l->cell, "-");
    if (e)
        return e;
    gap = gap_of(l->columns, column, buf_span(&l->cell));
    if (right)
        e = add_spaces(&l->text, gap);
    if (!e)
        e = buf_add(&l->text, l->cell.at, l->cell.len);
    return e ? e : add_spaces(&l->text, right ? 2 : gap + 2);
}

/* Only the last cell is cut. */
static enum err add_last(struct line *l, struct span text)
{
    size_t used = term_columns(buf_span(&l->text));
    unsigned width = l->columns->width;
    size_t room = used + LAST_LEAST < width ? width - used : LAST_LEAST;
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

static enum err join_cells(struct columns *c, const struct span *cells,
                           struct buf *out)
{
    struct line l = {c, buf_make(CELL_MAX), buf_make(LINE_MAX_BYTES)};
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i + 1 < c->count; i++)
        e = add_cell(&l, i, cells[i]);
    if (!e)
        e = add_last(&l, cells[c->count - 1]);
    while (l.text.len > 0 && l.text.at[l.text.len - 1] == ' ')
        l.text.len--;
    if (!e)
        e = buf_add(out, l.text.at, l.text.len);
    buf_clear(&l.cell);
    buf_clear(&l.text);
    return e;
}

enum err columns_line(struct columns *c, const struct span *cells,
                      enum term_style style, struct buf *out)
{
    enum err e = buf_add_text(out, term_style(style, c->colour));

    if (!e)
        e = join_cells(c, cells, out);
    if (!e)
        e = buf_add_text(out, term_style(TERM_PLAIN, c->colour));
    return e ? e : buf_add_text(out, "\n");
}

enum err columns_titles(struct columns *c, struct buf *out)
{
    struct span cells[COLUMNS_MAX] = {{"", 0}};

    for (size_t i = 0; i < c->count; i++)
        cells[i] = span_of(c->at[i].title);
    return columns_line(c, cells, TERM_BOLD, out);
}
