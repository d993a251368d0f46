#include "faults/resp.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 16 };

/* Splits off a line with its CRLF; false when it is not complete. */
static bool cut_line(struct span *rest, struct span *ret)
{
    const char *end = rest->len ? memmem(rest->at, rest->len, "\r\n", 2) : NULL;

    if (!end)
        return false;
    *ret = (struct span){rest->at, (size_t)(end - rest->at)};
    rest->len -= ret->len + 2;
    rest->at += ret->len + 2;
    return true;
}

/* Moves *rest behind one value: 1, 0 (more bytes are needed) or -1. */
static int skip_value(struct span *rest, int depth)
{
    struct span line;
    uint64_t n = 0;
    char kind;

    if (!cut_line(rest, &line))
        return 0;
    if (line.len == 0 || depth > DEPTH_MAX)
        return -1;
    kind = line.at[0];
    line.at++;
    line.len--;
    if (kind == '+' || kind == '-' || kind == ':')
        return 1;
    if ((kind == '$' || kind == '*') && span_is(line, "-1"))
        return 1;
    if ((kind != '$' && kind != '*') || !span_number(line, &n))
        return -1;
    if (kind == '$') {
        if (rest->len < n + 2)
            return 0;
        rest->at += n + 2;
        rest->len -= n + 2;
        return 1;
    }
    for (uint64_t i = 0; i < n; i++) {
        int got = skip_value(rest, depth + 1);

        if (got != 1)
            return got;
    }
    return 1;
}

int64_t resp_len(struct span bytes)
{
    struct span rest = bytes;

    switch (skip_value(&rest, 0)) {
    case 1:
        return (int64_t)(bytes.len - rest.len);
    case 0:
        return 0;
    default:
        return -1;
    }
}

static struct span cut_text(struct span *rest)
{
    struct span line = {"", 0}, ret = {"", 0};
    uint64_t n;

    if (!cut_line(rest, &line) || line.len < 2 ||
        !span_number((struct span){line.at + 1, line.len - 1}, &n) ||
        rest->len < n + 2)
        return ret;
    ret = (struct span){rest->at, (size_t)n};
    rest->at += n + 2;
    rest->len -= n + 2;
    return ret;
}

void resp_name(struct span command, char ret[RESP_NAME_MAX])
{
    struct span rest = command, line, name;

    ret[0] = '\0';
    if (!cut_line(&rest, &line))
        return;
    name = cut_text(&rest);
    if (span_is(name, "FCALL")) {
        name = cut_text(&rest);
        (void)span_cut(&name, '_');
        name = span_cut(&name, '_');
    }
    (void)span_copy(name, ret, RESP_NAME_MAX);
}
