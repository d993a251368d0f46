#include "link/resp.h"

#include <string.h>

enum { DIGITS_MAX = 20 };

/* The decimal digits of n, right-aligned in at[]; returns the first. */
static char *digits(uint64_t n, char at[DIGITS_MAX])
{
    char *first = at + DIGITS_MAX;

    do
        *--first = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    return first;
}

static char *put(char *to, const void *from, size_t len)
{
    memcpy(to, from, len);
    return to + len;
}

/* mark, the number, and the line's end. */
static char *put_line(char *to, char mark, size_t number)
{
    char text[DIGITS_MAX];
    const char *first = digits(number, text);

    *to++ = mark;
    to = put(to, first, (size_t)(text + DIGITS_MAX - first));
    return put(to, "\r\n", 2);
}

enum err resp_head(struct buf *out, size_t words)
{
    char line[DIGITS_MAX + 3];

    return buf_add(out, line, (size_t)(put_line(line, '*', words) - line));
}

enum err resp_word(struct buf *out, struct span word)
{
    size_t len = out->len;
    char *to;
    enum err e = buf_extend(out, word.len + DIGITS_MAX + 5, &to);

    if (e)
        return e;
    to = put_line(to, '$', word.len);
    if (word.len > 0)
        to = put(to, word.at, word.len);
    to = put(to, "\r\n", 2);
    buf_cut(out, len + (size_t)(to - (out->at + len)));
    return ERR_OK;
}

enum err resp_number(struct buf *out, int64_t number)
{
    char text[DIGITS_MAX + 1];
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char *first = digits(size, text + 1);

    if (number < 0)
        *--first = '-';
    return resp_word(
        out, (struct span){first, (size_t)(text + DIGITS_MAX + 1 - first)});
}
