#include "base/clean.h"

#include "base/utf8.h"

#include <string.h>

/* Reads one character: its length in *ret_len, and what to write for it. */
static struct span clean_one(const char *at, size_t left, size_t *ret_len)
{
    size_t len = utf8_len(at, left);

    *ret_len = len ? len : 1;
    if (len == 0)
        return span_of("?");
    if (utf8_is_control(utf8_point(at, len)))
        return span_of(" ");
    return (struct span){at, len};
}

size_t clean_text(struct span text, char *dst, size_t size)
{
    size_t used = 0, len;

    for (size_t i = 0; i < text.len; i += len) {
        struct span out = clean_one(text.at + i, text.len - i, &len);

        if (used + out.len >= size)
            break;
        memcpy(dst + used, out.at, out.len);
        used += out.len;
    }
    dst[used] = '\0';
    return used;
}
