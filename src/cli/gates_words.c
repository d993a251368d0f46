#include "cli/gates_words.h"

#include "base/json.h"
#include "cli/moment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *gate_kind_meaning(enum gate_kind kind)
{
    static const char *const words[GATE_KINDS] = {
        [GATE_NONE] = "open",
        [GATE_FULL] = "at the limit",
        [GATE_CIRCUIT] = "calls fail",
        [GATE_WAIT] = "asked to wait",
        [GATE_GONE] = "said it is gone",
        [GATE_PAUSED] = "paused",
    };

    return words[kind];
}

const char *gate_meaning(const struct gate_row *row)
{
    struct span container, point;

    if (row->kind == GATE_WAIT && gate_row_split(row, &container, &point) &&
        point.len == 0)
        return "quarantined";
    return gate_kind_meaning(row->kind);
}

static bool is_queue(const struct gate_row *row)
{
    return strcmp(row->name, gate_of_queue) == 0;
}

bool gate_resume_command(const struct gate_row *row, bool with_queue,
                         char dst[GATE_COMMAND_MAX])
{
    struct span container, point;
    bool named = gate_row_split(row, &container, &point);

    if (is_queue(row)) {
        (void)snprintf(dst, GATE_COMMAND_MAX, "extq resume %s", row->queue);
        return true;
    }
    (void)snprintf(dst, GATE_COMMAND_MAX,
                   "extq resume --container %.*s%s%.*s%s%s", (int)container.len,
                   container.at, point.len > 0 ? " --point " : "",
                   (int)point.len, point.at, with_queue ? " --queue " : "",
                   with_queue ? row->queue : "");
    return named;
}

/* In whole seconds: milliseconds are over when they are read. */
static void tried_in(const char *what, int64_t left_ms, char dst[GATE_ENDS_MAX])
{
    char length[MOMENT_MAX];

    if (left_ms < 10000)
        (void)snprintf(length, sizeof length, "%" PRId64 "s",
                       (left_ms + 999) / 1000);
    else
        moment_length(left_ms, length);
    (void)snprintf(dst, GATE_ENDS_MAX, "%s in %s", what, length);
}

void gate_ends(const struct gate_row *row, int64_t now_ms, bool with_queue,
               char dst[GATE_ENDS_MAX])
{
    /* One that is gone is called when it is at another place. */
    bool asks = row->kind == GATE_GONE && strcmp(row->mark, "-") != 0;
    char command[GATE_COMMAND_MAX];

    if (row->kind == GATE_FULL) {
        (void)snprintf(dst, GATE_ENDS_MAX, "when calls of it end");
    } else if (row->until_ms > now_ms) {
        tried_in(asks            ? "discovery asked"
                 : is_queue(row) ? "goes on"
                                 : "probe",
                 row->until_ms - now_ms, dst);
    } else if (row->until_ms > 0) {
        (void)snprintf(dst, GATE_ENDS_MAX, "%s due",
                       asks ? "discovery" : "probe");
    } else if (gate_resume_command(row, with_queue, command)) {
        (void)snprintf(dst, GATE_ENDS_MAX, "until resumed: %s", command);
    } else {
        (void)snprintf(dst, GATE_ENDS_MAX, "never: no gate has such a name");
    }
}

static enum err add_member(struct buf *out, const char *before,
                           struct span value)
{
    enum err e = buf_add_text(out, before);

    return e ? e : json_quote(out, value);
}

static enum err add_names(const struct gate_row *row, struct buf *out)
{
    struct span container, point;
    enum err e = add_member(out, "{\"queue\":", span_of(row->queue));

    (void)gate_row_split(row, &container, &point);
    if (!e)
        e = add_member(out, ",\"container\":", container);
    if (!e)
        e = add_member(out, ",\"point\":", point);
    return e;
}

static enum err add_kind(const struct gate_row *row, struct buf *out)
{
    enum err e =
        add_member(out, ",\"kind\":", span_of(gate_kind_text(row->kind)));

    if (!e)
        e = add_member(out, ",\"meaning\":", span_of(gate_meaning(row)));
    if (!e)
        e = add_member(out, ",\"why\":", span_of(row->why));
    return e ? e : add_member(out, ",\"mark\":", span_of(row->mark));
}

/* A time that is not known, or is none, is null. */
static enum err add_ms(struct buf *out, const char *name, bool known,
                       int64_t ms)
{
    if (!known)
        return buf_printf(out, ",\"%s\":null", name);
    return buf_printf(out, ",\"%s\":%" PRId64, name, ms);
}

enum err gate_row_json(const struct gate_row *row, int64_t now_ms,
                       bool with_queue, struct buf *out)
{
    char ends[GATE_ENDS_MAX];
    enum err e = add_names(row, out);

    gate_ends(row, now_ms, with_queue, ends);
    if (!e)
        e = add_kind(row, out);
    if (!e)
        e = add_ms(out, "since_ms", row->since_ms > 0, row->since_ms);
    if (!e)
        e = add_ms(out, "until_ms", row->until_ms > 0, row->until_ms);
    if (!e)
        e = add_member(out, ",\"ends\":", span_of(ends));
    if (!e)
        e = buf_printf(out, ",\"parked\":%" PRIu64, row->parked);
    if (!e)
        e = add_ms(out, "oldest_age_ms", row->oldest_ms > 0,
                   now_ms - row->oldest_ms);
    if (!e)
        e = buf_printf(out, ",\"failed_probes\":%" PRIu32 "}", row->step);
    return e;
}
