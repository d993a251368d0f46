/* The bench's table, row by row as they are done: for people, or as JSON. */
#ifndef EXTQ_CLI_BENCH_TABLE_H
#define EXTQ_CLI_BENCH_TABLE_H

#include "cli/bench_figures.h"

#include <stdint.h>

struct bench_place {
    char machine[384];
    char redis[32]; /* version */
    int64_t runs;
};

/* What was measured where, and the head of the table. */
void table_head(const struct bench_place *place, bool json);

/* One row's figures. */
void table_row(const char *row, const struct figures *figures, bool json);

#endif
