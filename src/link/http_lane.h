/* Which connection a request of HTTP takes: libcurl's multi handles, and where
 * the hosts' connections are among them. */
#ifndef EXTQ_LINK_HTTP_LANE_H
#define EXTQ_LINK_HTTP_LANE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct http;
struct http_ticket;

/* What the connections of a lane are like. Those over TLS are more to a lane:
 * each has the authorities' certificates once. */
enum lane_kind { LANE_PLAIN, LANE_SECURE, LANE_SHARED, LANE_KINDS };

/* One curl multi handle. For each request libcurl walks all of its connections,
 * those of one host more than once, so there are as many lanes as leave few
 * connections to each. With HTTP/2 few serve a host, and all hosts' are on one
 * lane, until they are old: then on another one. */
struct lane {
    SLIST_ENTRY(lane) next;
    TAILQ_ENTRY(lane) ring, roomy;
    STAILQ_ENTRY(lane) kicked;
    struct http *owner;
    CURLM *multi; /* NULL = it is not open: nothing used it for long */
    enum lane_kind kind;
    int64_t due_ms;      /* loop time of libcurl's next timer; -1 = none */
    int64_t used_ms;     /* loop time: when its last request was taken off */
    unsigned busy, idle; /* requests; connections without one */
    bool is_roomy;       /* these are less than it should have */
    bool kick;           /* transfers were added in this turn */
    LIST_HEAD(, berth) berths, claimed;
    struct pin *pins;
    TAILQ_HEAD(, pin) pins_used; /* least recently used first */
};

/* Those of one kind. What is more than all should have goes round. */
struct lanes {
    TAILQ_HEAD(, lane) ring, roomy;
    unsigned connections; /* so many they should have */
};

/* What a host has on one lane; there as long as it has anything. */
struct berth {
    LIST_ENTRY(berth) of_lane, of_host, claims;
    struct host *host; /* held */
    struct lane *lane;
    LIST_HEAD(, sock) socks;
    unsigned refs;    /* requests with libcurl, sockets */
    unsigned idle;    /* connections */
    unsigned claimed; /* of these, by requests that libcurl did not look at */
    bool is_free;     /* some are left */
};

/* Where idle connections of a host are; there as long as it has any berth. Two
 * hosts of one hash share it, which costs them connections. */
struct host {
    SLIST_ENTRY(host) next;
    struct http *http;
    uint32_t hash;
    unsigned refs;
    LIST_HEAD(, berth) free;
    int64_t serial_until_ms; /* loop time: before it HTTP/2 is not asked for,
                                as there is none */
};
SLIST_HEAD(hosts, host);

/* http_lane.c */

/* The lane for one more connection, open; NULL when out of memory. */
struct lane *lane_roomy(struct http *h, bool secure);

/* Makes its multi handle; false likewise. */
bool lane_open(struct lane *lane);

/* Closes the connections of a lane without transfers. */
void lane_close(struct lane *lane);

/* Before all others, and after them. */
void lanes_open(struct http *h);
void lanes_close(struct http *h);

/* Closes one that nothing used for as long as a connection may be idle; others
 * have their turn first. libcurl closes old connections only when it has
 * another request for their lane. */
void lanes_age(struct http *h);

/* So many requests and idle connections more. */
void lane_count(struct lane *lane, int busy, int idle);

/* Something was added: it starts with the turn's flush. */
void lane_kick(struct lane *lane);
void lanes_flush(struct http *h);

/* Tells libcurl of events on the socket, or with CURL_SOCKET_TIMEOUT of time,
 * and reports what ended by it. */
void lane_act(struct lane *lane, curl_socket_t fd, int events);

/* Takes a transfer back from libcurl. */
void lane_take_off(struct http_ticket *t);

/* Ends a transfer that libcurl will not end; its end is told with the early
 * ones. */
void lane_fail(struct http_ticket *t, CURLcode code);

/* http_timer.c */

/* CURLMOPT_TIMERFUNCTION of each lane. */
int lane_note_timer(CURLM *multi, long timeout_ms, void *lane);

/* Arms the loop's timer for the earliest of all lanes. */
void lane_arm_timer(struct http *h);

/* http_spread.c */

/* Finds the host or makes it; NULL when out of memory. */
struct host *host_hold(struct http *h, uint32_t hash);
void host_drop(struct host **host);

/* Where one more request of the host goes: where a connection is idle, or else
 * where one more costs least. NULL when out of memory. */
struct berth *berth_choose(struct host *host, bool secure);

/* The host's berth on this lane, found or made; NULL likewise. */
struct berth *berth_hold(struct host *host, struct lane *lane);
struct berth *berth_ref(struct berth *berth);
void berth_drop(struct berth **berth);

/* A request is added to its lane, or taken off it. */
void berth_begin(struct berth *berth);
void berth_end(struct berth *berth);

/* A connection becomes idle; it is used again or gone. */
void berth_offer(struct berth *berth);
void berth_withdraw(struct berth *berth);

/* libcurl has looked at all that was added to the lane: what claimed a
 * connection has it. */
void berths_settle(struct lane *lane);

#endif
