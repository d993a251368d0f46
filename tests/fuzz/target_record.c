/* What lies in Redis between two lives of a job, where anybody may have
 * written: records, gates and their states. */
#include "fuzz/fuzz.h"
#include "model/gate_state.h"
#include "model/record.h"

#include <string.h>

static void check_again(const struct record *r, const char *class_name)
{
    struct buf text = buf_make(4096);
    struct record again;
    char id[IDENT_MAX + 1], same_id[IDENT_MAX + 1];

    check(!record_header(r, 1234, class_name, 503, &text));
    check(!buf_add(&text, r->job.at, r->job.len < 256 ? r->job.len : 256));
    check(!record_read(buf_span(&text), &again));
    check(fuzz_same(again.seq, r->seq));
    check(again.claims == r->claims && again.attempts == r->attempts);
    check(again.flags == r->flags && again.first_ms == r->first_ms);
    check(again.history.len <= RECORD_HISTORY_MAX);
    if (class_name)
        check(record_last_ms(&again) == 1234);
    else
        check(fuzz_same(again.history, r->history));
    record_id(r, id);
    record_id(&again, same_id);
    check(strcmp(id, same_id) == 0 && ident_is_id(span_of(id)));
    buf_clear(&text);
}

static void check_record(struct span input)
{
    struct record r;

    if (record_read(input, &r))
        return;
    check(r.seq.len > 0 && r.seq.len <= RECORD_SEQ_MAX);
    check(fuzz_is_inside(r.seq, input) && fuzz_is_inside(r.history, input));
    check(fuzz_is_inside(r.job, input) && r.first_ms >= 0);
    check(record_last_ms(&r) >= 0);
    check_again(&r, NULL);
    check_again(&r, "timeout");
}

static void check_gate(struct span input)
{
    struct span container, point;
    struct gate_state state;

    if (gate_state_read(input, &state) == ERR_OK && state.kind != GATE_NONE) {
        check(state.kind < GATE_KINDS);
        check(state.since_ms >= 0 && state.until_ms >= 0);
        check(fuzz_is_inside(state.mark, input));
        check(fuzz_is_inside(state.why, input));
    }
    if (gate_name_read(input, &container, &point) == ERR_OK) {
        char parts[2][IDENT_MAX + 1], name[GATE_NAME_SIZE];

        check(span_copy(container, parts[0], sizeof parts[0]));
        check(span_copy(point, parts[1], sizeof parts[1]));
        gate_name(name, parts[0], parts[1]);
        check(fuzz_same(span_of(name), input));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    check_record(fuzz_span(bytes, len));
    check_gate(fuzz_span(bytes, len));
    return 0;
}
