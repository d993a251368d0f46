#include "property/model_internal.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state {
    char kind[12];
    int64_t since_ms, until_ms;
    unsigned step;
    char mark[16], why[40];
};

const char *model_gate(unsigned gate)
{
    static const char *const names[GATES] = {"acme:", "acme:on-lead",
                                             "zeta:on-sale", ":"};

    return names[gate];
}

/* A shut gate lets nobody through; a full one those whom limits allow. */
static bool is_shut(const struct state *s)
{
    return strcmp(s->kind, "full") != 0;
}

static bool read_state(const struct model *m, unsigned gate, struct state *ret)
{
    const char *text = rows_get(&m->gates, model_gate(gate));

    *ret = (struct state){.step = 0};
    return text && sscanf(text, "%11s %" SCNd64 " %" SCNd64 " %u %15s %39[^\n]",
                          ret->kind, &ret->since_ms, &ret->until_ms, &ret->step,
                          ret->mark, ret->why) == 6;
}

bool model_is_paused(const struct model *m)
{
    struct state s;

    return read_state(m, QUEUE_GATE, &s) &&
           (s.until_ms == 0 || s.until_ms > model_now(m));
}

/* Counts a change, for those who ask what is new. */
static void tell(struct model *m, unsigned gate)
{
    rows_rank(&m->changes, model_gate(gate),
              rows_increase(&m->gates, ":version", 1));
}

static void write_state(struct model *m, unsigned gate, const struct state *s)
{
    char text[ROW_TEXT];

    (void)snprintf(text, sizeof text, "%s %" PRId64 " %" PRId64 " %u %s %s",
                   s->kind, s->since_ms, s->until_ms, s->step, s->mark, s->why);
    rows_set(&m->gates, model_gate(gate), text);
    tell(m, gate);
}

void model_shift_gates(struct model *m, int64_t behind_ms)
{
    static const unsigned by_name[GATES] = {QUEUE_GATE, 0, 1, 2};
    struct state s;

    for (unsigned i = 0; i < GATES; i++) {
        if (!read_state(m, by_name[i], &s) || s.since_ms <= model_now(m))
            continue;
        s.since_ms -= behind_ms;
        if (s.until_ms > 0)
            s.until_ms = s.until_ms > behind_ms ? s.until_ms - behind_ms : 1;
        write_state(m, by_name[i], &s);
    }
}

static void write_full(struct model *m, unsigned gate)
{
    struct state full = {
        .kind = "full", .since_ms = model_now(m), .mark = "-", .why = "-"};

    write_state(m, gate, &full);
}

static void clear(struct model *m, unsigned gate)
{
    (void)rows_unset(&m->gates, model_gate(gate));
    tell(m, gate);
}

bool model_makes_wait(const struct model *m, unsigned gate)
{
    struct state s;

    return m->parked[gate].count > 0 ||
           (read_state(m, gate, &s) && is_shut(&s));
}

void model_park(struct model *m, unsigned gate, const char *record)
{
    struct state s;
    bool known = read_state(m, gate, &s);

    rows_push(&m->parked[gate], record);
    if (!known)
        write_full(m, gate);
    else if (m->parked[gate].count == 1)
        tell(m, gate);
}

static void by_field(char dst[ROW_KEY], unsigned gate)
{
    (void)snprintf(dst, ROW_KEY, ":by %s", model_gate(gate));
}

/* Somebody else, who lives, is at the gate's probe. */
static bool is_probed(const struct model *m, unsigned gate, const char *epoch)
{
    char field[ROW_KEY];
    const char *by;

    by_field(field, gate);
    by = rows_get(&m->gates, field);
    return by && strcmp(by, epoch) != 0 && model_owns(m, by) > model_now(m);
}

/* How many may go; a shut gate whose time has come gives its probe. */
static unsigned passing(const struct model *m, unsigned gate, unsigned count)
{
    unsigned most = (unsigned)m->parked[gate].count;
    struct state s;

    if (most > count)
        most = count;
    if (!read_state(m, gate, &s) || !is_shut(&s))
        return most;
    if (s.until_ms == 0 || s.until_ms > model_now(m))
        return 0;
    return most > 0;
}

/* It is looked at again in a while, whether its service lives. */
static void look_later(struct model *m, unsigned gate, struct state *s)
{
    s->until_ms = model_now(m) + HOLD_MS;
    write_state(m, gate, s);
}

static void settle(struct model *m, unsigned gate, const char *epoch,
                   unsigned taken)
{
    char field[ROW_KEY];
    struct state s;
    bool known = read_state(m, gate, &s);

    if (known && is_shut(&s)) {
        if (taken == 0)
            return;
        by_field(field, gate);
        rows_set(&m->gates, field, epoch);
        look_later(m, gate, &s);
    } else if (m->parked[gate].count == 0) {
        if (known)
            clear(m, gate);
    } else if (!known) {
        write_full(m, gate);
    }
}

