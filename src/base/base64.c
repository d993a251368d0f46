#include "base/base64.h"

/* Digits are kept plus one, so that 0 means none; libcrypto's decoder skips
 * white space and accepts stray bits. */
static const unsigned char digits[256] = {
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
    0,  0,  0,  0,  0,  63, 0,  0,  0,  64, 53, 54, 55, 56, 57, 58, 59, 60, 61,
    62, 0,  0,  0,  0,  0,  0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
    12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 0,  0,  0,  0,
    0,  0,  27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 0,  0,  0,  0,  0,
};

static bool decode_digit(char c, uint32_t *bits)
{
    uint32_t digit = digits[(unsigned char)c];

    *bits = *bits << 6 | (digit - 1);
    return digit > 0;
}

/* Four characters to three bytes, or to less in a padded last group: the
 * number of bytes, or 0. */
static size_t decode_group(const char *at, bool is_last, char ret[3])
{
    size_t pad = !is_last || at[3] != '=' ? 0 : at[2] != '=' ? 1 : 2;
    uint32_t bits = 0;

    for (size_t i = 0; i < 4 - pad; i++)
        if (!decode_digit(at[i], &bits))
            return 0;
    bits <<= 6 * pad;
    if (pad > 0 && (bits & ((1u << 8 * pad) - 1)) != 0)
        return 0;
    ret[0] = (char)(bits >> 16);
    ret[1] = (char)(bits >> 8);
    ret[2] = (char)bits;
    return 3 - pad;
}

static enum err decode_all(struct span text, struct buf *out)
{
    char block[3 * 256];
    size_t len = 0;

    for (size_t i = 0; i < text.len; i += 4) {
        size_t got = decode_group(text.at + i, i + 4 == text.len, block + len);

        if (got == 0)
            return ERR_SYNTAX;
        len += got;
        if (len == sizeof block) {
            enum err e = buf_add(out, block, len);

            if (e)
                return e;
            len = 0;
        }
    }
    return buf_add(out, block, len);
}

enum err base64_decode(struct span text, struct buf *out)
{
    size_t len = out->len;
    enum err e;

    if (text.len % 4 != 0)
        return ERR_SYNTAX;
    e = decode_all(text, out);
    if (e)
        buf_cut(out, len);
    return e;
}

/* Up to three bytes to four characters. */
static void encode_group(struct span bytes, char ret[4])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;

    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < bytes.len ? (unsigned char)bytes.at[i] : 0);
    for (size_t i = 0; i < 4; i++)
        ret[i] = i <= bytes.len ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
}

enum err base64_encode(struct span bytes, struct buf *out)
{
    char *at = NULL;
    enum err e;

    if (bytes.len > out->max)
        return ERR_LIMIT;
    e = buf_extend(out, (bytes.len + 2) / 3 * 4, &at);
    for (size_t i = 0; !e && i < bytes.len; i += 3) {
        size_t left = bytes.len - i;

        encode_group((struct span){bytes.at + i, left < 3 ? left : 3},
                     at + i / 3 * 4);
    }
    return e;
}
