#include "cli/lines.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 32 << 10 };

struct lines lines_make(int fd, size_t max)
{
    return (struct lines){
        .fd = fd, .max = max, .buf = buf_make(max + 2 * PIECE)};
}

static struct span unread(const struct lines *l)
{
    if (!l->buf.at)
        return (struct span){"", 0};
    return (struct span){l->buf.at + l->start, l->buf.len - l->start};
}

static const char *newline_in(struct span s)
{
    return s.len > 0 ? memchr(s.at, '\n', s.len) : NULL;
}

/* Moves what is unread to the front, so that the buffer stays bounded. */
static void compact(struct lines *l)
{
    struct span rest = unread(l);

    if (l->start == 0)
        return;
    memmove(l->buf.at, rest.at, rest.len);
    l->buf.len = rest.len;
    l->start = 0;
}

static enum err read_piece(struct lines *l)
{
    char piece[PIECE];
    ssize_t got;

    compact(l);
    do {
        got = read(l->fd, piece, sizeof piece);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return ERR_IO;
    l->end = got == 0;
    l->bytes += (uint64_t)got;
    return buf_add(&l->buf, piece, (size_t)got);
}

/* Drops the rest of a line that is too long. */
static enum err skip_line(struct lines *l)
{
    const char *newline = newline_in(unread(l));
    enum err e = ERR_OK;

    while (!e && !newline && !l->end) {
        l->start = l->buf.len;
        e = read_piece(l);
        newline = e ? NULL : newline_in(unread(l));
    }
    if (e)
        return e;
    l->start = newline ? (size_t)(newline - l->buf.at) + 1 : l->buf.len;
    return ERR_LIMIT;
}

enum err lines_next(struct lines *l, struct span *ret)
{
    const char *newline = newline_in(unread(l));

    while (!newline && !l->end && unread(l).len <= l->max) {
        enum err e = read_piece(l);
        if (e)
            return e;
        newline = newline_in(unread(l));
    }
    *ret = unread(l);
    if (ret->len == 0)
        return ERR_ABSENT;
    l->number++;
    if (newline)
        ret->len = (size_t)(newline - ret->at);
    if (ret->len > l->max)
        return skip_line(l);
    l->start += ret->len + (newline ? 1 : 0);
    return ERR_OK;
}

bool lines_ready(const struct lines *l)
{
    struct pollfd input = {.fd = l->fd, .events = POLLIN};

    if (newline_in(unread(l)))
        return true;
    return poll(&input, 1, 0) > 0;
}

void lines_clear(struct lines *l)
{
    buf_clear(&l->buf);
}
