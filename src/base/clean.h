/* Text from outside made fit to be shown: valid UTF-8 on one line, nothing
 * that a terminal would obey. */
#ifndef EXTQ_BASE_CLEAN_H
#define EXTQ_BASE_CLEAN_H

#include "base/span.h"

/* Copies text to dst and ends it with a NUL; returns the length. Controls
 * become spaces, bytes that are not UTF-8 become '?'. Cut at a character's
 * border to fit into size bytes (>= 1). */
size_t clean_text(struct span text, char *dst, size_t size);

#endif
