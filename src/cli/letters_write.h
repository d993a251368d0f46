/* One letter as people and programs see it. Everything in it may be hostile,
 * and is cleaned. */
#ifndef EXTQ_CLI_LETTERS_WRITE_H
#define EXTQ_CLI_LETTERS_WRITE_H

#include "cli/columns.h"
#include "model/letter.h"

/* What lines of letters look like on stdout. */
struct columns letter_columns(enum letter_place place);

/* Appends it as one line. ERR_MEMORY, ERR_LIMIT; so with the next. */
enum err letter_line(const struct letter *l, struct columns *t,
                     struct buf *out) must_check;

/* Appends all of it, a fact a line and an empty line behind; with its bytes. */
enum err letter_page(const struct letter *l, int64_t now_ms, bool payload,
                     struct buf *out) must_check;

/* Appends all of it as one line of JSON. */
enum err letter_json(const struct letter *l, const char *queue, bool payload,
                     struct buf *out) must_check;

#endif
