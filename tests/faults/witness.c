#include "faults/witness.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 1024 };

void pen_open(struct pen *p, const char *folder, const char *name)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    p->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (p->fd < 0)
        ck_abort_msg("%s: %s", path, strerror(errno));
}

void pen_close(struct pen *p)
{
    if (p->fd >= 0)
        (void)close(p->fd);
    p->fd = -1;
}

void pen_write(const struct pen *p, const char *lines, size_t len)
{
    if (len > 0 && write(p->fd, lines, len) != (ssize_t)len)
        ck_abort_msg("a ledger cannot be written: %s", strerror(errno));
}

void pen_line(const struct pen *p, const char *fmt, ...)
{
    char line[TEXT_MAX];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof line)
        ck_abort_msg("a ledger's line is too long");
    pen_write(p, line, (size_t)len);
}

uint32_t job_of_id(const char *id, size_t len)
{
    uint64_t n = 0;

    if (len < 3 || len > 11 || id[0] != 'j' || id[1] != '-')
        return NO_JOB;
    for (size_t i = 2; i < len; i++) {
        if (id[i] < '0' || id[i] > '9')
            return NO_JOB;
        n = n * 10 + (uint64_t)(id[i] - '0');
    }
    return n < NO_JOB ? (uint32_t)n : NO_JOB;
}

uint64_t epoch_of_text(const char *text)
{
    const char *dash = strchr(text, '-');

    return dash ? strtoull(dash + 1, NULL, 10) : 0;
}

/* Room for one more of `size` bytes; arrays double at powers of two. */
static void *grown(void *array, size_t count, size_t size)
{
    void *ret = array;

    if (count == 0 || (count >= 64 && (count & (count - 1)) == 0))
        ret = realloc(array, (count < 64 ? 64 : 2 * count) * size);
    if (!ret)
        ck_abort_msg("out of memory");
    return ret;
}

static enum fate fate_of(const char *word)
{
    if (strcmp(word, "acked") == 0)
        return FATE_ACKED;
    return strcmp(word, "refused") == 0 ? FATE_REFUSED : FATE_UNANSWERED;
}

static bool take_produced(struct books *b, const char *line)
{
    struct produced p;
    char word[32];

    if (sscanf(line, "%" SCNu32 " %*d %31s", &p.job, word) != 2)
        return false;
    p.fate = fate_of(word);
    b->produced = grown(b->produced, b->produced_count, sizeof p);
    b->produced[b->produced_count++] = p;
    return true;
}

static bool take_call(struct books *b, const char *line)
{
    struct call c;

    if (sscanf(line, "%" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNd64 " %d",
               &c.job, &c.attempt, &c.epoch, &c.at_us, &c.status) != 5)
        return false;
    b->calls = grown(b->calls, b->call_count, sizeof c);
    b->calls[b->call_count++] = c;
    return true;
}

static bool take_entry(struct books *b, const char *line)
{
    struct entry e;
    char verdict[32];

    if (sscanf(line, "%" SCNu32 " %" SCNu32 " %d %" SCNd64 " %31s %d", &e.job,
               &e.attempt, &e.pid, &e.at_ms, verdict, &e.status) != 6)
        return false;
    e.terminal = strcmp(verdict, "retry") != 0;
    b->entries = grown(b->entries, b->entry_count, sizeof e);
    b->entries[b->entry_count++] = e;
    return true;
}

static bool take_reign(struct books *b, const char *line)
{
    struct reign r;

    if (sscanf(line, "%" SCNu64 " %d %" SCNd64, &r.epoch, &r.pid, &r.over_ms) !=
        3)
        return false;
    b->reigns = grown(b->reigns, b->reign_count, sizeof r);
    b->reigns[b->reign_count++] = r;
    return true;
}

static bool take_present(struct books *b, const char *line)
{
    uint32_t job;

    if (sscanf(line, "%" SCNu32, &job) != 1)
        return false;
    b->present = grown(b->present, b->present_count, sizeof job);
    b->present[b->present_count++] = job;
    return true;
}

static bool take_leaked(struct books *b, const char *line)
{
    (void)line;
    b->leaked++;
    return true;
}

static void read_ledger(struct books *b, const char *path,
                        bool (*take)(struct books *, const char *))
{
    FILE *file = fopen(path, "re");
    char line[TEXT_MAX];

    if (!file)
        return;
    while (fgets(line, sizeof line, file))
        if (!take(b, line))
            ck_abort_msg("%s: not a line of it: %s", path, line);
    (void)fclose(file);
}

void books_read(struct books *b, const char *folder)
{
    static const struct {
        const char *name;
        bool (*take)(struct books *, const char *);
    } ledgers[] = {
        {"produced", take_produced}, {"calls", take_call},
        {"outcomes", take_entry},    {"reigns", take_reign},
        {"present", take_present},   {"leaked", take_leaked},
    };
    char path[512];

    for (size_t i = 0; i < sizeof ledgers / sizeof *ledgers; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, ledgers[i].name);
        read_ledger(b, path, ledgers[i].take);
    }
}

void books_clear(struct books *b)
{
    free(b->produced);
    free(b->calls);
    free(b->entries);
    free(b->reigns);
    free(b->present);
    *b = (struct books){0};
}