void model_unpark(struct model *m, const struct actor *a,
                  const struct unparking *what, size_t count)
{
    struct crowd crowd = {{0}};

    if (!model_may_claim(m, a) || model_is_paused(m))
        return;
    for (size_t i = 0; i < count; i++) {
        unsigned gate = what[i].gate;
        unsigned most = passing(m, gate, what[i].count);
        struct state s;

        if (most > 0 && read_state(m, gate, &s) && is_shut(&s) &&
            is_probed(m, gate, a->epoch)) {
            look_later(m, gate, &s);
            most = 0;
        }
        for (unsigned n = 0; n < most; n++) {
            struct row job = rows_take(&m->parked[gate], 0);

            model_hand_out(m, a, job.text, &crowd);
        }
        settle(m, gate, a->epoch, most);
    }
}

/* What people see of it. */
static void announce(struct model *m, const struct gate_order *o,
                     const char *kind, int64_t until_ms)
{
    const char *name = model_gate(o->gate), *colon = strchr(name, ':');
    bool circuit = strcmp(kind, "circuit") == 0;
    char text[ROW_TEXT], next_at[24] = "";

    if (until_ms > 0)
        (void)snprintf(next_at, sizeof next_at, "%" PRId64, until_ms);
    (void)snprintf(
        text, sizeof text,
        "id||container|%.*s|point|%s|attempt|0|verdict|%s|class|%s|status|0|ms|"
        "0|error|so|at|%" PRId64 "|next_at|%s|worker|w",
        (int)(colon - name), name, colon + 1, o->opens ? "resumed" : "paused",
        circuit ? (o->opens ? "circuit_closed" : "circuit_open")
                : (o->opens ? "resumed" : "paused"),
        model_now(m), next_at);
    rows_push(&m->outcomes, text);
}

/* Of two reasons to be shut the heavier one stays. */
static int weight(const char *kind)
{
    static const char *const kinds[] = {"full", "circuit wait", "gone",
                                        "paused"};
    int i = 0;

    while (!strstr(kinds[i], kind))
        i++;
    return i;
}

/* The end of the probe that the gate waits for decides, over all but a heavier
 * reason it does not; `ours` says that this is it. */
static bool stays(const struct state *is, const struct state *want, bool ours)
{
    bool longer = is->until_ms == 0 ||
                  (want->until_ms != 0 && is->until_ms >= want->until_ms);

    if (ours)
        return false;
    if (weight(is->kind) != weight(want->kind))
        return weight(is->kind) > weight(want->kind);
    if (strcmp(is->kind, "paused") == 0)
        return is->until_ms == want->until_ms &&
               strcmp(is->why, want->why) == 0;
    return longer && is->step >= want->step;
}

static void shut(struct model *m, const struct gate_order *o)
{
    struct state is, want = {.since_ms = model_now(m),
                             .step = o->step,
                             .mark = "m",
                             .why = "so"};
    bool known = read_state(m, o->gate, &is), same, ours;

    (void)snprintf(want.kind, sizeof want.kind, "%s", o->kind);
    want.until_ms = o->wait_ms < 0 ? 0 : model_now(m) + o->wait_ms;
    ours = known && o->probe_ms > 0 && is.until_ms == o->probe_ms;
    if (known && stays(&is, &want, ours))
        return;
    same = known && strcmp(is.kind, want.kind) == 0;
    if (same)
        want.since_ms = is.since_ms;
    if (known && strcmp(want.kind, "paused") != 0 && !ours &&
        is.step > want.step)
        want.step = is.step;
    write_state(m, o->gate, &want);
    if (!same || strcmp(want.kind, "paused") == 0)
        announce(m, o, want.kind, want.until_ms);
}

static void open_gate(struct model *m, const struct gate_order *o)
{
    struct state is;

    if (!read_state(m, o->gate, &is) || !is_shut(&is) ||
        (o->kind[0] && strcmp(o->kind, is.kind) != 0) ||
        (o->probe_ms > 0 && o->probe_ms != is.until_ms))
        return;
    if (m->parked[o->gate].count > 0)
        write_full(m, o->gate);
    else
        clear(m, o->gate);
    announce(m, o, is.kind, 0);
}

void model_order(struct model *m, const struct gate_order *o)
{
    char field[ROW_KEY];

    by_field(field, o->gate);
    if (o->opens || o->probe_ms > 0)
        (void)rows_unset(&m->gates, field);
    if (o->opens)
        open_gate(m, o);
    else
        shut(m, o);
}
