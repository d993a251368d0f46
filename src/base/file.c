#include "base/file.h"

#include "base/ident.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 16 << 10, SECRET_FILE_MAX = 8 << 10 };

static enum err fail(const char *path, struct why *why)
{
    return why_set(why, ERR_IO, "%s: %s", path, strerrordesc_np(errno));
}

static enum err open_file(const char *path, int *ret_fd, struct why *why)
{
    *ret_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*ret_fd < 0)
        return fail(path, why);
    return ERR_OK;
}

/* Reads until size bytes or the end of the file. */
static bool read_up_to(int fd, char *at, size_t size, size_t *ret_len)
{
    *ret_len = 0;
    while (*ret_len < size) {
        ssize_t got = read(fd, at + *ret_len, size - *ret_len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            return true;
        *ret_len += (size_t)got;
    }
    return true;
}

static enum err read_all(int fd, const char *path, struct buf *out,
                         struct why *why)
{
    char chunk[CHUNK_BYTES];
    size_t len;
    enum err e;

    do {
        if (!read_up_to(fd, chunk, sizeof chunk, &len))
            return fail(path, why);
        e = buf_add(out, chunk, len);
        if (e == ERR_LIMIT)
            return why_set(why, e, "%s: larger than %zu bytes", path, out->max);
        if (e)
            return why_set(why, e, "%s: %s", path, err_text(e));
    } while (len == sizeof chunk);
    return ERR_OK;
}

enum err file_read(const char *path, struct buf *out, struct why *why)
{
    size_t len = out->len;
    enum err e;
    int fd;

    e = open_file(path, &fd, why);
    if (e)
        return e;
    e = read_all(fd, path, out, why);
    close(fd);
    if (e)
        buf_cut(out, len);
    return e;
}

static enum err add_secret(struct span text, const char *path, struct buf *out,
                           struct why *why)
{
    enum err e;

    while (text.len > 0 && isspace((unsigned char)text.at[text.len - 1]))
        text.len--;
    if (!ident_is_secret(text))
        return why_set(why, ERR_SYNTAX,
                       "%s: not a secret: one line of 1 to 4096 printable "
                       "ASCII bytes without space",
                       path);
    e = buf_add(out, text.at, text.len);
    return e ? why_set(why, e, "%s: %s", path, err_text(e)) : ERR_OK;
}

enum err file_read_secret(const char *path, struct buf *out, struct why *why)
{
    char text[SECRET_FILE_MAX];
    size_t len;
    enum err e;
    int fd;

    e = open_file(path, &fd, why);
    if (e)
        return e;
    if (!read_up_to(fd, text, sizeof text, &len))
        e = fail(path, why);
    else if (len == sizeof text)
        e = why_set(why, ERR_LIMIT, "%s: too large for a secret", path);
    else
        e = add_secret((struct span){text, len}, path, out, why);
    close(fd);
    explicit_bzero(text, sizeof text);
    return e;
}
