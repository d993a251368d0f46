#include "cli/tally_write.h"

#include "base/json.h"
#include "cli/columns.h"
#include "cli/moment.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 64 << 10 };

enum cell {
    COUNT,
    RATE,
    P50,
    P95,
    P99,
    FIRST,
    LAST,
    CONTAINER,
    POINT,
    CLASS,
    SAMPLE,
    ALL,
};

static const struct column columns[ALL] = {
    [COUNT] = {"count", 6, true, false},
    [RATE] = {"per s", 6, true, false},
    [P50] = {"p50 ms", 6, true, false},
    [P95] = {"p95 ms", 6, true, false},
    [P99] = {"p99 ms", 6, true, false},
    [FIRST] = {"first", 14, false, true},
    [LAST] = {"last", 14, false, true},
    [CONTAINER] = {"container", 9, false, false},
    [POINT] = {"point", 10, false, false},
    [CLASS] = {"class", 12, false, false},
    [SAMPLE] = {"error", 0, false, false},
};

/* Without times these are left out. */
static bool is_time(size_t column)
{
    return column >= RATE && column <= P99;
}

/* What is written, and how. */
struct writer {
    const struct tally_view *view;
    struct columns table;
    struct column shown[ALL];
    struct buf line;
};

static struct writer make_writer(const struct tally_view *view)
{
    struct writer w = {.view = view, .line = buf_make(LINE_MAX_BYTES)};

    return w;
}

static void choose_columns(struct writer *w)
{
    size_t count = 0;

    for (size_t i = 0; i < ALL; i++) {
        if (w->view->times || !is_time(i))
            w->shown[count++] = columns[i];
    }
    w->table = columns_make(w->shown, count);
}

static double rate_of(const struct writer *w, const struct tally_row *row)
{
    return w->view->span_ms > 0
               ? (double)row->count * 1000 / (double)w->view->span_ms
               : 0;
}

struct cells {
    char text[ALL][MOMENT_MAX];
    struct span at[ALL];
};

static void put_number(struct cells *c, enum cell cell, uint64_t n)
{
    (void)snprintf(c->text[cell], MOMENT_MAX, "%" PRIu64, n);
    c->at[cell] = span_of(c->text[cell]);
}

static void put_moment(const struct writer *w, struct cells *c, enum cell cell,
                       int64_t ms)
{
    char number[24];

    (void)snprintf(number, sizeof number, "%" PRId64, ms);
    c->at[cell] =
        moment_cell(span_of(number), w->table.width > 0, c->text[cell]);
    /* What is no moment stays in `number`. */
    if (c->at[cell].at == number)
        c->at[cell] = span_of("-");
}

static void put_times(const struct writer *w, const struct tally_row *row,
                      struct cells *c)
{
    static const struct {
        enum cell cell;
        unsigned percent;
    } points[] = {{P50, 50}, {P95, 95}, {P99, 99}};

    (void)snprintf(c->text[RATE], MOMENT_MAX, "%.2f", rate_of(w, row));
    c->at[RATE] = span_of(c->text[RATE]);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        if (row->times.count > 0)
            put_number(c, points[i].cell,
                       spread_at(&row->times, points[i].percent));
        else
            c->at[points[i].cell] = span_of("-");
    }
}

static void fill_cells(const struct writer *w, const struct tally_row *row,
                       struct cells *c)
{
    bool named = row->name.container[0] || row->name.class[0];

    put_number(c, COUNT, row->count);
    put_times(w, row, c);
    put_moment(w, c, FIRST, row->first_ms);
    put_moment(w, c, LAST, row->last_ms);
    c->at[CONTAINER] = span_of(row->name.container);
    c->at[POINT] = span_of(row->name.point);
    c->at[CLASS] = span_of(row->name.class);
    c->at[SAMPLE] = span_of(named ? row->sample : "(all others)");
}

static enum err write_line(struct writer *w, const struct tally_row *row)
{
    struct span cells[ALL];
    struct cells all;
    size_t count = 0;

