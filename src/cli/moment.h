/* Moments and lengths of time as people read them. */
#ifndef EXTQ_CLI_MOMENT_H
#define EXTQ_CLI_MOMENT_H

#include "base/span.h"

enum { MOMENT_MAX = 40 };

/* Unix ms as RFC 3339 in UTC: "2024-01-02T03:04:05.678Z". */
void moment_text(int64_t unix_ms, char dst[MOMENT_MAX]);

/* The same for a decimal number; false when text is none, or zero. */
bool moment_of_text(struct span text, char dst[MOMENT_MAX]);

/* The same for a cell of a table: whole in a file, "01-02 03:04:05" on a
 * screen; what is none stays as it is. Points into dst, or is ms. */
struct span moment_cell(struct span ms, bool screen, char dst[MOMENT_MAX]);

/* A length of time in its two largest units: "3d 4h", "12s", "1.2s", "80ms". */
void moment_length(int64_t ms, char dst[MOMENT_MAX]);

#endif
