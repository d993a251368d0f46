#include "support/gates_bed.h"

#include "support/temp.h"
#include "support/wire_reply.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* The server's clock is ours; states in texts count from 0. */
enum { START_US = 1000000000 };

struct gates_bed gates_bed_open(const char *yaml)
{
    struct temp_path dir = temp_dir();
    struct temp_path file = temp_write(&dir, "extq.yaml", yaml);
    struct gates_bed b = {.now_us = START_US};
    struct why why = {""};

    ck_assert_msg(!config_read(file.text, &b.config, &why), "%s", why.text);
    ck_assert_int_eq(gates_open(b.config, &b.gates), ERR_OK);
    gates_share(b.gates, 0, 1, 0, b.now_us);
    ck_assert(!gates_known(b.gates, 0));
    gates_bed_tell(&b, 0, true, "");
    ck_assert(gates_known(b.gates, 0));
    return b;
}

void gates_bed_close(struct gates_bed *b)
{
    gates_close(&b->gates);
    config_close(&b->config);
}

bool gates_bed_enter(struct gates_bed *b, struct gate_pass *pass,
                     const char *container, const char *point)
{
    struct extension_key key;

    (void)snprintf(key.container, sizeof key.container, "%s", container);
    (void)snprintf(key.point, sizeof key.point, "%s", point);
    ck_assert_int_eq(gates_enter(b->gates, pass, &key, b->now_us), ERR_OK);
    return pass->parked == NULL;
}

void gates_bed_leave(struct gates_bed *b, struct gate_pass *pass)
{
    struct gate_change change;

    ck_assert(!gates_leave(b->gates, pass, b->now_us, &change));
}

unsigned gates_bed_judge(struct gates_bed *b, struct gate_pass *pass,
                         const struct outcome *outcome,
                         struct gate_change ret[GATE_CHANGES_MAX])
{
    struct gate_verdict verdict = {outcome, "abc", 0};

    return gates_judge(b->gates, pass, &verdict, b->now_us, ret);
}

/* "<kind> <since> <until in ms from now, 0 = never> <rest>" as Redis has it. */
static void absolute(const struct gates_bed *b, const char *state, char *dst,
                     size_t size)
{
    char kind[16] = "", rest[128] = "";
    long long since = 0, until = 0;

    dst[0] = '\0';
    if (state[0] == '\0')
        return;
    ck_assert_int_eq(
        sscanf(state, "%15s %lld %lld %127[^\n]", kind, &since, &until, rest),
        4);
    if (until > 0)
        until += b->now_us / 1000;
    (void)snprintf(dst, size, "%s %lld %lld %s", kind, since, until, rest);
}

enum { WIRE_MAX = 4096 };

/* One row in the protocol's words: gate, state, parked. */
static void add_row(const struct gates_bed *b, char wire[WIRE_MAX],
                    const char *gate, const char *state, int parked)
{
    char text[256];
    size_t len = strlen(wire), size = WIRE_MAX;

    absolute(b, state, text, sizeof text);
    (void)snprintf(wire + len, size - len,
                   "$%zu\r\n%s\r\n$%zu\r\n%s\r\n:%d\r\n", strlen(gate), gate,
                   strlen(text), text, parked);
}

static const struct reply *answer(const struct gates_bed *b, int version,
                                  int third, const char *rows, int count)
{
    char wire[8192];

    (void)snprintf(wire, sizeof wire, "*%d\r\n:%lld\r\n:%d\r\n:%d\r\n%s",
                   3 + 3 * count, (long long)b->now_us / 1000, version, third,
                   rows);
    return wire_reply(wire);
}

void gates_bed_agree(struct gates_bed *b, struct gate_change *change,
                     const char *state, int parked)
{
    char rows[WIRE_MAX] = "";
    const struct reply *reply;
    struct gate_told told;

    add_row(b, rows, change->gate, state, parked);
    reply = answer(b, b->version, 1, rows, 1);
    gate_told_read(reply, &told);
    ck_assert_int_eq(told.end, GATE_TOLD);
    gates_changed(b->gates, change, &told, b->now_us);
    wire_reply_drop(reply);
}

/* rows: "gate state/parked;..." */
void gates_bed_tell(struct gates_bed *b, int version, bool whole,
                    const char *rows)
{
    char wire[WIRE_MAX] = "";
    struct span rest = span_of(rows);
    const struct reply *reply;
    struct gate_told told;
    int64_t since;
    int count = 0;

    while (rest.len > 0) {
        char gate[300], state[256] = "", row[600];
        int parked = 0;

        ck_assert(span_copy(span_cut(&rest, ';'), row, sizeof row));
        if (sscanf(row, "%299s /%d", gate, &parked) < 2)
            ck_assert_int_ge(
                sscanf(row, "%299s %255[^/]/%d", gate, state, &parked), 1);
        add_row(b, wire, gate, state, parked);
        count++;
    }
    b->version = version;
    b->now_us += 20000; /* the least between two questions */
    gates_see(b->gates, b->queue, version);
    ck_assert(gates_ask(b->gates, b->queue, b->now_us, &since));
    reply = answer(b, version, whole, wire, count);
    gate_told_read(reply, &told);
    ck_assert_int_eq(told.end, GATE_TOLD);
    gates_learn(b->gates, b->queue, &told, b->now_us);
    wire_reply_drop(reply);
}

unsigned gates_bed_take(struct gates_bed *b, unsigned room, const char *gate,
                        struct gate_take *ret)
{
    struct gate_take takes[GATE_TAKES_MAX];
    unsigned count = gates_take(b->gates, b->queue, room, b->now_us, takes);

    if (!gate) {
        ck_assert_uint_eq(count, 0);
        return 0;
    }
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(takes[0].gate, gate);
    *ret = takes[0];
    return takes[0].count;
}

bool gates_bed_took(struct gates_bed *b, struct gate_take *take,
                    const char *state, int parked, struct gate_change *ret)
{
    struct gate_report report = {.version = b->version,
                                 .server_ms = b->now_us / 1000,
                                 .now_us = b->now_us};
    char rows[WIRE_MAX] = "";
    const struct reply *reply;
    bool changes;

    add_row(b, rows, take->gate, state, parked);
    reply = answer(b, 0, 0, rows, 1);
    gate_news_at(reply, 3, 0, &report.news);
    changes = gates_took(b->gates, take, &report, b->now_us, ret);
    wire_reply_drop(reply);
    return changes;
}
