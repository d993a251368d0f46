/* Lines of a stream that may be endless, slow or hostile: bounded memory, and
 * it is known when reading on would wait. */
#ifndef EXTQ_CLI_LINES_H
#define EXTQ_CLI_LINES_H

#include "base/buf.h"

struct lines {
    int fd;
    struct buf buf;  /* read and not yet handed out */
    size_t start;    /* of the next line in buf */
    size_t max;      /* bytes of the longest line */
    uint64_t number; /* of the line handed out last, from 1 */
    uint64_t bytes;  /* read so far */
    bool end;        /* of file */
};

/* fd stays the caller's; lines_clear frees. */
struct lines lines_make(int fd, size_t max);

/* The next line without its newline, valid until the next call. ERR_ABSENT at
 * the end; ERR_LIMIT for a line that is too long, which is skipped; ERR_IO;
 * ERR_MEMORY. */
enum err lines_next(struct lines *l, struct span *ret) must_check;

/* True when a line, or the end, can be had without waiting. */
bool lines_ready(const struct lines *l);

void lines_clear(struct lines *l);

#endif
