#include "base/json_text.h"

#include "base/check.h"
#include "base/json.h"
#include "base/utf8.h"

#include <string.h>

static uint32_t hex_digit(unsigned char c)
{
    return c <= '9' ? c - (uint32_t)'0' : (c | 0x20) - (uint32_t)'a' + 10;
}

uint32_t json_text_unit(const char *digits)
{
    uint32_t unit = 0;

    for (int i = 0; i < 4; i++)
        unit = unit << 4 | hex_digit((unsigned char)digits[i]);
    return unit;
}

/* \uXXXX at *at, or two of them that form a surrogate pair. */
static uint32_t take_unicode(const char **at)
{
    uint32_t high = json_text_unit(*at + 2);

    *at += 6;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    *at += 6;
    return 0x10000 + ((high - 0xd800) << 10) +
           (json_text_unit(*at - 4) - 0xdc00);
}

static uint32_t take_escape(const char **at)
{
    char c = (*at)[1];

    if (c == 'u')
        return take_unicode(at);
    *at += 2;
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return (unsigned char)c;
    }
}

/* The next character of a validated text; moves *at behind it. */
static inline uint32_t take_point(const char **at, const char *end)
{
    const char *c = *at;
    size_t len;

    if (*c == '\\')
        return take_escape(at);
    if ((unsigned char)*c < 0x80) {
        *at = c + 1;
        return (unsigned char)*c;
    }
    len = utf8_len(c, (size_t)(end - c));
    check(len > 0);
    *at = c + len;
    return utf8_point(c, len);
}

/* FNV-1a over code points. */
uint64_t json_text_hash(struct span text)
{
    const char *end = text.at + text.len;
    uint64_t hash = 0xcbf29ce484222325u;

    while (text.at < end)
        hash = (hash ^ take_point(&text.at, end)) * 0x100000001b3u;
    return hash;
}

/* As the keys of one object mostly do. */
static bool begin_apart(struct span a, struct span b)
{
    return a.len > 0 && b.len > 0 && *a.at != *b.at && *a.at != '\\' &&
           *b.at != '\\';
}

bool json_text_same(struct span a, struct span b)
{
    const char *a_end = a.at + a.len;
    const char *b_end = b.at + b.len;

    if (begin_apart(a, b))
        return false;
    if (a.len == b.len && a.len > 0 && memcmp(a.at, b.at, a.len) == 0)
        return true;
    while (a.at < a_end && b.at < b_end)
        if (take_point(&a.at, a_end) != take_point(&b.at, b_end))
            return false;
    return a.at == a_end && b.at == b_end;
}

/* Whether the escape at `at` stands for a character: U+0000 and a surrogate
 * without its other half, which an object's values may hold, do not. */
static bool is_character(const char *at, const char *end)
{
    uint32_t unit, low;

    if (at[1] != 'u')
        return true;
    unit = json_text_unit(at + 2);
    if (unit < 0xd800 || unit > 0xdfff)
        return unit > 0;
    if (unit > 0xdbff || end - at < 12 || memcmp(at + 6, "\\u", 2) != 0)
        return false;
    low = json_text_unit(at + 8);
    return low >= 0xdc00 && low <= 0xdfff;
}

static enum err add_escape(struct buf *out, const char **at, const char *end)
{
    char bytes[4];

    if (!is_character(*at, end))
        return ERR_SYNTAX;
    return buf_add(out, bytes, utf8_put(take_escape(at), bytes));
}

enum err json_decode(struct json_value string, struct buf *out)
{
    size_t len = out->len;
    const char *at = string.raw.at + 1;
    const char *end = string.raw.at + string.raw.len - 1;
    enum err e = ERR_OK;

    check(string.kind == JSON_STRING);
    while (at < end && !e) {
        const char *stop = memchr(at, '\\', (size_t)(end - at));

        if (stop == at) {
            e = add_escape(out, &at, end);
            continue;
        }
        stop = stop ? stop : end;
        e = buf_add(out, at, (size_t)(stop - at));
        at = stop;
    }
    if (e)
        buf_cut(out, len);
    return e;
}

/* The length of the text's first character, and in *ret_plain whether it may
 * stand between quotes as it is. */
static size_t measure(const char *at, const char *end, bool *ret_plain)
{
    size_t len = utf8_len(at, (size_t)(end - at));

    *ret_plain = len > 0 && *at != '"' && *at != '\\' &&
                 !utf8_is_control(utf8_point(at, len));
    return len;
}

static enum err quote_special(struct buf *out, const char *at, size_t len)
{
    if (len == 0)
        return buf_add_text(out, "\xef\xbf\xbd");
    if (*at == '"' || *at == '\\')
        return buf_printf(out, "\\%c", *at);
    if (*at == '\n')
        return buf_add_text(out, "\\n");
    if (*at == '\t')
        return buf_add_text(out, "\\t");
    return buf_printf(out, "\\u%04x", utf8_point(at, len));
}

static enum err quote_all(struct buf *out, const char *at, const char *end)
{
    const char *run = at; /* start of the bytes not yet appended */
    enum err e = ERR_OK;

    while (at < end && !e) {
        bool plain;
        size_t len = measure(at, end, &plain);

        if (!plain) {
            e = buf_add(out, run, (size_t)(at - run));
            if (!e)
                e = quote_special(out, at, len);
            run = at + (len ? len : 1);
        }
        at += len ? len : 1;
    }
    return e ? e : buf_add(out, run, (size_t)(end - run));
}

enum err json_quote(struct buf *out, struct span text)
{
    size_t len = out->len;
    enum err e = buf_add(out, "\"", 1);

    if (!e && text.len > 0)
        e = quote_all(out, text.at, text.at + text.len);
    if (!e)
        e = buf_add(out, "\"", 1);
    if (e)
        buf_cut(out, len);
    return e;
}
