/* What the files of the ops port share; nobody else includes it.
 *
 *   ops.c          the pools it looks at, and how they are
 *   ops_port.c     the socket
 *   ops_http.c     requests and their connections
 *   ops_sums.c     what all workers counted, added up
 *   ops_look.c     what Redis says about queues
 *   ops_metrics.c  the page of figures: its parts
 *   ops_queues.c   its part about queues
 *   ops_text.c     the format of that page
 *   ops_page*.c    the page for people, see ops_page.h */
#ifndef EXTQ_SERVICE_OPS_INTERNAL_H
#define EXTQ_SERVICE_OPS_INTERNAL_H

#include "base/buf.h"
#include "link/redis_sync.h"
#include "service/figures.h"
#include "service/ops.h"
#include "service/shared.h"
#include "service/tracer.h"

/* Browsers that watch the page have places of their own among the
 * connections. */
enum { OPS_POOLS_MAX = 16, OPS_CONNECTIONS_MAX = 48, OPS_KEPT_MAX = 16 };

struct MHD_Connection;
struct page;

struct point_sums {
    char name[IDENT_MAX + 1];
    uint64_t outcomes[VERDICTS][CLASSES];
    struct meter_sum calls, waits;
};

/* The points are by name: configurations differ. */
struct ops_sums {
    struct point_sums *points; /* owned */
    size_t count;
    uint64_t resolves[SOURCES][FINDINGS];
    uint64_t asks, reused, opened, handshakes, http2, redis_ups;
    struct tracer_counts spans;
};

/* In the order of the reply of src/lua/look.lua. */
enum look_value {
    LOOK_WAITING,
    LOOK_LATER,
    LOOK_DEAD,
    LOOK_OUTCOMES,
    LOOK_SUSPECTS,
    LOOK_DROPPED,
    LOOK_HELD,
    LOOK_PARKED, /* negative: not known */
    LOOK_DUE,
    LOOK_OLDEST_MS,
    LOOK_PAUSED,
    LOOK_WAITED_MS,
    LOOK_VALUES,
};

struct ops_look {
    const struct pool *pool; /* whose queues these are */
    struct redis_sync *redis;
    int64_t asked_ms, read_ms; /* monotonic; read_ms 0 = never */
    bool known[QUEUES_MAX];
    int64_t values[QUEUES_MAX][LOOK_VALUES];
};

/* Of a client. */
struct ops_connection {
    int fd;
    int64_t since_ms; /* monotonic */
    bool kept;        /* for as long as the client likes */
};

struct ops {
    struct MHD_Daemon *daemon; /* NULL = no port */
    char listen[256];          /* where it is; empty = nowhere */
    int64_t started_ms;        /* unix ms */
    struct page *page;         /* owned */

    uv_mutex_t lock;                   /* over all that follows */
    struct pool *pools[OPS_POOLS_MAX]; /* [0] claims; NULLs at the end */
    bool draining;
    struct ops_sums past; /* of pools that were removed */
    struct ops_look look;

    uv_mutex_t connections_lock; /* another: they come and go while a request
                                    has the first one */
    struct ops_connection connections[OPS_CONNECTIONS_MAX];
    unsigned connection_count;
};

/* ops_port.c */

/* A socket that listens at host:port; -1 when it cannot: *why names the key
 * and what to do. */
int ops_bind(const char *listen, struct why *why);

/* ops_http.c */
enum err ops_serve(struct ops *o, int fd, struct MHD_Daemon **ret) must_check;
void ops_unserve(struct MHD_Daemon **daemon);

/* Its life is not limited any more. */
void ops_keep_connection(struct ops *o, struct MHD_Connection *connection);

/* ops_sums.c; ERR_MEMORY: some of it is missing. */
enum err ops_sums_collect(struct ops_sums *sums, struct pool *p) must_check;
enum err ops_sums_merge(struct ops_sums *sums,
                        const struct ops_sums *from) must_check;
void ops_sums_clear(struct ops_sums *sums);

/* ops_look.c: the question about one queue, and the held hash that it counts;
 * the reply has LOOK_VALUES numbers. */
enum err ops_look_ask(struct redis_sync *r, const struct queue_keys *keys,
                      const char *held) must_check;

/* Asks anew unless it did a second ago; half a second at most. */
void ops_look_refresh(struct ops_look *look, const struct pool *p);
void ops_look_close(struct ops_look *look);

/* ops_metrics.c; the lock is held. */
enum err ops_metrics(struct ops *o, struct buf *out) must_check;

struct ops_text;

/* ops_queues.c */
void ops_queues(struct ops_text *t, const struct ops_look *look,
                const struct shared *s);

/* ops_text.c: a page of the Prometheus text format 0.0.4. Errors are kept. */
struct ops_text {
    struct buf *out;
    const char *name; /* of the family under way */
    enum err err;
};

/* A family: its name without "extq_" unless it is a process_*; all of its
 * samples follow. kind: counter, gauge, histogram. */
void text_family(struct ops_text *t, const char *name, const char *kind,
                 const char *help);

/* One sample; labels as in the format, without braces, or "". */
void text_count(struct ops_text *t, uint64_t value, const char *labels, ...)
    like_printf(3, 4);
void text_seconds(struct ops_text *t, int64_t us, const char *labels, ...)
    like_printf(3, 4);

/* The samples of one histogram, with one label. */
void text_times(struct ops_text *t, const struct meter_sum *sum,
                const char *label, const char *value);

#endif
