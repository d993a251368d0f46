/* What the files of link/http share; nobody else includes it.
 *
 *   http.c         requests: options of each transfer, start, end
 *   http_head.c    the header lines of a request
 *   http_easy.c    the handles that libcurl makes transfers with
 *   http_tls.c     what a TLS peer may make us do
 *   http_dial.c    where a request may go, from its name to its socket
 *   http_pin.c     the vetted addresses of names, as libcurl knows them
 *   http_self.c    which addresses are ours
 *   http_lane.c    libcurl's multi handles
 *   http_sock.c    and its sockets on the event loop
 *   http_timer.c   and its timers
 *   http_turn.c    how much of one turn of the loop a peer may take
 *   http_spread.c  which lane a request takes
 *   http_share.c   connections that several requests share: HTTP/2
 *   http_answer.c  what came back -> struct attempt
 *   http_target.c  URLs: which are refused, and their prepared form
 *   http_host.c    the same for the part that says where to */
#ifndef EXTQ_LINK_HTTP_INTERNAL_H
#define EXTQ_LINK_HTTP_INTERNAL_H

#include "base/buf.h"
#include "link/http.h"
#include "link/http_lane.h"
#include "model/address_self.h"

#include <curl/curl.h>
#include <sys/queue.h>

enum {
    HOST_SLOTS = 4096, /* power of two */
    HEADERS_MAX = 16,
    HEAD_BYTES_MAX = 64 << 10,
};

/* A socket of libcurl's. Its registration stays with the loop while the
 * connection is idle, which saves two epoll_ctl calls for each request. */
struct sock {
    uv_poll_t poll;
    struct lane *lane;
    LIST_ENTRY(sock) of_berth;
    struct berth *berth;        /* held; NULL = opened by libcurl for itself */
    struct http_ticket *ticket; /* whose transfer it serves; NULL = none, or
                                   several */
    int fd;
    int watched; /* what the loop watches for */
    TAILQ_ENTRY(sock) put_off_next;
    int put_off;    /* events that wait for their turn, unwatched; 0 = none */
    bool idle;      /* libcurl said that it does not care now */
    bool offered;   /* its host counts it as idle */
    bool shared;    /* by several transfers: HTTP/2 */
    unsigned reads; /* of this transfer; of a shared one, since any of them
                       last began or ended */
    uint64_t received; /* bytes before it; UINT64_MAX = not known */
    uint64_t useful;   /* of a shared one: body bytes behind these */
};

struct http_target {
    unsigned refs;
    unsigned users; /* its owner and requests under way; the bearer goes with
                       the last one, tickets hold what is left for its URL */
    uint32_t host_hash;
    uint16_t port;
    bool secure;   /* over TLS */
    bool ample;    /* its last answer was long */
    char *host;    /* in lower case; NULL = an address, not a name */
    char *pin_key; /* "host:port"; NULL likewise */
    char *url;
    CURLU *parsed;       /* of the URL as it was vetted */
    char *authorization; /* the whole header line; NULL = none */
};

enum ticket_state {
    TICKET_SPARE,
    TICKET_RESOLVING, /* waits for the host's addresses */
    TICKET_EARLY,     /* failed before anything was sent: to be told */
    TICKET_SENT,      /* libcurl has it */
};

struct http_ticket {
    SLIST_ENTRY(http_ticket) next_free;
    LIST_ENTRY(http_ticket) busy;
    TAILQ_ENTRY(http_ticket) early;
    TAILQ_ENTRY(http_ticket) paused_next;
    enum ticket_state state;
    struct dns_waiter waiter;
    struct pin *pin;          /* held; NULL for addresses */
    int64_t asked_us, dns_us; /* monotonic; how long the name took */
    int64_t started_ms;       /* loop time, when libcurl got it */
    struct http *http;
    CURL *easy; /* kept with the ticket */
    struct lane *lane;
    struct sock *unread; /* on which its answer paused; NULL = none */
    int fd;           /* of the shared connection that it is on; -1 = of none */
    bool multiplexes; /* what the easy handle was last told */
    bool ample;       /* the same: a long answer is expected */
    struct berth *berth;          /* held while libcurl has it */
    struct http_target *target;   /* held while under way */
    struct http_target *prepared; /* held: whose URL the easy handle has */
    struct http_request request;
    struct curl_slist headers[HEADERS_MAX];
    struct buf lines; /* several in one of the above */
    char content_type[160];
    char accept[96];
    struct attempt attempt;
    struct buf body;
    size_t head_bytes, body_bytes;
    size_t shown_bytes; /* of the head, where it is shown beforehand */
    size_t slice_bytes; /* of the body, since it last let others go first */
    char retry_after[64];
    char error[CURL_ERROR_SIZE];
    bool begun;  /* the connection is there, the request goes out */
    bool paused; /* reads no more before others had their turn */
    bool stale; /* libcurl may have bytes of a former answer: see http_turn.c */
    bool blocked;   /* the address policy refused an address */
    bool head_over; /* the last line of the head came */
    bool interim;   /* of a head before the answer's own: 1xx */
    bool lineless;  /* of the present head at most the status line came */
    bool folded;    /* and a folded line was to follow it */
    bool overlong;  /* the head broke its limit */
    bool switched;  /* to another protocol: 101 */
    bool coded;     /* the body has a transfer coding besides chunked */
};

