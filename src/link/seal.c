#include "link/seal.h"

#include "base/base64.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

enum {
    HASH_BYTES = 32,
    NAME_HEX = 32,
    NONCE_BYTES = 12,
    TAG_BYTES = 16,
};

static const char version[] = "seal1:";

/* version, id, colon, name hash, colon. */
enum { HEAD_BYTES = 6 + (SEAL_ID_MAX - 1) + 1 + NAME_HEX + 1 };

static bool keyed_hash(const unsigned char key[SEAL_KEY_BYTES],
                       struct span text, unsigned char ret[HASH_BYTES])
{
    return HMAC(EVP_sha256(), key, SEAL_KEY_BYTES,
                (const unsigned char *)text.at, text.len, ret, NULL) != NULL;
}

static void to_hex(const unsigned char *bytes, size_t digits, char *dst)
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < digits; i++)
        dst[i] = hex[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
}

/* One key each for every use, so that none can be turned against another. */
static enum err derive(const unsigned char *secret, struct seal_key *ret)
{
    unsigned char id[HASH_BYTES];

    if (!keyed_hash(secret, span_of("extq seal1 cipher"), ret->cipher) ||
        !keyed_hash(secret, span_of("extq seal1 name"), ret->name) ||
        !keyed_hash(secret, span_of("extq seal1 id"), id))
        return ERR_MEMORY;
    to_hex(id, SEAL_ID_MAX - 1, ret->id);
    return ERR_OK;
}

enum err seal_add_key(struct seal *s, struct span text)
{
    struct buf secret = buf_make(2 * SEAL_KEY_BYTES);
    enum err e = ERR_LIMIT;

    if (s->count == SEAL_KEYS_MAX)
        return e;
    e = base64_decode(text, &secret);
    if (e == ERR_LIMIT || (!e && secret.len != SEAL_KEY_BYTES))
        e = ERR_SYNTAX;
    if (!e)
        e = derive((const unsigned char *)secret.at, &s->keys[s->count]);
    if (!e)
        s->count++;
    buf_wipe(&secret);
    return e;
}

static bool write_head(const struct seal_key *key, struct span name,
                       char head[HEAD_BYTES])
{
    unsigned char hash[HASH_BYTES];
    char *at = head;

    if (!keyed_hash(key->name, name, hash))
        return false;
    memcpy(at, version, sizeof version - 1);
    at += sizeof version - 1;
    memcpy(at, key->id, SEAL_ID_MAX - 1);
    at += SEAL_ID_MAX - 1;
    *at++ = ':';
    to_hex(hash, NAME_HEX, at);
    at[NAME_HEX] = ':';
    return true;
}

/* What both directions have in common: the key, the nonce, and the bytes that
 * are authenticated without being there. */
struct message {
    const struct seal_key *key;
    const unsigned char *nonce;
    struct span head, place;
    unsigned char *at; /* plain text and ciphertext take turns here */
    size_t len;
    unsigned char *tag;
};

static bool authenticate(EVP_CIPHER_CTX *c, struct span text)
{
    int done;

    return EVP_CipherUpdate(c, NULL, &done, (const unsigned char *)text.at,
                            (int)text.len) == 1;
}

static bool turn(EVP_CIPHER_CTX *c, const struct message *m, int sealing)
{
    int done = 0;

    if (EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, m->key->cipher, m->nonce,
                          sealing) != 1 ||
        !authenticate(c, m->head) || !authenticate(c, m->place) ||
        EVP_CipherUpdate(c, m->at, &done, m->at, (int)m->len) != 1)
        return false;
    if (!sealing &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, m->tag) != 1)
        return false;
    if (EVP_CipherFinal_ex(c, m->at + done, &done) != 1)
        return false;
    return !sealing || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES,
                                           m->tag) == 1;
}

static enum err crypt(const struct message *m, int sealing)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool good;

    if (!c)
        return ERR_MEMORY;
    good = turn(c, m, sealing);
    EVP_CIPHER_CTX_free(c);
    return good ? ERR_OK : sealing ? ERR_MEMORY : ERR_SYNTAX;
}

enum err seal_write(const struct seal *s, const struct seal_label *label,
                    struct span plain, struct buf *out)
{
    const struct seal_key *key = &s->keys[0];
    unsigned char nonce[NONCE_BYTES], tag[TAG_BYTES];
    struct message m = {key, nonce, {NULL, 0}, label->place, NULL, 0, tag};
    char head[HEAD_BYTES];
    enum err e = ERR_OK;

    if (RAND_bytes(nonce, sizeof nonce) != 1)
        return ERR_IO;
    if (!write_head(key, label->name, head))
        return ERR_MEMORY;
    e = buf_add(out, head, sizeof head);
    if (!e)
        e = buf_add(out, nonce, sizeof nonce);
    if (!e)
        e = buf_add(out, plain.at, plain.len);
    if (e)
        return e;
    m.head = (struct span){head, sizeof head};
    m.at = (unsigned char *)out->at + out->len - plain.len;
    m.len = plain.len;
    e = crypt(&m, 1);
    return e ? e : buf_add(out, tag, sizeof tag);
}

/* The key that the head names; NULL when it is not ours. */
static const struct seal_key *find_key(const struct seal *s, struct span sealed)
{
    const size_t start = sizeof version - 1;

    if (sealed.len < HEAD_BYTES + NONCE_BYTES + TAG_BYTES ||
        memcmp(sealed.at, version, start) != 0)
        return NULL;
    for (size_t i = 0; i < s->count; i++)
        if (memcmp(sealed.at + start, s->keys[i].id, SEAL_ID_MAX - 1) == 0)
            return &s->keys[i];
    return NULL;
}

enum err seal_read(const struct seal *s, struct span place, struct span sealed,
                   struct buf *out)
{
    const struct seal_key *key = find_key(s, sealed);
    const size_t ends = HEAD_BYTES + NONCE_BYTES, before = out->len;
    unsigned char nonce[NONCE_BYTES], tag[TAG_BYTES];
    struct message m = {key, nonce, {sealed.at, HEAD_BYTES}, place, NULL,
                        0,   tag};
    enum err e;

    if (!key)
        return ERR_SYNTAX;
    m.len = sealed.len - ends - TAG_BYTES;
    memcpy(nonce, sealed.at + HEAD_BYTES, sizeof nonce);
    memcpy(tag, sealed.at + sealed.len - TAG_BYTES, sizeof tag);
    e = buf_add(out, sealed.at + ends, m.len);
    if (e)
        return e;
    m.at = (unsigned char *)out->at + before;
    e = crypt(&m, 0);
    if (e)
        buf_cut(out, before);
    return e;
}

bool seal_has_name(const struct seal *s, struct span sealed, struct span name)
{
    const struct seal_key *key = find_key(s, sealed);
    char head[HEAD_BYTES];

    return key && write_head(key, name, head) &&
           CRYPTO_memcmp(head, sealed.at, sizeof head) == 0;
}
