/* How far apart two words are, for "did you mean ...?". */
#ifndef EXTQ_BASE_DISTANCE_H
#define EXTQ_BASE_DISTANCE_H

#include <stddef.h>

/* Letters added, dropped or changed, and neighbours exchanged (Damerau's
 * distance, each letter touched once). Words longer than 255 bytes are far from
 * everything: SIZE_MAX. */
size_t distance_of(const char *a, const char *b);

#endif