/* A door given by name. */
struct door_watch {
    struct http *http;
    struct dns_waiter waiter;
    struct dns_answer *answer; /* held; NULL = none yet */
    bool hidden;               /* and it could not be looked up */
};

/* This host and extq's own doors, read again once a minute. */
struct http_self {
    struct address_self places;
    unsigned generation; /* counts changes */
    unsigned version;    /* of the nodes that are among the doors */
    bool read;
    int64_t read_ms; /* loop time */
    struct door_watch doors[HTTP_DOORS];
};

struct http {
    uv_loop_t *loop;
    struct http_options options;
    const curl_version_info_data *libcurl; /* asking costs; static */
    struct dns *dns;
    CURLSH *sessions; /* TLS's */
    struct http_self self;
    struct lanes lanes[LANE_KINDS];
    SLIST_HEAD(, lane) all_lanes;
    STAILQ_HEAD(kicked_lanes, lane) kicked;
    struct hosts hosts[HOST_SLOTS]; /* by hash */
    struct sock **socks;            /* by file descriptor */
    size_t sock_slots;
    uv_timer_t timer;
    SLIST_HEAD(, http_ticket) spare;
    LIST_HEAD(, http_ticket) busy;
    TAILQ_HEAD(early_tickets, http_ticket) early;
    TAILQ_HEAD(paused_tickets, http_ticket) paused; /* first come first */
    TAILQ_HEAD(, sock) put_off;                     /* first come first */
    struct lane shared_lanes[2];
    struct lane *shared;     /* takes the next request of HTTP/2 */
    int64_t shared_until_ms; /* loop time: how long */
    int64_t share_due_ms;    /* loop time; see share_expire */
    int64_t age_due_ms;      /* the same; see lanes_age */
    int64_t due_ms;          /* the same; not after that of any lane */
    bool misled;             /* requests wait for HTTP/2 where there is none */
    unsigned handshakes;     /* carried on in this turn */
    unsigned busy_count, records; /* TLS's, since HTTP/2 told us anything */
    unsigned refs;                /* the open one, the timer, each socket */
    struct http_stats stats;
    bool timers_changed, closing;
};

/* http_sock.c */

/* CURLMOPT_SOCKETFUNCTION of each lane. */
int sock_wanted(CURL *easy, curl_socket_t fd, int what, void *lane,
                void *unused);

/* CURLOPT_CLOSESOCKETFUNCTION: the loop forgets the socket first. */
int sock_close(void *http, curl_socket_t fd);

/* The turn of a socket that was put off has come. */
void sock_go_on(struct sock *s, int events);

/* What is known of the socket; NULL = nothing. */
struct sock *sock_find(struct http *h, curl_socket_t fd);

/* Registers a new connection's socket; false when that fails. */
bool sock_adopt(const struct http_ticket *t, curl_socket_t fd);

/* The one of the request's connection, which libcurl does not tell before the
 * request is over; NULL = it is not ours. */
struct sock *sock_of(const struct http_ticket *t);

/* The answer pauses, or is over: libcurl reads what is left of a paused one
 * without asking for the socket, and ends it without a word. */
void sock_pause(struct http_ticket *t);
void sock_end(struct http_ticket *t);

/* At the end, after libcurl's. */
void socks_forget(struct http *h);

/* Gives one reference back; frees with the last. */
void http_unref(struct http *h);

/* http_turn.c
 *
 * A peer that sends as fast as we read, or makes us work for each byte, would
 * keep the loop for itself: libcurl reads up to 100 times in one call, and
 * wants to be called again at once. So an answer lets others go first after
 * each slice, and handshakes, which cost about a millisecond each, are carried
 * on few at a time. */

