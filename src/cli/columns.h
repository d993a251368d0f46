/* Lines for people, in columns that grow: a column is as wide as its widest
 * cell so far, so that lines can be written before the next one is known. */
#ifndef EXTQ_CLI_COLUMNS_H
#define EXTQ_CLI_COLUMNS_H

#include "base/buf.h"
#include "cli/term.h"

enum { COLUMNS_MAX = 16 };

struct column {
    const char *title;
    size_t least; /* width to begin with */
    bool right;   /* numbers */
    bool moment;  /* of moment_cell: wider where there is no screen */
};

struct columns {
    const struct column *at;
    size_t count; /* 2 to COLUMNS_MAX */
    bool colour;
    unsigned width; /* the last cell is cut to fit; 0 = no terminal, never cut:
                       ids are there to be copied */
    size_t widths[COLUMNS_MAX];
};

/* For stdout. */
struct columns columns_make(const struct column *at, size_t count);

/* Appends the titles as a line. ERR_MEMORY, ERR_LIMIT; so with the next. */
enum err columns_titles(struct columns *c, struct buf *out) must_check;

/* Appends the cells, `count` of them, as one line, cleaned; empty ones show as
 * "-". */
enum err columns_line(struct columns *c, const struct span *cells,
                      enum term_style style, struct buf *out) must_check;

#endif
