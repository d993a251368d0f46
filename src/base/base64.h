/* Base64 as RFC 4648 section 4 writes it, for bodies that are not text. */
#ifndef EXTQ_BASE_BASE64_H
#define EXTQ_BASE_BASE64_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* Appends the decoded bytes. Strict: the standard alphabet, padding, nothing
 * in between, and zero in the bits that padding leaves over, so that bytes
 * have one spelling only. ERR_SYNTAX, ERR_LIMIT or ERR_MEMORY; out is then as
 * it was. */
enum err base64_decode(struct span text, struct buf *out) must_check;

/* Appends the text of the bytes. ERR_LIMIT or ERR_MEMORY; out is then as it
 * was. */
enum err base64_encode(struct span bytes, struct buf *out) must_check;

#endif
