/* Borrowed bytes: a pointer and a length, never owned, not NUL-terminated. */
#ifndef EXTQ_BASE_SPAN_H
#define EXTQ_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *at;
    size_t len;
};

/* A view of the NUL-terminated text, without the NUL. */
struct span span_of(const char *text);

/* True when the bytes equal the NUL-terminated text. */
bool span_is(struct span s, const char *text);

/* Reads an unsigned decimal number that fills the whole span. Returns false
 * (and leaves *ret alone) on anything else and on overflow. */
bool span_number(struct span s, uint64_t *ret);

/* Copies the bytes and a NUL to dst. Returns false when they do not fit in
 * size bytes; dst is then the empty string. */
bool span_copy(struct span s, char *dst, size_t size);

/* Without the blanks (space, tab) in front, and those and line ends behind. */
struct span span_trim(struct span s);

/* Writes the texts (up to NULL) one behind the other and a NUL to dst. Returns
 * false when they do not fit in size bytes; dst is then cut. */
bool span_join(char *dst, size_t size, const char *const *texts);

/* Splits off what stands before the first sep and moves *rest behind it;
 * without sep, takes everything and leaves *rest empty. */
struct span span_cut(struct span *rest, char sep);

#endif
