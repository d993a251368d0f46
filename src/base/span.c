#include "base/span.h"

#include <string.h>

struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

bool span_is(struct span s, const char *text)
{
    size_t len = strlen(text);

    return s.len == len && (len == 0 || memcmp(s.at, text, len) == 0);
}

bool span_number(struct span s, uint64_t *ret)
{
    uint64_t n = 0;

    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)((unsigned char)s.at[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(n, 10u, &n) ||
            __builtin_add_overflow(n, digit, &n))
            return false;
    }
    *ret = n;
    return true;
}

bool span_copy(struct span s, char *dst, size_t size)
{
    bool fits = s.len < size;
    size_t len = fits ? s.len : 0;

    if (len > 0)
        memcpy(dst, s.at, len);
    dst[len] = '\0';
    return fits;
}

struct span span_trim(struct span s)
{
    while (s.len > 0 && memchr(" \t", s.at[0], 2))
        s.at++, s.len--;
    while (s.len > 0 && memchr(" \t\r\n", s.at[s.len - 1], 4))
        s.len--;
    return s;
}

bool span_join(char *dst, size_t size, const char *const *texts)
{
    size_t at = 0, len, room;

    for (; *texts; texts++) {
        len = strlen(*texts);
        room = size - at - 1;
        memcpy(dst + at, *texts, len < room ? len : room);
        at += len < room ? len : room;
        if (len > room)
            break;
    }
    dst[at] = '\0';
    return !*texts;
}

struct span span_cut(struct span *rest, char sep)
{
    const char *end = rest->len ? memchr(rest->at, sep, rest->len) : NULL;
    struct span head = *rest;

    if (!end) {
        *rest = (struct span){rest->len ? rest->at + rest->len : rest->at, 0};
        return head;
    }
    head.len = (size_t)(end - rest->at);
    *rest = (struct span){end + 1, rest->len - head.len - 1};
    return head;
}
