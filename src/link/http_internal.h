/* What the files of link/http share; nobody else includes it.
 *
 *   http.c         requests: options of each transfer, start, end
 *   http_lane.c    libcurl's sockets and timers on the event loop
 *   http_answer.c  what came back -> struct attempt
 *   http_target.c  URLs: which are refused, and their prepared form */
#ifndef EXTQ_LINK_HTTP_INTERNAL_H
#define EXTQ_LINK_HTTP_INTERNAL_H

#include "base/buf.h"
#include "link/http.h"

#include <curl/curl.h>
#include <sys/queue.h>

enum {
    LANES = 64,          /* power of two */
    LANE_HOST_BUSY = 32, /* requests to one host before the next lane */
    HOST_SLOTS = 4096,   /* power of two */
    HEADERS_MAX = 16,
    HEAD_BYTES_MAX = 64 << 10,
};

/* One curl multi handle. libcurl looks for an idle connection by walking all
 * of the host's connections, so a busy host is spread over several lanes; a
 * quiet one stays on one, for the sake of reuse. */
struct lane {
    struct http *owner;
    CURLM *multi;   /* made on first use */
    int64_t due_ms; /* loop time of libcurl's next timer; -1 = none */
    bool kick;      /* transfers were added in this turn */
};

/* A socket of libcurl's. Its registration stays with the loop while the
 * connection is idle, which saves two epoll_ctl calls for each request. */
struct sock {
    uv_poll_t poll;
    struct lane *lane;
    int fd;
    int watched; /* what the loop watches for */
    bool ours;   /* opened for a connection; not by libcurl for itself */
    bool idle;   /* libcurl said that it does not care now */
};

struct http_target {
    unsigned refs;
    uint32_t host_hash;
    char *url;
    char *authorization; /* the whole header line; NULL = none */
};

struct http_ticket {
    SLIST_ENTRY(http_ticket) next_free;
    LIST_ENTRY(http_ticket) busy;
    struct http *http;
    CURL *easy; /* made once, kept with the ticket */
    struct lane *lane;
    struct http_target *target;   /* held while under way */
    struct http_target *prepared; /* held: whose URL the easy handle has */
    struct http_request request;
    struct curl_slist headers[HEADERS_MAX];
    char content_type[160];
    char accept[96];
    struct attempt attempt;
    struct buf body;
    size_t head_bytes, body_bytes;
    char retry_after[64];
    char error[CURL_ERROR_SIZE];
    bool blocked;   /* the address policy refused a connect */
    bool permitted; /* it allowed another */
    bool head_over; /* the last line of the head came */
    bool overlong;  /* the head broke its limit */
};

struct http {
    uv_loop_t *loop;
    struct http_options options;
    struct lane lanes[LANES];
    uint16_t host_busy[HOST_SLOTS]; /* by hash: only steers the spreading */
    struct sock **socks;            /* by file descriptor */
    size_t sock_slots;
    uv_timer_t timer;
    SLIST_HEAD(, http_ticket) spare;
    LIST_HEAD(, http_ticket) busy;
    unsigned busy_count;
    unsigned refs; /* the open one, the timer, each socket */
    struct http_stats stats;
    bool timers_changed, closing;
};

/* http_lane.c */

/* The lane's multi handle, made when missing; NULL when out of memory. */
CURLM *lane_multi(struct lane *lane);

/* Starts what was added, in this turn. */
void lane_kick(struct lane *lane);

/* Arms the loop's timer for the earliest of all lanes. */
void lane_arm_timer(struct http *h);

/* Registers a new connection's socket; false when that fails. */
bool lane_adopt_socket(struct lane *lane, curl_socket_t fd);

/* At the end, after libcurl's. */
void lane_forget_sockets(struct http *h);

/* CURLOPT_CLOSESOCKETFUNCTION: the loop forgets the socket first. */
int lane_close_socket(void *http, curl_socket_t fd);

/* Gives one reference back; frees with the last. */
void http_unref(struct http *h);

/* http.c: takes the finished transfers of a lane off it and reports them. */
void http_collect(struct lane *lane);

/* http_answer.c */

/* Makes the ticket ready for a new answer. */
void answer_reset(struct http_ticket *t);

/* CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION. */
size_t answer_header(char *at, size_t size, size_t count, void *ticket);
size_t answer_body(char *at, size_t size, size_t count, void *ticket);

/* Fills ticket->attempt from the finished transfer, or without one. */
void answer_finish(struct http_ticket *t, CURLcode code);
void answer_cancel(struct http_ticket *t);

#endif
