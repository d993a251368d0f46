#include "cli/top_page.h"

#include "cli/columns.h"
#include "cli/moment.h"
#include "cli/stats_gates.h"
#include "cli/stats_write.h"
#include "cli/term.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FAILURES_SHOWN = 8, NUMBER_MAX = 32 };

enum queue_cell {
    QUEUE,
    WAITING,
    WAITED,
    LATER,
    DUE,
    HELD,
    PARKED,
    DEAD,
    GOOD,
    FAILED,
    P50,
    P95,
    P99,
    QUEUE_CELLS
};

static const struct column queue_columns[QUEUE_CELLS] = {
    {"queue", 7, false, false}, {"waiting", 7, true, false},
    {"oldest", 6, true, false}, {"later", 5, true, false},
    {"due", 3, true, false},    {"held", 4, true, false},
    {"parked", 6, true, false}, {"dead", 4, true, false},
    {"ok/s", 5, true, false},   {"fail/s", 6, true, false},
    {"p50", 4, true, false},    {"p95", 4, true, false},
    {"p99", 0, false, false},
};

enum failure_cell {
    COUNT,
    MIDDLE,
    SLOWEST,
    CLASS,
    CONTAINER,
    POINT,
    ERROR,
    FAILURE_CELLS
};

static const struct column failure_columns[FAILURE_CELLS] = {
    {"failed", 6, true, false},     {"p50", 5, true, false},
    {"p99", 5, true, false},        {"class", 9, false, false},
    {"container", 9, false, false}, {"point", 9, false, false},
    {"error", 0, false, false},
};

static struct span put_count(int64_t n, char dst[NUMBER_MAX])
{
    (void)snprintf(dst, NUMBER_MAX, "%" PRId64, n);
    return span_of(dst);
}

/* Of calls, in ms. */
static struct span put_time(const struct spread *s, unsigned percent,
                            char dst[NUMBER_MAX])
{
    return s->count > 0 ? put_count((int64_t)spread_at(s, percent), dst)
                        : span_of("-");
}

static struct span put_rate(uint64_t count, int64_t span_ms, bool at_least,
                            char dst[NUMBER_MAX])
{
    double rate = (double)count * 1000 / (double)(span_ms > 0 ? span_ms : 1);

    (void)snprintf(dst, NUMBER_MAX, "%s%.*f", at_least ? ">" : "",
                   rate < 10    ? 2
                   : rate < 100 ? 1
                                : 0,
                   rate);
    return span_of(dst);
}

static uint64_t count_parked(const struct stats_queue *q)
{
    uint64_t count = 0;

    for (size_t i = 0; i < q->gates.count; i++)
        count += q->gates.at[i].parked;
    return count;
}

/* One unit is enough here: "3m". */
static struct span put_age(int64_t ms, char dst[NUMBER_MAX])
{
    char age[MOMENT_MAX];

    if (ms <= 0)
        return span_of("-");
    moment_length(ms, age);
    (void)snprintf(dst, NUMBER_MAX, "%.*s", (int)strcspn(age, " "), age);
    return span_of(dst);
}

static void put_lengths(const struct stats_queue *s, struct span *cells,
                        char text[QUEUE_CELLS][NUMBER_MAX])
{
    const int64_t lengths[] = {
        [WAITING] = s->waiting, [LATER] = s->later,
        [DUE] = s->due,         [HELD] = s->held,
        [DEAD] = s->dead,       [PARKED] = (int64_t)count_parked(s),
    };

    cells[QUEUE] = span_of(s->name);
    for (int i = WAITING; i <= DEAD; i++)
        cells[i] = put_count(lengths[i], text[i]);
    cells[WAITED] = put_age(s->waited_ms, text[WAITED]);
}

static enum err add_queue(const struct top_queue *q, struct columns *table,
                          struct tally *failures, struct buf *out)
{
    char text[QUEUE_CELLS][NUMBER_MAX];
    struct span cells[QUEUE_CELLS];
    struct top_sums sums;
    int64_t span_ms;
    bool lost = q->lost_ms > 0 && q->window.now_ms - q->lost_ms < TOP_WINDOW_MS;
    enum err e = top_window_sum(&q->window, &sums, failures, &span_ms);

    if (e)
        return e;
    put_lengths(&q->stats, cells, text);
    cells[GOOD] = put_rate(sums.delivered, span_ms, lost, text[GOOD]);
    cells[FAILED] = put_rate(sums.failed, span_ms, lost, text[FAILED]);
    cells[P50] = put_time(&sums.calls, 50, text[P50]);
    cells[P95] = put_time(&sums.calls, 95, text[P95]);
    cells[P99] = put_time(&sums.calls, 99, text[P99]);
    return columns_line(table, cells, sums.failed > 0 ? TERM_WARN : TERM_PLAIN,
                        out);
}

/* Twice where it counts: the second time the columns are as wide as they get.
 */
