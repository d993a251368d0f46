/* Bytes that grow up to a bound stated at birth. */
#ifndef EXTQ_BASE_BUF_H
#define EXTQ_BASE_BUF_H

#include "base/err.h"
#include "base/span.h"

struct buf {
    char *at;   /* owned; NULL while empty; always NUL-terminated otherwise */
    size_t len; /* bytes in use, the NUL not counted */
    size_t cap; /* bytes allocated */
    size_t max; /* len never exceeds this */
};

/* An empty buffer that may grow to max bytes. Allocates nothing. */
struct buf buf_make(size_t max);

/* Appends; on ERR_LIMIT or ERR_MEMORY the buffer is as it was. */
enum err buf_add(struct buf *b, const void *bytes, size_t len) must_check;
enum err buf_add_text(struct buf *b, const char *text) must_check;
enum err buf_printf(struct buf *b, const char *fmt, ...)
    like_printf(2, 3) must_check;

/* Makes room for len more bytes and counts them as content; *ret_at is where
 * to write them, valid until the next change. */
enum err buf_extend(struct buf *b, size_t len, char **ret_at) must_check;

/* A view of the content, valid until the next change. */
struct span buf_span(const struct buf *b);

/* Forgets what is behind the first len bytes (len <= b->len). */
void buf_cut(struct buf *b, size_t len);

/* Forgets the content and keeps the memory for reuse. */
void buf_reset(struct buf *b);

/* Frees the memory; the buffer is then empty and usable again. */
void buf_clear(struct buf *b);

/* As buf_clear, after overwriting the memory: for secrets. */
void buf_wipe(struct buf *b);

#endif
