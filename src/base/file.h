/* Small files read whole: secrets, tokens, job streams. */
#ifndef EXTQ_BASE_FILE_H
#define EXTQ_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the whole file. ERR_IO with path and reason in *why; ERR_LIMIT when
 * it does not fit into out->max. */
enum err file_read(const char *path, struct buf *out,
                   struct why *why) must_check;

/* Reads a secret: one line, trailing white space dropped, ident_is_secret.
 * Errors name the path and never the content; out is for buf_wipe. */
enum err file_read_secret(const char *path, struct buf *out,
                          struct why *why) must_check;

#endif
