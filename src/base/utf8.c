#include "base/utf8.h"

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* Only the second byte's range depends on the first: it is what excludes
 * overlong forms, surrogates and what is past the last plane. */
static bool is_second(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return is_tail(second);
    }
}

static size_t len_by_first(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t utf8_len(const char *at, size_t left)
{
    const unsigned char *c = (const unsigned char *)at;
    size_t len = len_by_first(c[0]);

    if (len < 2)
        return len;
    if (len > left || !is_second(c[0], c[1]))
        return 0;
    for (size_t i = 2; i < len; i++)
        if (!is_tail(c[i]))
            return 0;
    return len;
}

uint32_t utf8_point(const char *at, size_t len)
{
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)at[0] & first_bits[len];

    for (size_t i = 1; i < len; i++)
        point = point << 6 | ((unsigned char)at[i] & 0x3f);
    return point;
}

size_t utf8_put(uint32_t point, char ret[4])
{
    static const unsigned char first_mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    for (size_t i = len - 1; i > 0; i--) {
        ret[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    ret[0] = (char)(first_mark[len] | point);
    return len;
}

bool utf8_is_control(uint32_t point)
{
    if (point < 0xa0)
        return point < 0x20 || point >= 0x7f;
    return point == 0x61c || (point >= 0x200e && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}
