#include "link/signature.h"

#include "base/base64.h"
#include "base/buf.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

enum {
    HMAC_KEY_MIN = 24,
    HMAC_KEY_MAX = 64,
    SEED_BYTES = 32,
    PUBLIC_BYTES = 32,
    HASH_BYTES = 32,
    SIGNATURE_BYTES = 64,
};

struct signing_key {
    unsigned char hmac[HMAC_KEY_MAX];
    size_t hmac_len;
    EVP_PKEY *ed25519; /* owned; NULL = HMAC */
};

struct signer {
    struct signing_key keys[SIGNING_KEYS_MAX];
    size_t count;
};

struct signer *signer_open(void)
{
    return calloc(1, sizeof(struct signer));
}

void signer_close(struct signer **ret)
{
    struct signer *s = *ret;

    *ret = NULL;
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        EVP_PKEY_free(s->keys[i].ed25519);
    explicit_bzero(s, sizeof *s);
    free(s);
}

static enum err set_hmac(struct signing_key *key, struct span bytes,
                         struct why *why)
{
    if (bytes.len < HMAC_KEY_MIN || bytes.len > HMAC_KEY_MAX)
        return why_set(why, ERR_SYNTAX,
                       "not a signing key: whsec_ is followed by base64 of "
                       "%d to %d bytes",
                       HMAC_KEY_MIN, HMAC_KEY_MAX);
    memcpy(key->hmac, bytes.at, bytes.len);
    key->hmac_len = bytes.len;
    return ERR_OK;
}

/* A public key that is not the seed's would make signatures that nobody can
 * verify; better said now. */
static bool has_public(const EVP_PKEY *key, const char *bytes)
{
    unsigned char public[PUBLIC_BYTES];
    size_t len = sizeof public;

    return EVP_PKEY_get_raw_public_key(key, public, &len) == 1 &&
           memcmp(public, bytes, sizeof public) == 0;
}

static enum err set_ed25519(struct signing_key *key, struct span bytes,
                            struct why *why)
{
    const unsigned char *seed = (const unsigned char *)bytes.at;

    if (bytes.len != SEED_BYTES + PUBLIC_BYTES)
        return why_set(why, ERR_SYNTAX,
                       "not a signing key: whsk_ is followed by base64 of %d "
                       "bytes, seed and public key",
                       SEED_BYTES + PUBLIC_BYTES);
    key->ed25519 =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, SEED_BYTES);
    if (!key->ed25519)
        return ERR_MEMORY;
    if (has_public(key->ed25519, bytes.at + SEED_BYTES))
        return ERR_OK;
    EVP_PKEY_free(key->ed25519);
    return why_set(why, ERR_SYNTAX,
                   "not a signing key: the public half is not the seed's");
}

static bool strip(struct span *text, const char *prefix)
{
    size_t len = strlen(prefix);

    if (text->len < len || memcmp(text->at, prefix, len) != 0)
        return false;
    text->at += len;
    text->len -= len;
    return true;
}

static enum err set_key(struct signing_key *key, struct span text,
                        struct why *why)
{
    struct buf bytes = buf_make(SEED_BYTES + PUBLIC_BYTES);
    bool hmac = strip(&text, "whsec_");
    enum err e;

    if (!hmac && !strip(&text, "whsk_"))
        return why_set(why, ERR_SYNTAX,
                       "not a signing key: it begins with whsec_ or whsk_");
    e = base64_decode(text, &bytes);
    if (e == ERR_LIMIT)
        e = why_set(why, ERR_SYNTAX, "not a signing key: it is too long");
    else if (e == ERR_SYNTAX)
        e = why_set(why, e, "not a signing key: its base64 is wrong");
    else if (!e)
        e = hmac ? set_hmac(key, buf_span(&bytes), why)
                 : set_ed25519(key, buf_span(&bytes), why);
    buf_wipe(&bytes);
    return e;
}

enum err signer_add_key(struct signer *s, struct span text, struct why *why)
{
    struct signing_key key = {.hmac_len = 0};
    enum err e;

    if (s->count == SIGNING_KEYS_MAX)
        return why_set(why, ERR_LIMIT, "more than %d signing keys",
                       SIGNING_KEYS_MAX);
    e = set_key(&key, text, why);
    if (!e)
        s->keys[s->count++] = key;
    explicit_bzero(&key, sizeof key);
    return e;
}

static bool sign_ed25519(EVP_PKEY *key, struct span text,
                         unsigned char ret[SIGNATURE_BYTES])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    size_t len = SIGNATURE_BYTES;
    bool good = c && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestSign(c, ret, &len, (const unsigned char *)text.at,
                               text.len) == 1;

    EVP_MD_CTX_free(c);
    return good;
}

static bool sign_hmac(const struct signing_key *key, struct span text,
                      unsigned char ret[HASH_BYTES])
{
    return HMAC(EVP_sha256(), key->hmac, (int)key->hmac_len,
                (const unsigned char *)text.at, text.len, ret, NULL) != NULL;
}

/* Appends one entry; the sizes are known, so that it fits. */
static enum err add_entry(const struct signing_key *key, struct span text,
                          char **at)
{
    unsigned char bytes[SIGNATURE_BYTES];
    const char *version = key->ed25519 ? "v1a," : "v1,";
    int len = key->ed25519 ? SIGNATURE_BYTES : HASH_BYTES;

    if (key->ed25519 ? !sign_ed25519(key->ed25519, text, bytes)
                     : !sign_hmac(key, text, bytes))
        return ERR_MEMORY;
    memcpy(*at, version, strlen(version));
    *at += strlen(version);
    *at += EVP_EncodeBlock((unsigned char *)*at, bytes, len);
    return ERR_OK;
}

enum err signer_sign(const struct signer *s, const struct signed_call *call,
                     char ret[SIGNATURE_MAX])
{
    struct buf text = buf_make(call->body.len + 256);
    enum err e = buf_printf(&text, "%s.%" PRId64 ".", call->id, call->at_s);
    char *at = ret;

    ret[0] = '\0';
    if (!e)
        e = buf_add(&text, call->body.at, call->body.len);
    for (size_t i = 0; !e && i < s->count; i++) {
        if (i > 0)
            *at++ = ' ';
        e = add_entry(&s->keys[i], buf_span(&text), &at);
    }
    buf_clear(&text);
    return e == ERR_LIMIT ? ERR_MEMORY : e;
}
