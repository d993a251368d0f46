/* The ledgers on disk: append-only text files, a line per event in one
 * write(2), so that what was written survives whatever happens next.
 *
 *   produced   job at_us acked|refused|unanswered
 *   calls      job attempt epoch at_us status
 *   outcomes   job attempt pid at_ms verdict
 *   reigns     epoch pid over_ms
 *   present    job key
 *   leaked     key */
#ifndef EXTQ_FAULTS_WITNESS_H
#define EXTQ_FAULTS_WITNESS_H

#include "base/err.h"
#include "faults/account.h"

struct pen {
    int fd; /* -1 = closed */
};

/* Opens the ledger of that name in the folder for appending. Fails the
 * test when it cannot, as all functions here. */
void pen_open(struct pen *p, const char *folder, const char *name);
void pen_close(struct pen *p);

/* Writes whole lines in one call. */
void pen_write(const struct pen *p, const char *lines, size_t len);
void pen_line(const struct pen *p, const char *fmt, ...) like_printf(2, 3);

/* "j-<n>": the ids of all jobs of the rig. Anything else is NO_JOB. */
uint32_t job_of_id(const char *id, size_t len);

/* "<count>-<microseconds>" as a number that is unique to it. */
uint64_t epoch_of_text(const char *text);

/* Reads the folder's ledgers; what is missing is empty. */
void books_read(struct books *b, const char *folder);
void books_clear(struct books *b);

#endif
