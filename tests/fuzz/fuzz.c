#include "fuzz/fuzz.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct span fuzz_span(const uint8_t *bytes, size_t len)
{
    return (struct span){(const char *)bytes, len};
}

uint64_t fuzz_number(struct span *input)
{
    uint64_t number = 0;

    if (input->len < sizeof number)
        return 0;
    memcpy(&number, input->at, sizeof number);
    input->at += sizeof number;
    input->len -= sizeof number;
    return number;
}

char *fuzz_text(struct span s)
{
    char *text = malloc(s.len + 1);
    size_t len = 0;

    check(text);
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] != '\0')
            text[len++] = s.at[i];
    text[len] = '\0';
    return text;
}

bool fuzz_same(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool fuzz_is_inside(struct span part, struct span whole)
{
    return part.len == 0 || (part.at >= whole.at && part.len <= whole.len &&
                             part.at + part.len <= whole.at + whole.len);
}

bool fuzz_is_shown(const char *text)
{
    size_t left = strlen(text), len;

    for (; left > 0; text += len, left -= len) {
        len = utf8_len(text, left);
        if (len == 0 || utf8_is_control(utf8_point(text, len)))
            return false;
    }
    return true;
}
