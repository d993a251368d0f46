#include "service/embedded_folder.h"

#include "base/buf.h"
#include "service/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The server changes its folder, so relative paths would mislead it. Symbolic
 * links stay as written: a short one is the way around the socket's limit. */
static enum err absolute(const char *dir, char *dst, size_t size,
                         struct why *why)
{
    char cwd[PATH_MAX] = "";
    int len;

    if (dir[0] != '/' && !getcwd(cwd, sizeof cwd))
        return why_set(why, ERR_IO, "current folder: %s", strerror(errno));
    len = snprintf(dst, size, "%s%s%s", cwd, dir[0] == '/' ? "" : "/", dir);
    if (len < 0 || (size_t)len >= size)
        return why_set(why, ERR_LIMIT, "path too long: %.200s...", dir);
    while (len > 1 && dst[len - 1] == '/')
        dst[--len] = '\0';
    return ERR_OK;
}

static enum err make_one(const char *path, struct why *why)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return ERR_OK;
    return why_set(why, ERR_IO, "cannot create %s: %s", path, strerror(errno));
}

static enum err make_with_parents(const char *dir, struct why *why)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s", dir);
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (make_one(path, why))
            return ERR_IO;
        *at = '/';
    }
    return make_one(path, why);
}

/* Who can write here can swap the lock, the socket or the data. */
static enum err check_private(const char *dir, struct why *why)
{
    struct stat st;

    if (stat(dir, &st) != 0)
        return why_set(why, ERR_IO, "%s: %s", dir, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return why_set(why, ERR_IO, "%s is not a folder", dir);
    if (st.st_mode & S_IWOTH)
        return why_set(why, ERR_IO,
                       "%s is writable by everybody: give the "
                       "embedded Redis a folder of its own",
                       dir);
    return ERR_OK;
}

static enum err join(const char *dir, const char *name, char dst[PATH_MAX],
                     struct why *why)
{
    int len = snprintf(dst, PATH_MAX, "%s/%s", dir, name);

    if (len < 0 || len >= PATH_MAX)
        return why_set(why, ERR_LIMIT, "path too long: %.200s...", dir);
    return ERR_OK;
}

static enum err name_files(struct embedded_folder *f, struct why *why)
{
    size_t len = strlen(f->dir) + strlen("/redis.sock");

    if (len >= sizeof f->socket)
        return why_set(why, ERR_LIMIT,
                       "%.200s: the socket's path would have %zu bytes, at "
                       "most %zu are possible: choose a shorter folder",
                       f->dir, len, sizeof f->socket - 1);
    embedded_socket(f->dir, f->socket, sizeof f->socket);
    if (join(f->dir, "redis.conf", f->conf, why) ||
        join(f->dir, "redis.log", f->log, why))
        return ERR_LIMIT;
    return ERR_OK;
}

static enum err open_lock(struct embedded_folder *f, struct why *why)
{
    char path[PATH_MAX];

    if (join(f->dir, "lock", path, why))
        return ERR_LIMIT;
    /* The file stays when all is over: removing a lock file that another
     * process just opened would give two owners. */
    f->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f->lock < 0)
        return why_set(why, ERR_IO, "cannot write into %s: %s", f->dir,
                       strerror(errno));
    return ERR_OK;
}

enum err embedded_folder_open(const char *dir, struct embedded_folder *ret,
                              struct why *why)
{
    enum err e;

    ret->lock = -1;
    if ((e = absolute(dir, ret->dir, sizeof ret->dir, why)) ||
        (e = name_files(ret, why)) || (e = make_with_parents(ret->dir, why)) ||
        (e = check_private(ret->dir, why)))
        return e;
    return open_lock(ret, why);
}

bool embedded_folder_lock(struct embedded_folder *f)
{
    return flock(f->lock, LOCK_EX | LOCK_NB) == 0;
}

void embedded_folder_unlock(struct embedded_folder *f)
{
    (void)flock(f->lock, LOCK_UN);
}