/* Whether a body pauses instead of taking these bytes: libcurl will hand them
 * over again. */
bool turn_pauses(struct http_ticket *t, size_t len);

/* Forgets that the transfer waits for its turn. */
void turn_leave(struct http_ticket *t);

/* The transfer is over, paused or not; and the handle's next one is about to
 * be sent: its answer begins with no byte of the former one. */
void turn_end(struct http_ticket *t);
void turn_clear(struct http_ticket *t);

/* Whether the connection, which is ready in the midst of its handshake, has to
 * wait for a later turn. The loop need not watch it meanwhile: asking for
 * thousands each time costs more than the handshakes. */
bool turn_puts_off(struct sock *s, int events);

/* Forgets that the connection waits for its turn. */
void turn_forget(struct sock *s);

/* Goes on with the answers and handshakes whose turn it is. */
void turn_begin(struct http *h);

/* http.c: takes the finished transfers of a lane off it and reports them. */
void http_collect(struct lane *lane);

/* Reports what failed before it was sent. */
void http_collect_early(struct http *h);

/* http_head.c */

/* Tells libcurl what the request's header lines are. ERR_MEMORY; ERR_SYNTAX
 * when one holds a control byte or there is too much of them. */
enum err head_write(struct http_ticket *t) must_check;

/* http_easy.c */

/* The ticket's handle, with all that no request changes; false when out of
 * memory. */
bool easy_open(struct http_ticket *t) must_check;

/* Notes how much the target answered; fits the handle's buffer to that. */
void easy_note(struct http_ticket *t);
void easy_fit(struct http_ticket *t);

/* http_tls.c */

/* The TLS sessions that can be resumed: a few of all handles together. Each
 * would keep those of its own last hosts otherwise, certificates included.
 * False when out of memory. Closed behind all handles. */
bool tls_open(struct http *h) must_check;
void tls_close(struct http *h);

/* Bounds what the connections of this handle take from their peers. */
void tls_prepare(struct http_ticket *t);

/* http_dial.c */

/* Sets the callbacks that judge addresses. */
void dial_prepare(struct http_ticket *t);

/* Resolves, vets and starts; what fails on the way ends early. ERR_MEMORY. */
enum err dial(struct http_ticket *t) must_check;

/* Stops whatever the ticket is at. */
void dial_end(struct http_ticket *t);

/* Ends as unreachable what libcurl has not begun to send. */
void dial_give_up(struct http_ticket *t, const char *text);

/* Begins again what libcurl has not begun to send; its deadlines stay. */
void dial_again(struct http_ticket *t);

/* http_self.c */

/* Costs nothing within the minute. */
void self_refresh(struct http *h);
void self_close(struct http *h);

/* http_host.c */

/* Fills host, port and pin_key of the target, and takes a dot off the host's
 * end in the URL. ERR_SYNTAX with *why, ERR_MEMORY. */
enum err host_read(CURLU *url, const char *text,
                   const struct http_options *options,
                   struct http_target *target, struct why *why) must_check;

/* http_target.c */

/* One more user, or one more who only remembers the URL. */
struct http_target *target_use(struct http_target *t);
struct http_target *target_ref(struct http_target *t);

/* The reverse of target_ref; that of target_use is http_target_close. */
void target_unref(struct http_target **t);

/* Its bearer; empty when there is none. */
struct span target_bearer(const struct http_target *t);

/* http_evidence.c */

/* Keeps the header line in ticket->attempt.headers when it is one of those. */
void evidence_header(struct http_ticket *t, struct span line);

/* Overwrites the bearer where the text echoes it; where the text was cut, a
 * part of it at its end as well. */
void evidence_mask(const struct http_ticket *t, char *at, size_t len, bool cut);

/* http_answer.c */

/* Makes the ticket ready for a new answer. */
void answer_reset(struct http_ticket *t);

/* CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION. */
size_t answer_header(char *at, size_t size, size_t count, void *ticket);
size_t answer_body(char *at, size_t size, size_t count, void *ticket);

/* Fills ticket->attempt from the finished transfer, or without one. */
void answer_finish(struct http_ticket *t, CURLcode code);

/* The same for one that libcurl never had; text is copied. */
void answer_unsent(struct http_ticket *t, enum attempt_end end,
                   const char *text);
void answer_cancel(struct http_ticket *t);

#endif
