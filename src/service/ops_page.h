/* The ops page: what a browser shows of this service and its queues, live, and
 * what an operator with the admin token may do there. Files of the ops port
 * include it, nobody else.
 *
 *   ops_page.c           the reader: the one thread that asks Redis for it
 *   ops_page_http.c      requests: files, the stream, questions
 *   ops_page_guard.c     whose requests are answered
 *   ops_page_watch.c     browsers that watch, and what goes to them
 *   ops_page_history.c   what this service did lately
 *   ops_page_state.c     how everything is now, as JSON
 *   ops_page_queue.c     a queue's part of that
 *   ops_page_outcomes.c  outcomes as JSON: the newest, and older ones by name
 *   ops_page_dead.c      dead letters
 *   ops_page_text.c      writing JSON
 *
 * The reader asks Redis once a second while somebody watches, and for questions
 * of browsers; never otherwise, and never for more than stated here. */
#ifndef EXTQ_SERVICE_OPS_PAGE_H
#define EXTQ_SERVICE_OPS_PAGE_H

#include "service/ops_internal.h"

#include <microhttpd.h>
#include <sys/queue.h>

enum {
    PAGE_WATCHERS_MAX = 16,
    PAGE_FRAMES = 8,    /* a browser so far behind is sent away */
    PAGE_SAMPLES = 360, /* of SAMPLE_MS each */
    PAGE_SAMPLE_MS = 5000,
    PAGE_RECENT = 1000, /* outcomes that who comes gets at once */
    PAGE_ASKS_MAX = 16,
    PAGE_REPLY_MS = 500, /* connect, greeting, each reply */
    PAGE_FRAME_MAX = 8 << 20,
    PAGE_ANSWER_MAX = 4 << 20,
};

/* Some text for all who watch: whole events. */
struct page_frame {
    unsigned holders;
    size_t len;
    char text[];
};

struct page_watcher {
    struct page *page; /* NULL = free */
    struct MHD_Connection *connection;
    bool waits; /* suspended until there is a frame */
    uint64_t next;
    struct page_frame *frame; /* under way; held */
    size_t sent;              /* of it */
};

/* What this service did in one stretch of time. */
struct page_sample {
    int64_t at_ms; /* its end, unix ms */
    uint64_t delivered, retry, dead, other, calls;
    int64_t p50_us, p95_us, p99_us; /* of calls; 0 without any */
};

struct page_history {
    struct page_sample samples[PAGE_SAMPLES]; /* a ring */
    uint64_t count;
    int64_t sampled_ms; /* monotonic; 0 = never */
    uint64_t outcomes[VERDICTS];
    struct meter_sum calls; /* so far */
};

struct page;

/* A browser's question, answered by the reader while its connection waits. */
struct page_ask {
    STAILQ_ENTRY(page_ask) next;
    struct MHD_Connection *connection;
    void (*answer)(struct page *p, struct page_ask *ask);
    bool trusted; /* has the token, or there is none to have */
    bool done;
    unsigned status;
    struct buf body; /* JSON */
    char queue[65];
    char container[IDENT_MAX + 1], point[IDENT_MAX + 1], id[IDENT_MAX + 1];
    char verdict[32], class[32];
    char before[48];
    char entries[2048]; /* of the dead stream, separated by commas */
};
STAILQ_HEAD(page_asks, page_ask);

/* What the reader needs to know of the configuration: a copy, which outlives
 * it. */
struct page_scope {
    struct redis_address redis;
    char redis_url[CONFIG_PATH_MAX]; /* what that was read from */
    char prefix[65], name[65];
    size_t queue_count;
    char queues[QUEUES_MAX][65];
    unsigned workers, busy, limit;
    int64_t lag_us;
    bool admin; /* there is a token */
    size_t outcomes_max;
    uint32_t max_claims;
};

/* How far the stream of a queue's outcomes was read. */
struct page_tail {
    char last[48]; /* stream id; empty = not at all */
};

struct page {
    struct ops *ops;
    uv_thread_t thread;