/* As redis.conf reads it: double quotes, C escapes. */
static enum err add_path(struct buf *b, const char *key, const char *path)
{
    enum err e = buf_printf(b, "%s \"", key);

    for (const char *at = path; !e && *at; at++) {
        if (*at == '"' || *at == '\\')
            e = buf_printf(b, "\\%c", *at);
        else if ((unsigned char)*at < ' ')
            e = buf_printf(b, "\\x%02x", (unsigned)*at);
        else
            e = buf_add(b, at, 1);
    }
    return e ? e : buf_add_text(b, "\"\n");
}

static enum err conf_text(const struct embedded_folder *f, struct buf *b)
{
    enum err e;

    if ((e = buf_add_text(b, "# Written by extq whenever it takes this folder "
                             "over; edits are lost.\n"
                             "port 0\n")) ||
        (e = add_path(b, "unixsocket", f->socket)) ||
        (e = buf_add_text(b, "unixsocketperm 700\n")) ||
        (e = add_path(b, "dir", f->dir)) ||
        (e = add_path(b, "logfile", f->log)))
        return e;
    /* No snapshots besides the AOF; a full memory refuses writes and never
     * throws jobs away. */
    return buf_add_text(b, "daemonize no\n"
                           "appendonly yes\n"
                           "appendfsync everysec\n"
                           "save \"\"\n"
                           "maxmemory-policy noeviction\n");
}

static enum err write_all(int fd, const struct buf *b)
{
    size_t done = 0;

    while (done < b->len) {
        ssize_t n = write(fd, b->at + done, b->len - done);

        if (n < 0 && errno != EINTR)
            return ERR_IO;
        done += n > 0 ? (size_t)n : 0;
    }
    return ERR_OK;
}

/* Through a second name, so that a full disk does not cost the old file. */
static enum err replace(const char *path, const struct buf *b, struct why *why)
{
    char fresh[PATH_MAX + 4];
    int fd;
    enum err e;

    snprintf(fresh, sizeof fresh, "%s.new", path);
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
              0600);
    if (fd < 0)
        return why_set(why, ERR_IO, "cannot write %s: %s", fresh,
                       strerror(errno));
    e = write_all(fd, b);
    if (close(fd) != 0 || e || rename(fresh, path) != 0)
        return why_set(why, ERR_IO, "cannot write %s: %s", path,
                       strerror(errno));
    return ERR_OK;
}

enum err embedded_folder_write(const struct embedded_folder *f, struct why *why)
{
    struct buf b = buf_make(16 * PATH_MAX);
    enum err e = conf_text(f, &b);

    if (e)
        why_set(why, e, "redis.conf: %s", err_text(e));
    else
        e = replace(f->conf, &b, why);
    buf_clear(&b);
    return e;
}

/* The end of the file, NUL-terminated; its length. */
static size_t read_tail(const char *path, char *dst, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t end;
    ssize_t len = 0;

    dst[0] = '\0';
    if (fd < 0)
        return 0;
    end = lseek(fd, 0, SEEK_END);
    if (end >= 0)
        len = pread(fd, dst, size - 1,
                    end < (off_t)size ? 0 : end - (off_t)(size - 1));
    close(fd);
    len = len < 0 ? 0 : len;
    dst[len] = '\0';
    return (size_t)len;
}

void embedded_folder_last_words(const struct embedded_folder *f, char *dst,
                                size_t size)
{
    char tail[1024];
    size_t len = read_tail(f->log, tail, sizeof tail);
    const char *line;

    while (len > 0 && (unsigned char)tail[len - 1] <= ' ')
        tail[--len] = '\0';
    line = strrchr(tail, '\n');
    snprintf(dst, size, "%s", line ? line + 1 : tail);
    for (char *at = dst; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
}

void embedded_folder_close(struct embedded_folder *f)
{
    if (f->lock >= 0)
        close(f->lock);
    f->lock = -1;
}
