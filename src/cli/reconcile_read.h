/* The ledger file: ids or whole jobs, one a line, read once for the ids and,
 * where jobs are enqueued again, a second time for their bytes. */
#ifndef EXTQ_CLI_RECONCILE_READ_H
#define EXTQ_CLI_RECONCILE_READ_H

#include "cli/lines.h"
#include "cli/progress.h"
#include "model/job.h"

struct ledger_line {
    struct span id;  /* of the job; valid until the next line */
    struct span job; /* its bytes; empty where the line is an id alone */
};

struct ledger_file {
    const char *command;
    const char *name; /* for messages */
    int fd;
    int64_t start;  /* of the ledger in fd; -1 = it can be read only once */
    uint64_t bytes; /* of the ledger; 0 = not known */
    struct lines lines;
    struct job job;   /* of the line at hand */
    uint64_t refused; /* lines that are neither */
    bool again;       /* this is not the first reading */
    struct progress progress;
};

/* Opens path ("-" = stdin). twice: what can be read only once (a pipe) is
 * copied to a file without a name first, so that rewinding works. Returns an
 * exit_code, what went wrong was said; f is for ledger_file_close in every
 * case. */
int ledger_file_open(struct ledger_file *f, const char *command,
                     const char *path, bool twice);

/* The next line that is an id or a job with one. Blank lines are passed over;
 * other ones are reported as file:line, on the first reading only, and
 * counted. ERR_ABSENT at the end; ERR_IO and ERR_MEMORY, which were said. */
enum err ledger_file_next(struct ledger_file *f,
                          struct ledger_line *ret) must_check;

/* Back to the first line. ERR_IO, which was said. */
enum err ledger_file_rewind(struct ledger_file *f) must_check;

void ledger_file_close(struct ledger_file *f);

/* Reads one line: an id, or a job with an id, with white space around it.
 * ERR_ABSENT for a blank one; ERR_SYNTAX and ERR_LIMIT with the reason in
 * *why; ERR_MEMORY. job is where it is read to. */
enum err ledger_line_read(struct span line, struct job *job,
                          struct ledger_line *ret, struct why *why) must_check;

#endif
