/* Signatures as standardwebhooks.com has them: whoever shares a key with us
 * can tell that a call is ours, unchanged and recent, without our bearer.
 *
 * What is signed is "<id>.<unix seconds>.<body>", by each key: HMAC-SHA256
 * (v1) or ed25519 (v1a). */
#ifndef EXTQ_LINK_SIGNATURE_H
#define EXTQ_LINK_SIGNATURE_H

#include "base/err.h"
#include "base/span.h"

#include <stdint.h>

enum {
    SIGNING_KEYS_MAX = 4,
    SIGNATURE_MAX = SIGNING_KEYS_MAX * 96, /* their text, the NUL included */
};

struct signer;

/* Without keys; NULL when out of memory. */
struct signer *signer_open(void);

/* Wipes and frees; NULL is fine; sets *s to NULL. */
void signer_close(struct signer **s);

/* Adds a key behind those that are there: "whsec_" and base64 of 24 to 64
 * bytes, or "whsk_" and base64 of an ed25519 seed and its public key. *why says
 * what is wrong, without the key: ERR_SYNTAX, ERR_LIMIT, ERR_MEMORY. */
enum err signer_add_key(struct signer *s, struct span text,
                        struct why *why) must_check;

/* What is signed. An id holds no dot. */
struct signed_call {
    const char *id;
    int64_t at_s; /* unix time of this attempt */
    struct span body;
};

/* Writes "v1,<base64> v1a,<base64>", an entry for each key in their order.
 * Many threads may do so at once. ERR_MEMORY. */
enum err signer_sign(const struct signer *s, const struct signed_call *call,
                     char ret[SIGNATURE_MAX]) must_check;

#endif