    fill_cells(w, row, &all);
    for (size_t i = 0; i < ALL; i++) {
        if (w->view->times || !is_time(i))
            cells[count++] = all.at[i];
    }
    return columns_line(&w->table, cells, TERM_PLAIN, &w->line);
}

static enum err add_member(struct buf *out, const char *before,
                           const char *text)
{
    enum err e = buf_add_text(out, before);

    return e ? e : json_quote(out, span_of(text));
}

static enum err add_times(const struct writer *w, const struct tally_row *row,
                          struct buf *out)
{
    if (!w->view->times)
        return ERR_OK;
    if (row->times.count == 0)
        return buf_printf(out,
                          ",\"per_s\":%.4f,\"p50_ms\":null,\"p95_ms\":null,"
                          "\"p99_ms\":null",
                          rate_of(w, row));
    return buf_printf(out,
                      ",\"per_s\":%.4f,\"p50_ms\":%" PRIu64
                      ",\"p95_ms\":%" PRIu64 ",\"p99_ms\":%" PRIu64,
                      rate_of(w, row), spread_at(&row->times, 50),
                      spread_at(&row->times, 95), spread_at(&row->times, 99));
}

static enum err add_json(const struct writer *w, const struct tally_row *row,
                         bool others, struct buf *out)
{
    enum err e = add_member(out, "{\"container\":", row->name.container);

    if (!e)
        e = add_member(out, ",\"point\":", row->name.point);
    if (!e)
        e = add_member(out, ",\"class\":", row->name.class);
    if (!e)
        e = buf_printf(out,
                       ",\"others\":%s,\"count\":%" PRIu64
                       ",\"first_ms\":%" PRId64 ",\"last_ms\":%" PRId64,
                       others ? "true" : "false", row->count, row->first_ms,
                       row->last_ms);
    if (!e)
        e = add_times(w, row, out);
    if (!e)
        e = add_member(out, ",\"error\":", row->sample);
    return e ? e : buf_add_text(out, "}");
}

static enum err write_json(const struct writer *w, const struct tally_row *row,
                           bool others, struct buf *out)
{
    struct buf raw = buf_make(LINE_MAX_BYTES);
    enum err e = add_json(w, row, others, &raw);

    if (!e)
        e = term_clean(out, buf_span(&raw));
    buf_clear(&raw);
    return e ? e : buf_add_text(out, "\n");
}

static enum err write_row(struct writer *w, const struct tally_row *row,
                          bool others, bool *ret_read)
{
    enum err e;

    buf_reset(&w->line);
    e = w->view->json ? write_json(w, row, others, &w->line)
                      : write_line(w, row);
    if (!e)
        *ret_read = fwrite(w->line.at, 1, w->line.len, stdout) == w->line.len;
    return e;
}

/* All rows are known: the columns get as wide as they have to be. */
static enum err measure(struct writer *w, const struct tally *t)
{
    enum err e = ERR_OK;

    for (const struct tally_row *r = t->rows; !e && r; r = r->hh.next) {
        e = write_line(w, r);
        buf_reset(&w->line);
    }
    return e;
}

static enum err write_titles(struct writer *w, const struct tally *t)
{
    enum err e;

    if (w->view->json)
        return ERR_OK;
    choose_columns(w);
    e = measure(w, t);
    if (!e)
        e = columns_titles(&w->table, &w->line);
    if (!e)
        (void)fwrite(w->line.at, 1, w->line.len, stdout);
    return e;
}

enum err tally_print(struct tally *t, const struct tally_view *view)
{
    struct writer w = make_writer(view);
    bool read = true;
    enum err e = ERR_OK;

    if (t->count == 0)
        return ERR_OK;
    tally_sort(t);
    e = write_titles(&w, t);
    for (const struct tally_row *r = t->rows; !e && read && r; r = r->hh.next)
        e = write_row(&w, r, false, &read);
    if (!e && read && t->others.count > 0)
        e = write_row(&w, &t->others, true, &read);
    buf_clear(&w.line);
    return e;
}
