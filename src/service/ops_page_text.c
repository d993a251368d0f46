#include "service/ops_page.h"

#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>

enum { PIECE_MAX = 1024 };

static void keep(struct page_text *t, enum err e)
{
    if (!t->err)
        t->err = e;
}

void page_put(struct page_text *t, const char *fmt, ...)
{
    char piece[PIECE_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(piece, sizeof piece, fmt, args);
    va_end(args);
    if (!t->err)
        keep(t, buf_add_text(t->out, piece));
}

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

void page_quote(struct page_text *t, const char *before, struct span value,
                size_t most)
{
    struct span start = value;

    if (start.len > most)
        start.len = most;
    while (start.len < value.len && start.len > 0 &&
           continues(value.at[start.len]))
        start.len--;
    page_put(t, "%s", before);
    if (!t->err)
        keep(t, json_quote(t->out, start));
    if (t->err || start.len == value.len)
        return;
    buf_cut(t->out, t->out->len - 1);
    page_put(t, "\xe2\x80\xa6\"");
}
