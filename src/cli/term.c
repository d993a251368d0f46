#include "cli/term.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool term_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (no_color && no_color[0])
        return false;
    return term && strcmp(term, "dumb") != 0 && isatty(fd) == 1;
}

static struct winsize size_of(int fd)
{
    struct winsize size = {0};

    if (isatty(fd) != 1)
        return size;
    (void)ioctl(fd, TIOCGWINSZ, &size);
    if (size.ws_col == 0)
        size.ws_col = 80;
    if (size.ws_row == 0)
        size.ws_row = 24;
    return size;
}

unsigned term_width(int fd)
{
    return size_of(fd).ws_col;
}

unsigned term_height(int fd)
{
    return size_of(fd).ws_row;
}

const char *term_style(enum term_style style, bool colour)
{
    static const char *const texts[] = {
        [TERM_PLAIN] = "\033[0m", [TERM_BOLD] = "\033[1m",
        [TERM_DIM] = "\033[2m",   [TERM_GOOD] = "\033[32m",
        [TERM_WARN] = "\033[33m", [TERM_BAD] = "\033[31m",
    };

    return colour ? texts[style] : "";
}

/* What is drawn as nothing, besides the controls: two texts that differ only
 * in it look equal. In order. */
static const struct {
    uint32_t first, last;
} invisible[] = {
    {0xad, 0xad},     {0x180e, 0x180e}, {0x200b, 0x200d}, {0x2060, 0x2065},
    {0x206a, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
};

static bool is_hidden(uint32_t point)
{
    for (size_t i = 0; i < sizeof invisible / sizeof *invisible; i++) {
        if (point >= invisible[i].first && point <= invisible[i].last)
            return true;
    }
    return utf8_is_control(point);
}

static enum err escape(struct buf *out, uint32_t point)
{
    switch (point) {
    case '\n':
        return buf_add_text(out, "\\n");
    case '\r':
        return buf_add_text(out, "\\r");
    case '\t':
        return buf_add_text(out, "\\t");
    default:
        break;
    }
    if (point < 0x10000)
        return buf_printf(out, "\\u%04x", point);
    point -= 0x10000;
    return buf_printf(out, "\\u%04x\\u%04x", 0xd800 | point >> 10,
                      0xdc00 | (point & 0x3ff));
}

/* Cleans the character in front. Returns how many bytes it had. */
static size_t clean_one(struct buf *out, struct span text, enum err *ret)
{
    size_t len = utf8_len(text.at, text.len);
    uint32_t point;

    if (len == 0) {
        *ret = buf_printf(out, "\\x%02x", (unsigned char)text.at[0]);
        return 1;
    }
    point = utf8_point(text.at, len);
    *ret = is_hidden(point) ? escape(out, point) : buf_add(out, text.at, len);
    return len;
}

enum err term_clean(struct buf *out, struct span text)
{
    enum err e = ERR_OK;

    while (!e && text.len > 0) {
        size_t len = clean_one(out, text, &e);
        text = (struct span){text.at + len, text.len - len};
    }
    return e;
}

static bool starts_point(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

size_t term_columns(struct span text)
{
    size_t columns = 0;

    for (size_t i = 0; i < text.len; i++)
        columns += starts_point(text.at[i]);
    return columns;
}

struct span term_cut(struct span text, size_t columns)
{
    size_t i = 0;

    for (; i < text.len; i++) {
        if (starts_point(text.at[i]) && columns-- == 0)
            break;
    }
    return (struct span){text.at, i};
}
