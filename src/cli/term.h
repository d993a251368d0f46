/* What the terminal can do, and what it may be given: everything that came
 * out of Redis is cleaned here before people see it. */
#ifndef EXTQ_CLI_TERM_H
#define EXTQ_CLI_TERM_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* True when colour is welcome: a terminal that is not "dumb", and NO_COLOR
 * absent or empty (no-color.org). */
bool term_colour(int fd);

/* Columns and rows of the terminal behind fd; 0 when it is none. */
unsigned term_width(int fd);
unsigned term_height(int fd);

enum term_style {
    TERM_PLAIN,
    TERM_BOLD,
    TERM_DIM,
    TERM_GOOD,
    TERM_WARN,
    TERM_BAD
};

/* The escape sequence that starts a style (TERM_PLAIN ends all); "" without
 * colour. Static texts. */
const char *term_style(enum term_style style, bool colour);

/* Appends text with everything escaped that could steer a terminal or mislead
 * the eye: C0, DEL, C1, bidi and invisible code points as \uXXXX (\n, \t and
 * \r by their letters), bytes that are not UTF-8 as \xXX. JSON stays JSON,
 * equal in value. ERR_MEMORY, ERR_LIMIT. */
enum err term_clean(struct buf *out, struct span text) must_check;

/* Code points of text that term_clean made: near enough to columns. */
size_t term_columns(struct span text);

/* The longest start of cleaned text that fills at most `columns`. */
struct span term_cut(struct span text, size_t columns);

#endif
