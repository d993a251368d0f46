#include "cli/letters_write.h"

#include "base/json.h"
#include "cli/moment.h"

#include <inttypes.h>
#include <stdio.h>

enum { LETTER_COLUMNS = 7, RAW_MAX = 64 << 20 };

/* What the moment is called. */
static const struct {
    const char *title, *json;
} moments[LETTER_PLACES] = {
    [LETTER_DEAD] = {"died", "died_ms"},
    [LETTER_LATER] = {"due", "due_ms"},
    [LETTER_PARKED] = {"since", "since_ms"},
};

struct columns letter_columns(enum letter_place place)
{
    /* One table for each place: they differ in two titles. */
    static const struct column columns[LETTER_PLACES][LETTER_COLUMNS] = {
        {{"died", 14, false, true},
         {"class", 12, false, false},
         {"container", 9, false, false},
         {"point", 10, false, false},
         {"tries", 5, true, false},
         {"id", 8, false, false},
         {"error", 0, false, false}},
        {{"due", 14, false, true},
         {"class", 12, false, false},
         {"container", 9, false, false},
         {"point", 10, false, false},
         {"tries", 5, true, false},
         {"id", 8, false, false},
         {"", 0, false, false}},
        {{"since", 14, false, true},
         {"class", 12, false, false},
         {"container", 9, false, false},
         {"point", 10, false, false},
         {"tries", 5, true, false},
         {"id", 8, false, false},
         {"gate", 0, false, false}},
    };

    return columns_make(columns[place], LETTER_COLUMNS);
}

enum err letter_line(const struct letter *l, struct columns *t, struct buf *out)
{
    char number[24], time[MOMENT_MAX], tries[12] = "";
    struct span cells[LETTER_COLUMNS];

    (void)snprintf(number, sizeof number, "%" PRId64, l->at_ms);
    if (l->sound)
        (void)snprintf(tries, sizeof tries, "%" PRIu32, l->record.attempts);
    cells[0] = moment_cell(span_of(number), t->width > 0, time);
    cells[1] = l->class;
    cells[2] = l->container;
    cells[3] = l->point;
    cells[4] = span_of(tries);
    cells[5] = l->id;
    cells[6] = l->place == LETTER_PARKED ? l->gate : l->error;
    return columns_line(t, cells,
                        l->place == LETTER_DEAD ? TERM_BAD : TERM_PLAIN, out);
}

static enum err add_fact(struct buf *out, const char *name, struct span value)
{
    enum err e = value.len > 0 ? buf_printf(out, "%-10s ", name) : ERR_OK;

    if (value.len == 0)
        return ERR_OK;
    if (!e)
        e = term_clean(out, value);
    return e ? e : buf_add_text(out, "\n");
}

/* "2024-01-02T03:04:05.678Z, 3d 4h ago" */
static enum err add_moment(struct buf *out, const char *name, int64_t ms,
                           int64_t now_ms)
{
    char moment[MOMENT_MAX], length[MOMENT_MAX];

    moment_text(ms, moment);
    moment_length(ms > now_ms ? ms - now_ms : now_ms - ms, length);
    return buf_printf(out, "%-10s %s, %s%s%s\n", name, moment,
                      ms > now_ms ? "in " : "", length,
                      ms > now_ms ? "" : " ago");
}

/* One entry of a history. */
struct event {
    int64_t at_ms;
    struct span class, status;
};

static bool next_event(struct span *history, struct event *ret)
{
    struct span entry = span_cut(history, ';');
    uint64_t ms;

    if (!span_number(span_cut(&entry, ','), &ms) || ms > INT64_MAX)
        return false;
    *ret = (struct event){.at_ms = (int64_t)ms};
    ret->class = span_cut(&entry, ',');
    ret->status = entry;
    return true;
}

static enum err add_history(struct buf *out, struct span history)
{
    struct event event;
    enum err e = ERR_OK;

    while (!e && history.len > 0 && next_event(&history, &event)) {
        bool retried = span_is(event.class, "retried");
        bool answered = !retried && !span_is(event.status, "0");
        char moment[MOMENT_MAX];

        moment_text(event.at_ms, moment);
        e = buf_printf(out, "%10s %s  %.*s%s%.*s\n", "", moment,
                       (int)event.class.len, event.class.at,
                       retried    ? " by an operator, after attempts: "
                       : answered ? ", HTTP "
                                  : "",
                       retried || answered ? (int)event.status.len : 0,
                       event.status.at);
    }
    return e;
}

