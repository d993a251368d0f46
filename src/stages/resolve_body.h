/* The text of an entry in the shared discovery cache: the only two functions
 * that know it. Sealed when there is a key. For stages/resolve*.c only. */
#ifndef EXTQ_STAGES_RESOLVE_BODY_H
#define EXTQ_STAGES_RESOLVE_BODY_H

#include "link/seal.h"
#include "model/extension.h"

/* Where an entry lies: a sealed body opens nowhere else, and not under another
 * stamp, so that nobody with Redis alone can pass one tenant's secret to
 * another, or make an old entry young. */
struct body_place {
    const struct seal *seal; /* NULL or without keys: bodies are plain */
    const char *prefix;
    const struct extension_key *key;
    struct span stamp;
};

/* Appends the body for the extension (NULL = none). ERR_LIMIT, ERR_MEMORY,
 * ERR_IO. */
enum err body_write(const struct body_place *place, const struct extension *x,
                    struct buf *out) must_check;

/* The reverse; *ret is NULL for "no extension". ERR_SYNTAX for what does not
 * open, a plain body included when there is a key; ERR_MEMORY. */
enum err body_read(const struct body_place *place, struct span body,
                   struct extension **ret) must_check;

#endif
