/* The ids of jobs made from options, and an id for a line without one. */
#ifndef EXTQ_CLI_ENQUEUE_JOB_H
#define EXTQ_CLI_ENQUEUE_JOB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ident.h"
#include "model/job_write.h"

/* Ids for jobs that have none: a random base, then a running number. */
struct job_ids {
    char base[IDENT_MAX + 1];
    uint64_t next; /* 0 = the base alone, once */
};

/* given (may be NULL) becomes the base instead of a random one; many says
 * that more than one id will be asked for. False when the id would be too
 * long. */
bool job_ids_make(struct job_ids *ret, const char *given, bool many);

void job_ids_next(struct job_ids *ids, char dst[IDENT_MAX + 1]);

/* Appends the object in `text` (which has members, and no id) with an id in
 * front of them; every other byte is kept. */
enum err job_insert_id(struct span text, const char *id,
                       struct buf *out) must_check;

#endif