static enum err add_record(struct buf *out, const struct letter *l,
                           int64_t now_ms)
{
    const struct record *r = &l->record;
    enum err e;

    if (!l->sound)
        return buf_add_text(out, "record     not one of extq's\n");
    e = l->place == LETTER_PARKED
            ? ERR_OK
            : add_moment(out, "claimed", r->first_ms, now_ms);
    if (!e)
        e = buf_printf(out, "%-10s %" PRIu32 "\n", "attempts", r->attempts);
    if (!e && !span_is(r->history, "-"))
        e = buf_printf(out, "history\n");
    if (!e)
        e = add_history(out, r->history);
    return e ? e : buf_printf(out, "%-10s %zu bytes\n", "job", r->job.len);
}

enum err letter_page(const struct letter *l, int64_t now_ms, bool payload,
                     struct buf *out)
{
    enum err e = add_fact(out, "id", l->id);

    if (!e)
        e = add_fact(out, "container", l->container);
    if (!e)
        e = add_fact(out, "point", l->point);
    if (!e)
        e = add_fact(out, "class", l->class);
    if (!e)
        e = add_fact(out, "error", l->error);
    if (!e)
        e = add_fact(out, "gate", l->gate);
    if (!e)
        e = add_moment(out, moments[l->place].title, l->at_ms, now_ms);
    if (!e)
        e = add_record(out, l, now_ms);
    if (!e && payload)
        e = term_clean(out, l->sound ? l->record.job : l->text);
    if (!e && payload)
        e = buf_add_text(out, "\n");
    return e ? e : buf_add_text(out, "\n");
}

static enum err add_member(struct buf *out, const char *name, struct span text)
{
    enum err e = buf_printf(out, ",\"%s\":", name);

    return e ? e : json_quote(out, text);
}

static enum err add_events(struct buf *out, struct span history)
{
    const char *comma = "";
    struct event event;
    uint64_t number;
    enum err e = buf_add_text(out, ",\"history\":[");

    while (!e && history.len > 0 && next_event(&history, &event)) {
        number = 0;
        (void)span_number(event.status, &number);
        e = buf_printf(
            out,
            "%s{\"at_ms\":%" PRId64 ",\"class\":\"%.*s\",\"%s\":%" PRIu64 "}",
            comma, event.at_ms, (int)event.class.len, event.class.at,
            span_is(event.class, "retried") ? "attempts" : "status", number);
        comma = ",";
    }
    return e ? e : buf_add_text(out, "]");
}

static enum err add_facts(struct buf *out, const struct letter *l)
{
    enum err e =
        l->place == LETTER_DEAD ? add_member(out, "entry", l->name) : ERR_OK;

    if (!e)
        e = add_member(out, "id", l->id);
    if (!e)
        e = add_member(out, "container", l->container);
    if (!e)
        e = add_member(out, "point", l->point);
    if (!e)
        e = add_member(out, "class", l->class);
    if (!e && l->place == LETTER_DEAD)
        e = add_member(out, "error", l->error);
    if (!e && l->place == LETTER_PARKED)
        e = add_member(out, "gate", l->gate);
    return e ? e
             : buf_printf(out, ",\"%s\":%" PRId64, moments[l->place].json,
                          l->at_ms);
}

static enum err add_all(struct buf *out, const struct letter *l,
                        const char *queue, bool payload)
{
    const struct record *r = &l->record;
    enum err e = buf_printf(out, "{\"queue\":\"%s\",\"state\":\"%s\"", queue,
                            letter_place_text(l->place));

    if (!e)
        e = add_facts(out, l);
    if (!e && l->sound)
        e = buf_printf(out,
                       ",\"claimed_ms\":%" PRId64 ",\"attempts\":%" PRIu32
                       ",\"claims\":%" PRIu32 ",\"bytes\":%zu",
                       r->first_ms, r->attempts, r->claims, r->job.len);
    if (!e && l->sound)
        e = add_events(out, r->history);
    if (!e && payload)
        e = add_member(out, "job", l->sound ? r->job : l->text);
    return e ? e : buf_add_text(out, "}");
}

enum err letter_json(const struct letter *l, const char *queue, bool payload,
                     struct buf *out)
{
    struct buf raw = buf_make(RAW_MAX);
    enum err e = add_all(&raw, l, queue, payload);

    if (!e)
        e = term_clean(out, buf_span(&raw));
    buf_clear(&raw);
    return e ? e : buf_add_text(out, "\n");
}
