/* A circuit in tests of gates: of four calls, half may fail. */
#ifndef EXTQ_SUPPORT_CIRCUIT_H
#define EXTQ_SUPPORT_CIRCUIT_H

#include "support/gates_bed.h"

extern const char circuit_config[];
extern const struct outcome circuit_good, circuit_bad, circuit_throttled;

/* One job of acme's lead goes through with that outcome; returns how many
 * changes follow. */
unsigned circuit_call(struct gates_bed *b, const struct outcome *outcome,
                      struct gate_change ret[GATE_CHANGES_MAX]);

/* Gates where acme's lead has just been shut, by the last of four failures. */
struct gates_bed circuit_opened(struct gate_change ret[GATE_CHANGES_MAX]);

#endif
