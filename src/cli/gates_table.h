/* Gates as lines for people, in columns. */
#ifndef EXTQ_CLI_GATES_TABLE_H
#define EXTQ_CLI_GATES_TABLE_H

#include "base/buf.h"
#include "cli/gates_scan.h"

enum { GATE_COLUMNS = 10 };

/* How lines look. Filled in by gates_table_fit. */
struct gates_table {
    bool colour;
    bool screen;     /* times are short, and reasons cut */
    bool queues;     /* rows are of several: they are named */
    bool with_queue; /* commands name it too */
    int64_t now_ms;
    size_t widths[GATE_COLUMNS];
};

/* Widens the columns for the titles (row NULL) or for the row. ERR_MEMORY,
 * ERR_LIMIT; so with the next. */
enum err gates_table_fit(struct gates_table *t,
                         const struct gate_row *row) must_check;

/* Appends the titles (row NULL) or the row as one line, cleaned. */
enum err gates_table_line(const struct gates_table *t,
                          const struct gate_row *row,
                          struct buf *out) must_check;

#endif
