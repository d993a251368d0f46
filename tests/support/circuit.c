#include "support/circuit.h"

#include <check.h>

const char circuit_config[] =
    "workers: 4\n"
    "in_flight: 100\n"
    "points:\n"
    "  default:\n"
    "    circuit: {failures: 50, calls: 4, window: 1m, wait: 1s, cap: 3s}\n";

const struct outcome circuit_good = {
    .verdict = VERDICT_DELIVERED, .class = CLASS_OK, .reason = "delivered"};
const struct outcome circuit_bad = {
    .verdict = VERDICT_RETRY, .class = CLASS_TIMEOUT, .reason = "no answer"};
const struct outcome circuit_throttled = {.verdict = VERDICT_RETRY,
                                          .class = CLASS_THROTTLED,
                                          .quarantine = true,
                                          .hold_ms = 5000,
                                          .reason = "slow down"};

unsigned circuit_call(struct gates_bed *b, const struct outcome *outcome,
                      struct gate_change ret[GATE_CHANGES_MAX])
{
    struct gate_pass pass = {0};
    unsigned count;

    ck_assert(gates_bed_enter(b, &pass, "acme", "lead"));
    count = gates_bed_judge(b, &pass, outcome, ret);
    gates_bed_leave(b, &pass);
    return count;
}

struct gates_bed circuit_opened(struct gate_change ret[GATE_CHANGES_MAX])
{
    struct gates_bed b = gates_bed_open(circuit_config);

    for (int n = 0; n < 3; n++)
        ck_assert_uint_eq(circuit_call(&b, &circuit_bad, ret), 0);
    ck_assert_uint_eq(circuit_call(&b, &circuit_bad, ret), 1);
    return b;
}
