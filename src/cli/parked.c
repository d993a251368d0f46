/* extq parked without a verb: which extensions' jobs wait, why, and until
 * when. */
#include "cli/command.h"
#include "cli/gates_queue.h"
#include "cli/gates_scan.h"
#include "cli/gates_table.h"
#include "cli/gates_words.h"
#include "cli/letters.h"
#include "cli/queues.h"
#include "cli/say.h"
#include "cli/term.h"

#include <stdio.h>
#include <unistd.h>

static const char command[] = "parked";

enum { LINE_MAX_BYTES = 64 << 10 };

static enum err read_gates(struct connection *c,
                           const struct letters_request *q,
                           struct gate_rows *rows, int64_t *ret_now_ms,
                           const struct reply **ret_reply)
{
    const struct gates_wanted wanted = {q->wanted.container, q->wanted.point};
    size_t count = queues_count(c, q->queue);
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < count; i++)
        e = gates_scan(c, queues_name(c, q->queue, i), &wanted, rows,
                       ret_reply);
    if (!e)
        e = gates_oldest(c, rows->at, rows->count, ret_reply);
    gate_rows_newest_first(rows);
    return e ? e : connect_now(c, ret_now_ms, ret_reply);
}

/* False when nobody reads stdout any more. */
static bool print_out(struct buf *line)
{
    bool done = fwrite(line->at, 1, line->len, stdout) == line->len;

    buf_reset(line);
    return done;
}

static enum err show_json(const struct gate_rows *rows,
                          const struct gates_table *t, struct buf *line)
{
    struct buf raw = buf_make(LINE_MAX_BYTES);
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < rows->count; i++) {
        buf_reset(&raw);
        e = gate_row_json(&rows->at[i], t->now_ms, t->with_queue, &raw);
        if (!e)
            e = term_clean(line, buf_span(&raw));
        if (!e)
            e = buf_add_text(line, "\n");
        if (!e && !print_out(line))
            break;
    }
    buf_clear(&raw);
    return e;
}

static enum err show_table(const struct gate_rows *rows, struct gates_table *t,
                           struct buf *line)
{
    enum err e = gates_table_fit(t, NULL);

    for (size_t i = 0; !e && i < rows->count; i++)
        e = gates_table_fit(t, &rows->at[i]);
    if (!e)
        e = gates_table_line(t, NULL, line);
    for (size_t i = 0; !e && i < rows->count && print_out(line); i++)
        e = gates_table_line(t, &rows->at[i], line);
    if (!e)
        (void)print_out(line);
    return e;
}

static enum err show(const struct gate_rows *rows,
                     const struct letters_request *q, struct gates_table *t)
{
    struct buf line = buf_make(LINE_MAX_BYTES);
    enum err e = ERR_OK;

    if (q->json)
        e = show_json(rows, t, &line);
    else if (rows->count > 0)
        e = show_table(rows, t, &line);
    else
        say(command, "no job is parked, and no gate is shut");
    buf_clear(&line);
    return e;
}

/* What waits in them is not at gates. */
static enum err say_paused(struct connection *c, const char *asked,
                           int64_t now_ms, const struct reply **ret_reply)
{
    struct gate_row row;
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < queues_count(c, asked); i++) {
        char ends[GATE_ENDS_MAX];

        e = gates_queue_pause(c, queues_name(c, asked, i), &row, ret_reply);
        if (e || row.kind == GATE_NONE ||
            (row.until_ms > 0 && row.until_ms <= now_ms))
            continue;
        gate_ends(&row, now_ms, false, ends);
        say(command, "queue %s is paused as a whole, %s", row.queue, ends);
    }
    return e;
}

static int work(struct connection *c, const struct letters_request *q)
{
    struct gates_table table = {
        .colour = term_colour(STDOUT_FILENO),
        .screen = term_width(STDOUT_FILENO) > 0,
        .queues = queues_count(c, q->queue) > 1,
        .with_queue = q->queue != NULL,
    };
    struct gate_rows rows = {NULL, 0, 0};
    const struct reply *reply = NULL;
    enum err e = read_gates(c, q, &rows, &table.now_ms, &reply);

    if (!e)
        e = show(&rows, q, &table);
    if (!e)
        e = say_paused(c, q->queue, table.now_ms, &reply);
    gate_rows_clear(&rows);
    return connect_failed(c, e, reply);
}

int parked_gates(const struct letters_request *q)
{
    struct connection connection;
    int code = queues_open(command, &q->common, q->queue, &connection);

    if (code == EXIT_OK)
        code = work(&connection, q);
    connect_close(&connection);
    return code;
}
