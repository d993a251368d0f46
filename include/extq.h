/* libextq: enqueue jobs for extq, and read what became of them.
 *
 *     struct extq_options options = EXTQ_OPTIONS_INIT;
 *     struct extq_job job = EXTQ_JOB_INIT;
 *     struct extq *x;
 *
 *     options.url = "redis://127.0.0.1:6379/0";
 *     if (extq_open(&options, &x, NULL) != EXTQ_OK) ...
 *     job.id = "evt_9f2c";
 *     job.container = "acme";
 *     job.point = "on-new-lead";
 *     job.payload = "{\"lead\":{\"name\":\"Ada\"}}";
 *     if (extq_enqueue(x, &job) == EXTQ_MAYBE)
 *         ... enqueue it again, with the same id
 *     extq_close(&x);
 *
 * Threads: a handle (struct extq, struct extq_reader) and what it returned
 * belong to one thread at a time; handles know nothing of each other. There is
 * no global state: no initialisation, no signal handler, no lock, no output.
 * SIGPIPE does not reach the program from here. A handle does not survive
 * fork(): open another one in the child.
 *
 * Ownership: what is passed in is copied before the call returns, unless a
 * comment says otherwise; texts that come back belong to the handle and live
 * as long as their comment says.
 *
 * Errors: an enum extq_status, in words by extq_error(). No input and no answer
 * of a server ends the process; with hiredis before 1.0 (Debian 12) running out
 * of memory inside of hiredis does. NULL where a comment does not allow it is
 * EXTQ_INVALID or, for a handle, has no effect.
 *
 * Time: no call takes longer than options.timeout_ms for each connect and for
 * each answer that it waits for, and two seconds for each Sentinel and each
 * node of a cluster that does not answer, but for the look-up of a host's name,
 * which the system bounds. Nothing is tried twice behind the caller's back;
 * after a broken connection the next call connects anew. */
#ifndef EXTQ_H
#define EXTQ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define EXTQ_API __attribute__((visibility("default")))
#else
#define EXTQ_API
#endif

/* Values are never given another meaning; later versions may add some. */
enum extq_status {
    EXTQ_OK = 0,          /* done; of a job: Redis has it */
    EXTQ_INVALID = 1,     /* what was given is wrong: nothing was sent */
    EXTQ_NO_MEMORY = 2,   /* this process has none: nothing was sent */
    EXTQ_FULL = 3,        /* Redis is at maxmemory and did not take the job;
                             services go on working it off: wait, then again */
    EXTQ_UNAVAILABLE = 4, /* no connection, or Redis cannot serve just now; not
                             enqueued: wait, then again */
    EXTQ_MAYBE = 5,       /* sent, and no answer came: the job is in the queue
                             or not. Enqueue it again with the same id */
    EXTQ_DENIED = 6,      /* Redis refuses this user, password or command: not
                             enqueued, and it will not be before that is
                             mended */
    EXTQ_REFUSED = 7      /* Redis answered with another error: not enqueued */
};

enum {
    EXTQ_ID_SIZE = 129,        /* the longest id and its NUL */
    EXTQ_JOB_BYTES = 16 << 20, /* the largest job that services take */
    EXTQ_TEXT_SIZE = 512       /* of struct extq_why */
};

/* A sentence for people; it never holds a payload or a password. */
struct extq_why {
    char text[EXTQ_TEXT_SIZE];
};

/* "0.1.0": of the library that runs, whatever header was compiled with. */
EXTQ_API const char *extq_version(void);

/* The status in a word ("full"); a static text, also for unknown ones. */
EXTQ_API const char *extq_status_text(enum extq_status status);

/* Writes a new random id of 32 characters, for jobs whose event has none of
 * its own. Keep it with the event: it is needed to enqueue again. EXTQ_OK, or
 * EXTQ_UNAVAILABLE when the system gives no random numbers. */
EXTQ_API enum extq_status extq_make_id(char ret_id[EXTQ_ID_SIZE]);

/* Where Redis is and which queue. Start from EXTQ_OPTIONS_INIT; NULL and 0 mean
 * the default. */
