/* What a gate means, in words. */
#ifndef EXTQ_CLI_GATES_WORDS_H
#define EXTQ_CLI_GATES_WORDS_H

#include "base/buf.h"
#include "cli/gates_scan.h"

enum { GATE_COMMAND_MAX = 448, GATE_ENDS_MAX = 480 };

/* Why jobs wait there: "its calls fail". A static text. */
const char *gate_meaning(const struct gate_row *row);

/* The kind of all gates of one kind: "calls fail". A static text. */
const char *gate_kind_meaning(enum gate_kind kind);

/* What ends it: "probe in 12s", "discovery asked in 12s", "when calls of it
 * end", of a queue as a whole "goes on in 12s", or the command that does, which
 * names the queue if `with_queue`. Not cleaned. */
void gate_ends(const struct gate_row *row, int64_t now_ms, bool with_queue,
               char dst[GATE_ENDS_MAX]);

/* The command that opens it; false when there is none, because it has no name
 * that can be typed. */
bool gate_resume_command(const struct gate_row *row, bool with_queue,
                         char dst[GATE_COMMAND_MAX]);

/* Appends all of it as one JSON object. ERR_MEMORY, ERR_LIMIT. */
enum err gate_row_json(const struct gate_row *row, int64_t now_ms,
                       bool with_queue, struct buf *out) must_check;

#endif
