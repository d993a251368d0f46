/* A job: one request to invoke the extension of (container, point).
 *
 *   producer's list --claim--> held --record--> delivered, later, dead
 *                                ^                        |
 *                                +--------- due ----------+
 *
 * The bytes are kept exactly as the producer wrote them, from the list to the
 * dead letters; what extq adds travels in front of them as a record
 * (model/record.h). */
#ifndef EXTQ_MODEL_JOB_H
#define EXTQ_MODEL_JOB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ident.h"
#include "base/span.h"

struct job {
    char id[IDENT_MAX + 1]; /* empty until read; made from seq when absent */
    char container[IDENT_MAX + 1];
    char point[IDENT_MAX + 1];
    char traceparent[64];  /* what trace_read takes, 55 bytes of it, or empty */
    struct buf tracestate; /* good, and with a traceparent; or empty; owned */
    struct span body;      /* the request's bytes; inside the job's bytes, or
                              inside `decoded` */
    struct buf decoded;    /* owns the body of `body` and `body_base64` jobs */
    int64_t not_before;    /* unix ms; 0 = at once */
    int64_t expires_at;    /* unix ms; 0 = never */
};

/* The largest job accepted, in bytes. */
enum { JOB_BYTES_MAX = 16 << 20 };

/* Reads the job object. body points into text, which must outlive the job.
 * On ERR_SYNTAX or ERR_LIMIT *why names the byte offset or the field; as much
 * of id, container and point as could be read is kept for the report.
 * Job may be reused for another text after any result. */
enum err job_read(struct job *job, struct span text,
                  struct why *why) must_check;

/* An empty job, ready for job_read. */
struct job job_make(void);

/* Frees what the job owns. */
void job_clear(struct job *job);

#endif