static enum err add_queues(const struct top_figures *f, struct tally *failures,
                           struct buf *out)
{
    struct columns table = columns_make(queue_columns, QUEUE_CELLS);
    size_t start = out->len;
    enum err e = ERR_OK;

    for (int pass = 0; !e && pass < 2; pass++) {
        buf_cut(out, start);
        tally_clear(failures);
        *failures = (struct tally){.count = 0};
        e = columns_titles(&table, out);
        for (size_t i = 0; !e && i < f->count; i++)
            e = add_queue(&f->queues[i], &table, failures, out);
    }
    return e;
}

static enum err add_title(struct buf *out, const char *text, const char *more)
{
    bool colour = term_colour(STDOUT_FILENO);

    return buf_printf(out, "\n%s%s%s%s\n", term_style(TERM_BOLD, colour), text,
                      term_style(TERM_PLAIN, colour), more);
}

static enum err add_failure(const struct tally_row *row, struct columns *table,
                            struct buf *out)
{
    char text[FAILURE_CELLS][NUMBER_MAX];
    const struct span cells[FAILURE_CELLS] = {
        [COUNT] = put_count((int64_t)row->count, text[COUNT]),
        [MIDDLE] = put_time(&row->times, 50, text[MIDDLE]),
        [SLOWEST] = put_time(&row->times, 99, text[SLOWEST]),
        [CLASS] = span_of(row->name.class),
        [CONTAINER] = span_of(row->name.container),
        [POINT] = span_of(row->name.point),
        [ERROR] = span_of(row->sample),
    };

    return columns_line(table, cells, TERM_BAD, out);
}

static enum err add_worst(const struct tally *failures, struct buf *out)
{
    struct columns table = columns_make(failure_columns, FAILURE_CELLS);
    size_t start = out->len;
    enum err e = ERR_OK;

    for (int pass = 0; !e && pass < 2; pass++) {
        const struct tally_row *row = failures->rows;

        buf_cut(out, start);
        e = columns_titles(&table, out);
        for (int i = 0; !e && row && i < FAILURES_SHOWN; i++) {
            e = add_failure(row, &table, out);
            row = row->hh.next;
        }
    }
    return e;
}

static enum err add_failures(struct tally *failures, struct buf *out)
{
    enum err e = add_title(out, "Fails most", "  extq outcomes --summary");

    if (!e && failures->count == 0)
        return buf_add_text(out, "  nothing in the last minute\n");
    tally_sort(failures);
    return e ? e : add_worst(failures, out);
}

/* A heading for each queue that has any, named where there are several. */
static enum err add_gates(const struct top_figures *f, struct buf *out)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < f->count; i++) {
        const struct stats_queue *q = &f->queues[i].stats;

        if (q->gates.count == 0 && q->pause.kind == GATE_NONE)
            continue;
        e = add_title(out, "Gates of ", q->name);
        if (!e)
            e = stats_pause_page(q, out);
        if (!e)
            e = stats_gates_page(q, out);
    }
    return e;
}

static enum err add_services(const struct top_figures *f, struct buf *out)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < f->count; i++) {
        e = add_title(out, "Services of ", f->queues[i].stats.name);
        if (!e)
            e = stats_services_page(&f->queues[i].stats, out);
    }
    return e;
}

static enum err add_head(const struct top_figures *f, const char *away,
                         struct buf *out)
{
    bool colour = term_colour(STDOUT_FILENO);
    char address[2 * REDIS_PATH_MAX], time[MOMENT_MAX];
    enum err e;

    redis_address_text(&f->connection->config->redis, address, sizeof address);
    moment_text(f->now_ms, time);
    e = buf_printf(out, "%sextq top%s  %s  q quits  ",
                   term_style(TERM_BOLD, colour),
                   term_style(TERM_PLAIN, colour), time);
    if (!e)
        e = term_clean(out, span_of(address));
    if (!e)
        e = buf_add_text(out, "\n");
    if (!e && redis_facts_full(&f->facts))
        e = stats_full_page(&f->facts, colour, out);
    if (e || !away[0])
        return e ? e : buf_add_text(out, "\n");
    e = buf_printf(out, "%sRedis is away, this is how it was: ",
                   term_style(TERM_BAD, colour));
    if (!e)
        e = term_clean(out, span_of(away));
    return e ? e : buf_printf(out, "%s\n", term_style(TERM_PLAIN, colour));
}

enum err top_page(const struct top_figures *f, const char *away,
                  struct buf *out)
{
    struct tally failures = {.count = 0};
    enum err e = add_head(f, away, out);

    if (!e)
        e = add_queues(f, &failures, out);
    if (!e)
        e = add_gates(f, out);
    if (!e)
        e = add_failures(&failures, out);
    if (!e)
        e = add_services(f, out);
    tally_clear(&failures);
    return e;
}
