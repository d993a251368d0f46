#include "base/json_scan.h"

#include "base/json_text.h"
#include "base/utf8.h"

#include <string.h>

/* What a byte may be: plain text inside a string, a digit, hexadecimal. */
enum { PLAIN = 1, DIGIT = 2, HEX = 4 };
enum { O, P = PLAIN, H = PLAIN | HEX, D = PLAIN | HEX | DIGIT };

static const unsigned char classes[256] = {
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, /* controls */
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, /* controls */
    P, P, O, P, P, P, P, P, P, P, P, P, P, P, P, P, /* no quote */
    D, D, D, D, D, D, D, D, D, D, P, P, P, P, P, P, /* digits */
    P, H, H, H, H, H, H, P, P, P, P, P, P, P, P, P, /* A to O */
    P, P, P, P, P, P, P, P, P, P, P, P, O, P, P, P, /* no backslash */
    P, H, H, H, H, H, H, P, P, P, P, P, P, P, P, P, /* a to o */
    P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, /* p to DEL */
};

static bool is(const struct json_scan *s, const char *at, unsigned class)
{
    return at < s->end && (classes[(unsigned char)*at] & class);
}

bool json_scan_fail(struct json_scan *s, const char *at, const char *what)
{
    s->flaw->offset = (size_t)(at - s->start);
    s->flaw->what = at < s->end ? what : "the text ends too early";
    return false;
}

/* The four hexadecimal digits behind \u at s->at, which moves behind them. */
static bool scan_unit(struct json_scan *s, uint32_t *ret)
{
    const char *digits = s->at + 2;

    for (int i = 0; i < 4; i++)
        if (!is(s, digits + i, HEX))
            return json_scan_fail(s, digits + i, "expected a hex digit");
    *ret = json_text_unit(digits);
    s->at = digits + 4;
    return true;
}

static bool scan_unicode(struct json_scan *s)
{
    const char *start = s->at;
    uint32_t unit = 0, low = 0;

    if (!scan_unit(s, &unit))
        return false;
    if (s->opaque)
        return true;
    if (unit == 0)
        return json_scan_fail(s, start, "U+0000 in a string");
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    if (unit > 0xdbff || s->end - s->at < 2 || memcmp(s->at, "\\u", 2) != 0)
        return json_scan_fail(s, start, "lone surrogate");
    if (!scan_unit(s, &low))
        return false;
    if (low < 0xdc00 || low > 0xdfff)
        return json_scan_fail(s, start, "lone surrogate");
    return true;
}

static bool scan_escape(struct json_scan *s)
{
    const char *c = s->at + 1;

    if (c == s->end || *c == '\0' || !strchr("\"\\/bfnrtu", *c))
        return json_scan_fail(s, c, "unknown escape");
    if (*c == 'u')
        return scan_unicode(s);
    s->at += 2;
    return true;
}

/* The rare bytes of a string: escapes and what is not ASCII. */
static bool scan_special(struct json_scan *s)
{
    size_t len;

    if (json_scan_peek(s) == '\\')
        return scan_escape(s);
    if ((unsigned char)json_scan_peek(s) < 0x20)
        return json_scan_fail(s, s->at, "control character in a string");
    len = utf8_len(s->at, (size_t)(s->end - s->at));
    if (len == 0)
        return json_scan_fail(s, s->at, "invalid UTF-8");
    s->at += len;
    return true;
}

/* Whether the eight bytes are plain: each byte's top bit marks that it is not.
 * One that is not may borrow from the next one, and mark it as well. */
static bool are_plain(const char *at)
{
    const uint64_t ones = UINT64_MAX / 255;
    uint64_t bytes, marked;

    memcpy(&bytes, at, sizeof bytes);
    marked = bytes | (bytes - ones * ' ') | ((bytes ^ ones * '"') - ones) |
             ((bytes ^ ones * '\\') - ones);
    return (marked & ones << 7) == 0;
}

bool json_scan_string(struct json_scan *s)
{
    s->at++;
    for (;;) {
        const char *at = s->at;

        while (s->end - at >= 8 && are_plain(at))
            at += 8;
        while (is(s, at, PLAIN))
            at++;
        s->at = at;
        if (json_scan_skip(s, '"'))
            return true;
        if (!scan_special(s))
            return false;
    }
}

static bool scan_digits(struct json_scan *s)
{
    if (!is(s, s->at, DIGIT))
        return json_scan_fail(s, s->at, "expected a digit");
    while (is(s, s->at, DIGIT))
        s->at++;
    return true;
}

bool json_scan_number(struct json_scan *s)
{
    (void)json_scan_skip(s, '-');
    if (json_scan_skip(s, '0')) {
        if (is(s, s->at, DIGIT))
            return json_scan_fail(s, s->at, "leading zero");
    } else if (!scan_digits(s)) {
        return false;
    }
    if (json_scan_skip(s, '.') && !scan_digits(s))
        return false;
    if (!json_scan_skip(s, 'e') && !json_scan_skip(s, 'E'))
        return true;
    if (!json_scan_skip(s, '+'))
        (void)json_scan_skip(s, '-');
    return scan_digits(s);
}

bool json_scan_word(struct json_scan *s, const char *word)
{
    for (; *word; word++)
        if (!json_scan_skip(s, *word))
            return json_scan_fail(s, s->at, "expected true, false or null");
    return true;
}
