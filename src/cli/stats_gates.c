#include "cli/stats_gates.h"

#include "base/json.h"
#include "cli/gates_words.h"
#include "cli/moment.h"
#include "cli/term.h"

#include <inttypes.h>
#include <string.h>

struct sums {
    uint64_t parked;
    uint64_t gates[GATE_KINDS];
};

static struct sums sum_up(const struct stats_queue *q)
{
    struct sums s = {0};

    for (size_t i = 0; i < q->gates.count; i++) {
        s.parked += q->gates.at[i].parked;
        s.gates[q->gates.at[i].kind]++;
    }
    return s;
}

static size_t worst_count(const struct stats_queue *q)
{
    return q->gates.count < STATS_WORST ? q->gates.count : STATS_WORST;
}

enum err stats_gates_count(const struct stats_queue *q, struct buf *out)
{
    return buf_printf(out, "  %-9s %10" PRIu64 "  %s\n", "parked",
                      sum_up(q).parked, "waiting at gates, see extq parked");
}

static enum err add_kinds(const struct sums *s, struct buf *out)
{
    const char *comma = "";
    enum err e = buf_add_text(out, "  gates     ");

    for (enum gate_kind k = GATE_FULL; !e && k < GATE_KINDS; k++) {
        if (s->gates[k] == 0)
            continue;
        e = buf_printf(out, "%s %s %" PRIu64, comma, gate_kind_meaning(k),
                       s->gates[k]);
        comma = ",";
    }
    return e ? e : buf_add_text(out, "\n");
}

static enum err add_name(const struct gate_row *row, struct buf *out)
{
    struct span container, point;
    enum err e;

    (void)gate_row_split(row, &container, &point);
    e = term_clean(out, container);
    if (!e)
        e = buf_add_text(out, " ");
    return e ? e : term_clean(out, point.len > 0 ? point : span_of("(all)"));
}

/* " (since 2024-01-02T03:04:05.678Z: 4 of 4 calls failed)" */
static enum err add_reason(const struct gate_row *row, struct buf *out)
{
    bool why = row->why[0] && strcmp(row->why, "-") != 0;
    char since[MOMENT_MAX];
    enum err e;

    if (row->since_ms <= 0)
        return ERR_OK;
    moment_text(row->since_ms, since);
    e = buf_printf(out, " (since %s%s", since, why ? ": " : "");
    if (!e && why)
        e = term_clean(out, span_of(row->why));
    return e ? e : buf_add_text(out, ")");
}

/* "acme on-lead: calls fail, 12 parked, the oldest for 3m 2s, probe in 4s", and
 * its reason. */
static enum err add_gate(const struct stats_queue *q,
                         const struct gate_row *row, struct buf *out)
{
    char ends[GATE_ENDS_MAX], age[MOMENT_MAX];
    enum err e = buf_add_text(out, "             ");

    gate_ends(row, q->now_ms, false, ends);
    if (!e)
        e = add_name(row, out);
    if (!e)
        e = buf_printf(out, ": %s, %" PRIu64 " parked", gate_meaning(row),
                       row->parked);
    if (!e && row->oldest_ms > 0 && row->oldest_ms <= q->now_ms) {
        moment_length(q->now_ms - row->oldest_ms, age);
        e = buf_printf(out, ", the oldest for %s", age);
    }
    if (!e)
        e = buf_add_text(out, ", ");
    if (!e)
        e = term_clean(out, span_of(ends));
    if (!e)
        e = add_reason(row, out);
    return e ? e : buf_add_text(out, "\n");
}

enum err stats_pause_page(const struct stats_queue *q, struct buf *out)
{
    const struct gate_row *row = &q->pause;
    char ends[GATE_ENDS_MAX], moment[MOMENT_MAX];
    enum err e;

    if (row->kind == GATE_NONE)
        return ERR_OK;
    gate_ends(row, q->now_ms, false, ends);
    moment_text(row->since_ms, moment);
    e = buf_printf(out,
                   "  paused     nothing is claimed since %s, %s\n"
                   "             why: ",
                   moment, ends);
    if (!e)
        e = term_clean(out, span_of(row->why));
    return e ? e : buf_add_text(out, "\n");
}

enum err stats_gates_page(const struct stats_queue *q, struct buf *out)
{
    const struct sums s = sum_up(q);
    enum err e = ERR_OK;

    if (q->gates.count > 0)
        e = add_kinds(&s, out);
    for (size_t i = 0; !e && i < worst_count(q); i++)
        e = add_gate(q, &q->gates.at[i], out);
    return e;
}

static enum err add_pause_json(const struct stats_queue *q, struct buf *out)
{
    const struct gate_row *row = &q->pause;
    enum err e;

    if (row->kind == GATE_NONE)
        return buf_add_text(out, ",\"paused\":null");
    e = buf_printf(out,
                   ",\"paused\":{\"since_ms\":%" PRId64 ",\"until_ms\":%" PRId64
                   ",\"why\":",
                   row->since_ms, row->until_ms);
    if (!e)
        e = json_quote(out, span_of(row->why));
    return e ? e : buf_add_text(out, "}");
}

enum err stats_gates_json(const struct stats_queue *q, struct buf *out)
{
    const struct sums s = sum_up(q);
    enum err e = add_pause_json(q, out);

    if (!e)
        e = buf_printf(out, ",\"parked\":%" PRIu64 ",\"gates\":{", s.parked);

    for (enum gate_kind k = GATE_FULL; !e && k < GATE_KINDS; k++)
        e = buf_printf(out, "%s\"%s\":%" PRIu64, k > GATE_FULL ? "," : "",
                       gate_kind_text(k), s.gates[k]);
    if (!e)
        e = buf_add_text(out, "},\"worst\":[");
    for (size_t i = 0; !e && i < worst_count(q); i++) {
        if (i > 0)
            e = buf_add_text(out, ",");
        if (!e)
            e = gate_row_json(&q->gates.at[i], q->now_ms, false, out);
    }
    return e ? e : buf_add_text(out, "]");
}
