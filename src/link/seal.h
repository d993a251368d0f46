/* Secrets at rest: texts that leave for Redis, sealed by libcrypto.
 *
 * AES-256-GCM, because each libcrypto since 1.1 has it, processors speed it up
 * and FIPS builds keep it; ChaCha20-Poly1305 would save nothing here. Nonces
 * are 96 random bits: good for 2^32 texts under one key, which is a year of
 * 130 discoveries a second. Rotate the key before that.
 *
 *   seal1:<key id>:<name hash>:<nonce><ciphertext><tag>
 *
 * All up to the nonce is text and authenticated, and so is the place: a sealed
 * text that is moved, or whose head is changed, does not open. */
#ifndef EXTQ_LINK_SEAL_H
#define EXTQ_LINK_SEAL_H

#include "base/buf.h"

enum { SEAL_KEYS_MAX = 2, SEAL_KEY_BYTES = 32, SEAL_ID_MAX = 9 };

struct seal_key {
    char id[SEAL_ID_MAX]; /* which of several keys; says nothing of it */
    unsigned char cipher[SEAL_KEY_BYTES];
    unsigned char name[SEAL_KEY_BYTES];
};

/* The first key seals, all of them open. For many threads at once; wiped by
 * its owner. Zero is without keys. */
struct seal {
    struct seal_key keys[SEAL_KEYS_MAX];
    size_t count;
};

/* Adds a key: base64 of 32 random bytes. ERR_SYNTAX when the text is
 * something else, ERR_LIMIT when there are SEAL_KEYS_MAX. */
enum err seal_add_key(struct seal *s, struct span text) must_check;

/* What a sealed text belongs to: place is who reads it where and until when,
 * name is what is in it (a URL; only its keyed hash can be seen). */
struct seal_label {
    struct span place, name;
};

/* Appends the sealed text; s has a key. On errors out may hold more than
 * before, plain text included: for buf_wipe. ERR_LIMIT, ERR_MEMORY, ERR_IO (no
 * random bytes). */
enum err seal_write(const struct seal *s, const struct seal_label *label,
                    struct span plain, struct buf *out) must_check;

/* Appends the plain text. ERR_SYNTAX: not sealed, by an unknown key, for
 * another place, or changed; ERR_LIMIT, ERR_MEMORY. out is for buf_wipe. */
enum err seal_read(const struct seal *s, struct span place, struct span sealed,
                   struct buf *out) must_check;

/* Whether what seal_read opened was sealed under that name. */
bool seal_has_name(const struct seal *s, struct span sealed, struct span name);

#endif