struct extq_options {
    size_t struct_size;        /* by EXTQ_OPTIONS_INIT */
    const char *url;           /* redis://[user@]host[:port][/db], rediss://
                                  for TLS, unix:///path[?db=n], or
                                  sentinel://[user@]host[:port],.../name[/db],
                                  or cluster://[user@]host[:port],...;
                                  without a password.
                                  Default redis://127.0.0.1:6379/0 */
    const char *password_file; /* one line; read at each connect, as all
                                  files here */
    const char *prefix;        /* default "extq" */
    const char *queue;         /* default "default" */
    int64_t timeout_ms;        /* default 5000; 10 to an hour */
    size_t window;             /* jobs on their way without an answer, 1 to
                                  65536; default 512 */
    /* What became of a job that extq_submit took: called once for each, in
     * their order, from inside extq_submit, extq_flush, extq_enqueue,
     * extq_enqueue_all and extq_close, on the thread that called. id lives as
     * long as the call; extq_error tells why; arg is extq_submit's. It may not
     * call anything else with this handle. */
    void (*done)(void *owner, void *arg, const char *id,
                 enum extq_status status);
    void *owner; /* passed to done */
    const char *sentinel_password_file;
    const char *ca_file;   /* PEM; default: the system's */
    const char *cert_file; /* PEM, where Redis asks for one; with key_file */
    const char *key_file;
};
#define EXTQ_OPTIONS_INIT                                                      \
    {                                                                          \
        sizeof(struct extq_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0        \
    }

/* One job. Start from EXTQ_JOB_INIT. Checked by the rules of the service before
 * anything is sent. */
struct extq_job {
    size_t struct_size;      /* by EXTQ_JOB_INIT */
    const char *id;          /* required: 1 to 128 of A-Z a-z 0-9 _ : -, the
                                same for the same event */
    const char *container;   /* required: 1 to 128 of A-Z a-z 0-9 . _ ~ - */
    const char *point;       /* required: the same */
    const char *payload;     /* JSON, NUL-terminated; its bytes are sent as they
                                are. Either this or body */
    const void *body;        /* any bytes, where the point is not JSON */
    size_t body_len;         /* in bytes */
    int64_t not_before_ms;   /* unix ms; 0 = at once */
    int64_t expires_at_ms;   /* unix ms; 0 = never */
    const char *traceparent; /* W3C trace context; NULL = none */
    const char *tracestate;  /* what goes with it; NULL = nothing */
};
#define EXTQ_JOB_INIT                                                          \
    {                                                                          \
        sizeof(struct extq_job), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0                  \
    }

/* A producer: one connection to one queue. */
struct extq;

/* Makes a handle; connects only when it is first used, so that a program can
 * start while Redis is away. The caller owns *ret (extq_close). EXTQ_INVALID,
 * EXTQ_NO_MEMORY, with *ret NULL and the sentence in *why (may be NULL). */
EXTQ_API enum extq_status extq_open(const struct extq_options *options,
                                    struct extq **ret, struct extq_why *why);

/* Connects if need be and waits for a PONG. EXTQ_UNAVAILABLE, EXTQ_DENIED,
 * EXTQ_REFUSED; jobs on their way are flushed first. */
EXTQ_API enum extq_status extq_ping(struct extq *x);

/* Enqueues one job and waits for the answer; what was submitted goes first.
 * Any status. */
EXTQ_API enum extq_status extq_enqueue(struct extq *x,
                                       const struct extq_job *job);

/* Enqueues many, pipelined, and waits for all answers. ret_statuses (count of
 * them, may be NULL) has each job's own. Returns EXTQ_OK when
 * all are in the queue, otherwise the first other status that was met. Each job
 * stands for itself: others are enqueued although one is not. After
 * EXTQ_UNAVAILABLE and EXTQ_DENIED no more are tried: the rest has the same
 * status. */
EXTQ_API enum extq_status extq_enqueue_all(struct extq *x,
                                           const struct extq_job *jobs,
                                           size_t count,
                                           enum extq_status *ret_statuses);

/* Takes one job without waiting for its answer, unless a window full of jobs is
 * on its way: then it waits for the older half (backpressure). EXTQ_OK: taken,
 * and options.done will tell, at the latest in extq_flush. Any other status:
 * not taken, done is not called for it. What was taken may be sent only with
 * the flush. arg is passed on to done and not looked at. */
EXTQ_API enum extq_status extq_submit(struct extq *x,
                                      const struct extq_job *job, void *arg);

/* Sends what was submitted and waits for all answers. Returns the first status
 * that is not EXTQ_OK among all jobs taken since the last flush, or EXTQ_OK. */
EXTQ_API enum extq_status extq_flush(struct extq *x);

/* How many jobs wait in the queue, as Redis said with the last answer; 0 before
 * there was one. A producer that can wait may hold back by it. */
EXTQ_API uint64_t extq_waiting(const struct extq *x);

/* Why the last call on this handle, or the job that done is told of, did not
 * end with EXTQ_OK; lives until the next call. "" when there is nothing. */
EXTQ_API const char *extq_error(const struct extq *x);

/* Flushes, frees, sets *x to NULL. NULL and a pointer to NULL are fine. */
EXTQ_API void extq_close(struct extq **x);

/* A member of a consumer group on a queue's outcomes. Every outcome goes to one
 * member of a group, and comes again (to it, or to one that takes over) until
 * it was acknowledged: at least once. */
struct extq_reader;

/* Who reads. Start from EXTQ_GROUP_INIT. */
struct extq_group {
    size_t struct_size;   /* by EXTQ_GROUP_INIT */
    const char *name;     /* of the group, required; made when it is not there,
                             with all that is in the stream still to come */
    const char *consumer; /* of this member, required, of its own and the same
                             after a restart */
    int64_t take_over_ms; /* what another member had for so long without
                             acknowledging it comes to this one; 0 = never */
};
#define EXTQ_GROUP_INIT                                                        \
    {                                                                          \
        sizeof(struct extq_group), 0, 0, 0                                     \
    }

/* As extq_open; done, owner and window of the options are not used. What was
 * handed to this member before, and not acknowledged, comes first. */
EXTQ_API enum extq_status extq_reader_open(const struct extq_options *options,
                                           const struct extq_group *group,
                                           struct extq_reader **ret,
                                           struct extq_why *why);

/* One entry of the stream. */
struct extq_outcome;

/* The next outcome, waiting at most wait_ms (0 = not at all) for one: EXTQ_OK
 * with *ret, or with NULL when none came. *ret lives until the next call of
 * this. EXTQ_UNAVAILABLE, EXTQ_DENIED, EXTQ_REFUSED, EXTQ_NO_MEMORY: *ret is
 * NULL; call again later, nothing is lost. */
EXTQ_API enum extq_status extq_reader_next(struct extq_reader *r,
                                           int64_t wait_ms,
                                           const struct extq_outcome **ret);

/* A field ("id", "verdict", "class", ...) or NULL; the entry's own id is the
 * field "". Up to its first NUL; lives as long as the outcome. */
EXTQ_API const char *extq_outcome_get(const struct extq_outcome *outcome,
                                      const char *field);

/* The outcome that extq_reader_next returned last is dealt with. It travels
 * with the next read, at the latest with extq_reader_flush; when it gets lost,
 * the outcome comes again. EXTQ_INVALID when there is none, or it was
 * acknowledged before; EXTQ_UNAVAILABLE when the connection is gone. */
EXTQ_API enum extq_status extq_reader_ack(struct extq_reader *r);

/* Sends acknowledgements and waits for their answers. */
EXTQ_API enum extq_status extq_reader_flush(struct extq_reader *r);

/* As extq_error. */
EXTQ_API const char *extq_reader_error(const struct extq_reader *r);

/* Flushes, frees, sets *r to NULL. What was not acknowledged comes again. */
EXTQ_API void extq_reader_close(struct extq_reader **r);

#ifdef __cplusplus
}
#endif

#endif
