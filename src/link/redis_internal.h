/* What the files of link/redis share; nobody else includes it.
 *
 *   redis.c         commands, replies, deadlines, up and down
 *   redis_greet.c   who we are and which database, at the start
 *   redis_wire.c    sockets: hiredis on the event loop, connecting
 *   redis_lookup.c  guides and names, in threads of their own
 *   redis_find.c    Sentinels and nodes; redis_sync.c asks them too
 *   redis_tls.c     TLS; redis_sync.c has it too
 *   redis_reader.c  bounds for what a server sends; redis_sync.c has them too
 */
#ifndef EXTQ_LINK_REDIS_INTERNAL_H
#define EXTQ_LINK_REDIS_INTERNAL_H

#include "link/redis.h"
#include "link/redis_lookup.h"
#include "link/redis_reader.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <sys/queue.h>

enum {
    BACKOFF_MIN_MS = 150,
    BACKOFF_MAX_MS = 2000,
    STEADY_MS = 2000,  /* a connection that lived so long was a good one */
    REPLICA_MS = 2000, /* for so long, or half as long again, it may be that
                          the primary is a replica */
};

/* A command whose reply has not come. */
struct call {
    STAILQ_ENTRY(call) next;
    struct redis *owner;
    redis_done *done;
    void *arg;
    int64_t sent_ms; /* monotonic; later where it blocks */
};
STAILQ_HEAD(calls, call);

/* One TCP or unix connection; outlives its context until libuv let go. */
struct wire {
    struct redis *owner;
    redisAsyncContext *ac; /* NULL once hiredis freed it */
    struct ssl_st *tls;    /* hiredis's; NULL = none */
    struct redis_reader reader;
    uv_poll_t poll;
    int events; /* what the loop watches for */
};

struct redis {
    uv_loop_t *loop;
    struct redis_options options;
    struct wire *wire;     /* NULL while away */
    struct lookup *lookup; /* NULL unless resolving */
    uv_timer_t timer;      /* reconnect, connect and reply deadlines */
    struct calls calls;    /* oldest first: replies come in order */
    struct calls spare;
    uint64_t dice;
    int64_t connect_due_ms; /* monotonic, while connecting */
    int64_t turn_ms;        /* monotonic, when the oldest call's turn began */
    int64_t heard_ms;       /* monotonic, when bytes came last */
    int64_t alarm_ms;       /* monotonic, what the timer is set to */
    const char *doom; /* why the timer will break it; NULL = it will not */
    int64_t retry_ms; /* the next backoff */
    int64_t up_ms;    /* monotonic, when it came up last */
    int64_t leave_ms; /* monotonic: no replica is put up with for longer; 0 =
                         none was met */
    unsigned turn;    /* which guide and which of the host's addresses to try */
    struct redis_range range; /* see redis_find.h; of the last lookup */
    unsigned refs;            /* the open one, the timer, each wire */
    bool up, dirty, told_down, closed, loading;
    bool proven;   /* up, and known to be the server that was meant */
    bool greeting; /* inside hiredis, which does not know that it is */
};

/* redis_wire.c: starts a connection attempt; its end is redis_connected or
 * redis_lost. */
void wire_connect(struct redis *r);

/* redis_wire.c: keepalive, no Nagle, and an end to what is not acknowledged. */
void wire_set_socket_options(int fd);

/* redis_wire.c: watches for room in the socket, for what redis_flush could not
 * send. */
void wire_want_write(struct wire *w);

/* redis_greet.c: queues AUTH and SELECT, where needed, and, with *ret_proves,
 * what has to be answered before the connection counts (redis_proved).
 * ERR_REDIS, ERR_MEMORY, ERR_IO: no password can be read. */
enum err redis_greet(struct redis *r, bool *ret_proves) must_check;

/* redis.c: what became of the connection or of the attempt. `connected` is
 * hiredis's callback. */
void redis_connected(const redisAsyncContext *ac, int status);
void redis_disconnected(const redisAsyncContext *ac, int status);
void redis_proved(struct redis *r);
void redis_lost(struct redis *r, const char *why);
void redis_arm(struct redis *r, int64_t wait_ms);

/* redis.c: gives one reference back; frees with the last. */
void redis_unref(struct redis *r);

#endif