    uv_mutex_t lock; /* over all that follows, up to the reader's own */
    uv_cond_t wake, answered;
    bool closing, hanging_up;
    struct page_watcher watchers[PAGE_WATCHERS_MAX];
    unsigned watcher_count;
    struct page_frame *frames[PAGE_FRAMES];
    uint64_t published;
    struct page_asks asks;
    unsigned ask_count; /* those that are answered just now included */
    struct page_history history;
    char *recent[PAGE_RECENT]; /* a ring of owned JSON texts */
    uint64_t recent_count;
    struct buf state; /* the last one; empty = none that holds */

    /* The reader's own. */
    struct redis_sync *redis;
    struct page_scope scope;
    struct page_tail tails[QUEUES_MAX];
    int64_t read_ms; /* monotonic: when Redis answered last; 0 = never */
    struct why why;  /* why it does not */
};

/* ops_page.c. ERR_MEMORY, ERR_IO. */
enum err page_open(struct ops *ops, struct page **ret) must_check;

/* Ends streams and questions: before a daemon is stopped. Those that come
 * meanwhile are sent away, until page_take_calls. */
void page_hang_up(struct page *p);
void page_take_calls(struct page *p);

/* NULL is fine; sets *p to NULL. No daemon runs any more. */
void page_close(struct page **p);

/* The reader's connection, made if need be; NULL when Redis is away. */
struct redis_sync *page_redis(struct page *p);

/* Sends and waits, as redis_ask_words does; breaks the connection off when it
 * failed. An error reply is ERR_REPLY. */
enum err page_ask_redis(struct page *p, int argc, const char **argv,
                        const struct reply **ret) must_check;

/* Says to the browser that it failed, and why. */
void page_refuse(struct page_ask *ask, unsigned status, const char *why);

/* ops_page_http.c: whether the page answers to that, and the answer. *request
 * is MHD's for the request. */
bool page_wants(struct MHD_Connection *connection, const char *path);
enum MHD_Result page_handle(struct page *p, struct MHD_Connection *connection,
                            const char *path, const char *method,
                            void **request);
void page_end_request(void **request);

/* ops_page_guard.c. Each returns 0, or the status of the refusal. */
unsigned page_refuses_host(struct page *p, struct MHD_Connection *connection);
unsigned page_refuses_origin(struct MHD_Connection *connection);
unsigned page_refuses_token(struct page *p, struct MHD_Connection *connection);

/* ops_page_watch.c: a new browser; false when there are too many. */
bool page_watch(struct page *p, struct MHD_Connection *connection,
                struct page_watcher **ret);
ssize_t page_feed(void *watcher, uint64_t at, char *dst, size_t room);
void page_unwatch(void *watcher);

/* Gives the text to all who watch. The lock is held, as in the next. */
void page_publish(struct page *p, const struct buf *text);
void page_resume_all(struct page *p);
void page_forget_frames(struct page *p);

/* ops_page_history.c: adds a sample once one is due; true if so. The lock is
 * not held. */
bool page_sample(struct page *p);

struct page_text;
void page_write_sample(struct page_text *t, const struct page_sample *s);

/* ops_page_state.c, by the reader. */
void page_write_state(struct page *p, struct page_text *t);

/* ops_page_queue.c. ERR_REDIS; what Redis refuses is said in the text. */
enum err page_write_queue(struct page *p, const char *queue,
                          struct page_text *t) must_check;

/* ops_page_outcomes.c: an event for each queue with news. */
void page_write_outcomes(struct page *p, struct page_text *t);
void page_answer_outcomes(struct page *p, struct page_ask *ask);
void page_forget_outcomes(struct page *p);

/* ops_page_dead.c */
void page_answer_dead(struct page *p, struct page_ask *ask);
void page_answer_dead_job(struct page *p, struct page_ask *ask);
void page_answer_retry(struct page *p, struct page_ask *ask);
void page_answer_drop(struct page *p, struct page_ask *ask);

/* ops_page_text.c: JSON onto a buffer. Errors are kept. */
struct page_text {
    struct buf *out;
    enum err err;
};

void page_put(struct page_text *t, const char *fmt, ...) like_printf(2, 3);

/* The text before it, and the bytes as a JSON string; of them at most `most`,
 * and an ellipsis where something is missing. */
void page_quote(struct page_text *t, const char *before, struct span value,
                size_t most);

/* generated from src/page */
struct page_file {
    const char *path, *type;
    const unsigned char *at;
    size_t len;
};
extern const struct page_file page_files[];
extern const size_t page_file_count;

#endif
