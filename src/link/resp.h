/* Writes commands as Redis reads them (RESP2), for those that are built word
 * by word: hiredis would copy and format each word again. */
#ifndef EXTQ_LINK_RESP_H
#define EXTQ_LINK_RESP_H

#include "base/buf.h"

/* The line in front of a command of so many words. */
enum err resp_head(struct buf *out, size_t words) must_check;

/* One word. On ERR_MEMORY or ERR_LIMIT the buffer is as it was. */
enum err resp_word(struct buf *out, struct span word) must_check;

/* A number as a word. */
enum err resp_number(struct buf *out, int64_t number) must_check;

#endif
