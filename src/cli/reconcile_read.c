#include "cli/reconcile_read.h"

#include "cli/command.h"
#include "cli/say.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMPLAINTS_MAX = 20, PIECE = 64 << 10 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trimmed(struct span s)
{
    while (s.len > 0 && is_space(s.at[0]))
        s = (struct span){s.at + 1, s.len - 1};
    while (s.len > 0 && is_space(s.at[s.len - 1]))
        s.len--;
    return s;
}

enum err ledger_line_read(struct span line, struct job *job,
                          struct ledger_line *ret, struct why *why)
{
    enum err e;

    line = trimmed(line);
    if (line.len == 0)
        return ERR_ABSENT;
    *ret = (struct ledger_line){.id = line, .job = {"", 0}};
    if (line.at[0] != '{' && ident_is_id(line))
        return ERR_OK;
    if (line.at[0] != '{')
        return why_set(why, ERR_SYNTAX,
                       "neither a job nor an id: 1 to %d of A-Z a-z 0-9 _ : -",
                       IDENT_MAX);
    e = job_read(job, line, why);
    if (e)
        return e;
    if (!job->id[0])
        return why_set(why, ERR_SYNTAX, "id: is missing");
    *ret = (struct ledger_line){.id = span_of(job->id), .job = line};
    return ERR_OK;
}

static enum err failed(struct ledger_file *f, const char *doing)
{
    const char *reason = strerror(errno);

    progress_clear(&f->progress);
    say(f->command, "%s %s: %s", doing, f->name, reason);
    return ERR_IO;
}

static enum err write_all(int fd, const char *at, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, at, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return ERR_IO;
        at += put;
        len -= (size_t)put;
    }
    return ERR_OK;
}

static enum err copy_all(int from, int to)
{
    char piece[PIECE];
    ssize_t got;

    for (;;) {
        got = read(from, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? ERR_IO : ERR_OK;
        if (write_all(to, piece, (size_t)got))
            return ERR_IO;
    }
}

/* Payloads go into it: nobody else may read it, and it has no name any more
 * when they do. Returns -1 with errno set. */
static int temporary_file(void)
{
    const char *folder = getenv("TMPDIR");
    char path[PATH_MAX];
    int fd;

    (void)snprintf(path, sizeof path, "%s/extq-ledger-XXXXXX",
                   folder && folder[0] ? folder : "/tmp");
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

static enum err make_copy(struct ledger_file *f)
{
    int fd = temporary_file();

    if (fd < 0)
        return failed(f, "making a copy of");
    if (copy_all(f->fd, fd) || lseek(fd, 0, SEEK_SET) != 0) {
        (void)failed(f, "copying");
        (void)close(fd);
        return ERR_IO;
    }
    if (f->fd != STDIN_FILENO)
        (void)close(f->fd);
    f->fd = fd;
    return ERR_OK;
}

/* Finds out where the ledger starts and how long it is. */
static void measure(struct ledger_file *f)
{
    struct stat st;

    f->start = -1;
    if (fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    f->start = lseek(f->fd, 0, SEEK_CUR);
    if (f->start >= 0 && st.st_size > f->start)
        f->bytes = (uint64_t)(st.st_size - f->start);
}

int ledger_file_open(struct ledger_file *f, const char *command,
                     const char *path, bool twice)
{
    bool is_stdin = strcmp(path, "-") == 0;

    *f = (struct ledger_file){
        .command = command,
        .name = is_stdin ? "stdin" : path,
        .fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC),
        .job = job_make(),
    };
    f->lines = lines_make(f->fd, JOB_BYTES_MAX);
    if (f->fd < 0) {
        (void)failed(f, "opening");
        return EXIT_FAILED;
    }
    measure(f);
    if (twice && f->start < 0) {
        if (make_copy(f))
            return EXIT_FAILED;
        measure(f);
    }
    f->lines.fd = f->fd;
    f->progress = progress_make("ids", f->bytes);
    return EXIT_OK;
}

static void complain(struct ledger_file *f, const char *text)
{
    progress_clear(&f->progress);
    if (f->refused++ < COMPLAINTS_MAX)
        say(f->command, "%s:%" PRIu64 ": %s", f->name, f->lines.number, text);
    else if (f->refused == COMPLAINTS_MAX + 1)
        say(f->command, "more bad lines are only counted");
}

enum err ledger_file_next(struct ledger_file *f, struct ledger_line *ret)
{
    for (;;) {
        struct why why = {""};
        struct span line;
        enum err e = lines_next(&f->lines, &line);

        if (e == ERR_IO)
            return failed(f, "reading");
        if (e == ERR_ABSENT)
            return e;
        progress_show(&f->progress, f->lines.bytes, f->lines.number);
        if (e == ERR_LIMIT)
            (void)why_set(&why, e, "the line is too long");
        else if (!e)
            e = ledger_line_read(line, &f->job, ret, &why);
        if (e == ERR_OK)
            return e;
        if (e == ERR_MEMORY) {
            say(f->command, "%s", err_text(e));
            return e;
        }
        if (e != ERR_ABSENT && !f->again)
            complain(f, why.text);
    }
}

enum err ledger_file_rewind(struct ledger_file *f)
{
    if (lseek(f->fd, (off_t)f->start, SEEK_SET) < 0)
        return failed(f, "reading again");
    lines_clear(&f->lines);
    f->lines = lines_make(f->fd, JOB_BYTES_MAX);
    f->progress = progress_make("ids", f->bytes);
    f->again = true;
    return ERR_OK;
}

void ledger_file_close(struct ledger_file *f)
{
    progress_clear(&f->progress);
    lines_clear(&f->lines);
    job_clear(&f->job);
    if (f->fd > STDIN_FILENO)
        (void)close(f->fd);
}
