/* What discovery found for (container, point): where to send and the secret
 * to send with it. Reference-counted within one thread; the secret is wiped
 * with the last reference. */
#ifndef EXTQ_MODEL_EXTENSION_H
#define EXTQ_MODEL_EXTENSION_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ident.h"
#include "base/span.h"

enum { URL_MAX = 2048, SECRET_MAX = 4096 };

/* Which extension: also the cache key. */
struct extension_key {
    char container[IDENT_MAX + 1];
    char point[IDENT_MAX + 1];
};

struct extension {
    unsigned refs;
    char *url;     /* owned, vetted, never empty */
    char *secret;  /* owned; NULL when calls carry no Authorization */
    bool envelope; /* metadata says auth0-ext-compilers */
};

/* Copies url and secret (secret.len 0 = none). *ret has one reference.
 * ERR_LIMIT, ERR_SYNTAX (secret not ident_is_secret), ERR_MEMORY. */
enum err extension_make(struct span url, struct span secret,
                        struct extension **ret) must_check;

struct extension *extension_hold(struct extension *x);

/* Gives one reference back and sets the pointer to NULL; NULL is fine. */
void extension_drop(struct extension **x);

/* The cache's text form: a JSON object {"url":..,"secret":..,"envelope":..},
 * or {} for "no extension" (x NULL). */
enum err extension_write(const struct extension *x, struct buf *out) must_check;

/* The reverse; *ret is NULL for "no extension". ERR_SYNTAX, ERR_MEMORY. */
enum err extension_read(struct span text, struct extension **ret) must_check;

/* Writes a form of the secret that people may see: its first two characters
 * and length at most. */
void extension_mask(const struct extension *x, char *dst, size_t size);

#endif
