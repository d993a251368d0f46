#include "base/buf.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buf buf_make(size_t max)
{
    return (struct buf){.max = max};
}

static enum err buf_reserve(struct buf *b, size_t more)
{
    size_t cap = b->cap ? b->cap : 64;
    char *at;

    if (more > b->max - b->len)
        return ERR_LIMIT;
    while (cap <= b->len + more)
        cap *= 2;
    if (cap == b->cap)
        return ERR_OK;
    at = realloc(b->at, cap);
    if (!at)
        return ERR_MEMORY;
    b->at = at;
    b->cap = cap;
    return ERR_OK;
}

enum err buf_add(struct buf *b, const void *bytes, size_t len)
{
    enum err e = buf_reserve(b, len);

    if (e)
        return e;
    if (len > 0)
        memcpy(b->at + b->len, bytes, len);
    b->len += len;
    b->at[b->len] = '\0';
    return ERR_OK;
}

enum err buf_extend(struct buf *b, size_t len, char **ret_at)
{
    enum err e = buf_reserve(b, len);

    if (e)
        return e;
    *ret_at = b->at + b->len;
    b->len += len;
    b->at[b->len] = '\0';
    return ERR_OK;
}

enum err buf_add_text(struct buf *b, const char *text)
{
    return buf_add(b, text, strlen(text));
}

enum err buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    enum err e;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    e = buf_reserve(b, (size_t)len);
    if (e)
        return e;
    va_start(args, fmt);
    vsnprintf(b->at + b->len, (size_t)len + 1, fmt, args);
    va_end(args);
    b->len += (size_t)len;
    return ERR_OK;
}

struct span buf_span(const struct buf *b)
{
    return (struct span){b->at, b->len};
}

void buf_cut(struct buf *b, size_t len)
{
    check(len <= b->len);
    b->len = len;
    if (b->at)
        b->at[len] = '\0';
}

void buf_reset(struct buf *b)
{
    buf_cut(b, 0);
}

void buf_clear(struct buf *b)
{
    free(b->at);
    *b = buf_make(b->max);
}

void buf_wipe(struct buf *b)
{
    if (b->at)
        explicit_bzero(b->at, b->cap);
    buf_clear(b);
}
