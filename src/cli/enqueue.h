/* What the two sources of jobs share: options (enqueue_make.c) and JSON Lines
 * (enqueue_lines.c). */
#ifndef EXTQ_CLI_ENQUEUE_H
#define EXTQ_CLI_ENQUEUE_H

#include "cli/enqueue_job.h"
#include "cli/enqueue_push.h"
#include "cli/progress.h"
#include "model/job.h"

/* The command line. */
struct enqueue_request {
    struct common_options common;
    const char *container, *point, *id, *payload, *payload_file, *queue;
    const char *traceparent, *tracestate;
    struct when not_before, expires_at;
    int64_t count;
    bool quiet;
    bool dash; /* the operand "-" */
};

/* One run of the command. */
struct enqueue_work {
    const struct enqueue_request *request;
    struct pusher *pusher;
    struct progress progress;
    struct buf made; /* the job at hand, when it is not the line itself */
    struct job job;
    uint64_t refused; /* lines that are no jobs */
};

/* Checks the job in text as the service will, gives it an id if it has none,
 * and hands it to the pusher, whose exit_code is in *ret_code. ERR_SYNTAX and
 * ERR_LIMIT are the job's fault. */
enum err enqueue_add(struct enqueue_work *w, struct span text,
                     struct job_ids *ids, int *ret_code,
                     struct why *why) must_check;

/* The jobs that the options describe. Returns an exit_code; the last batch is
 * still to be flushed. */
int enqueue_made(struct enqueue_work *w);

/* The jobs on stdin; bad lines are reported and counted. The same. */
int enqueue_lines(struct enqueue_work *w);

/* Says the error, in the words of text if there are any: EXIT_FAILED. */
int enqueue_failed(enum err e, const char *text);

extern const char enqueue_command[];

#endif
