/* The one hardened HTTP client: for extensions and discovery alike.
 *
 * One per event loop. URLs parsed by curl_url alone; names resolved by link/dns
 * and all their addresses vetted, then again the real sockaddr at dial time and
 * before each request; no redirects, environment proxy, cookies, netrc,
 * decompression; TLS 1.2 or newer, verified; one deadline from DNS to the last
 * byte; bodies and headers bounded. libcurl stays behind it. */
#ifndef EXTQ_LINK_HTTP_H
#define EXTQ_LINK_HTTP_H

#include "base/err.h"
#include "link/dns.h"
#include "model/address.h"
#include "model/attempt.h"

#include <uv.h>

struct http;
struct http_target;
struct redis_nodes;

enum { HTTP_DOORS = 10 };

/* Where extq itself connects to or listens: refused even where allowed. An
 * empty host = none; a name is looked up. */
struct http_door {
    char host[256];
    uint16_t port;
};

struct http_options {
    struct address_policy addresses;
    struct port_policy ports;
    struct http_door doors[HTTP_DOORS];
    struct redis_nodes *nodes; /* further doors, found by and by; borrowed, NULL
                                  = none */
    struct dns_options dns;
    bool allow_http;    /* plain http besides https */
    char ca_file[1024]; /* empty = the system's bundle */
    char user_agent[64];
    unsigned max_connections; /* kept open, busy and idle */
    int64_t idle_ms;          /* an idle connection older than this closes */
    int64_t life_ms;          /* no connection is reused after this age */
};

/* Once per process, before any thread and after all of them. */
void http_global_open(void);
void http_global_close(void);

/* "libcurl/8.14.1 OpenSSL/3.5.4 ..."; static text. */
const char *http_version(void);

/* ERR_MEMORY, ERR_IO. options is copied. */
enum err http_open(uv_loop_t *loop, const struct http_options *options,
                   struct http **ret) must_check;

/* Starts what http_send queued in this turn; call at the end of a turn. */
void http_flush(struct http *h);

/* Requests under way. */
unsigned http_busy(const struct http *h);

/* Drops every request (their done is called with ATTEMPT_RESET) and closes.
 * Memory goes when the loop has run its close callbacks. Sets *h to NULL. */
void http_close(struct http **h);

/* A vetted URL with its bearer, prepared once and used for many requests.
 * bearer NULL = no Authorization header. ERR_SYNTAX when the URL is refused:
 * scheme, userinfo, fragment, control bytes, length, host form; *why says
 * what. The target is reference-counted by its requests: close it any time. */
enum err http_target_open(const struct http_options *options, const char *url,
                          const char *bearer, struct http_target **ret,
                          struct why *why) must_check;
void http_target_close(struct http_target **t);

/* The URL's host in lower case, without a dot at its end; "" when it is an
 * address. Lives as long as the target. */
const char *http_target_host(const struct http_target *t);

struct http_request {
    struct http_target *target;
    const char *method;         /* static or outliving the request */
    const char *content_type;   /* NULL = no body; outlives the request */
    const char *accept;         /* NULL = not sent */
    struct span body;           /* outlives the request */
    const char *const *headers; /* "name: value", NULL-terminated; outlive the
                                   request; no CR, LF or control bytes */
    const char *tenant; /* who is charged for looking the name up; NULL = the
                           operator; need not outlive http_send */
    int64_t connect_ms; /* both from http_send on */
    int64_t total_ms;
    size_t keep_bytes;  /* of the answer's body, for the caller */
    size_t cap_bytes;   /* reading stops here: the connection is closed, the
                           attempt stays ANSWERED with body_cut */
    bool secret_answer; /* the body is wiped when done has returned */
    bool http2; /* over TLS, where the server agrees; otherwise HTTP/1.1 */
    void *arg;
    void (*done)(void *arg, const struct attempt *attempt); /* exactly once,
                          from the loop, never from inside http_send; attempt
                          and its body live for the call */
};

struct http_ticket;

/* Queues the request (the struct is copied). *ret_ticket may be used for
 * http_cancel until done was called. ERR_MEMORY, ERR_SYNTAX (header bytes). */
enum err http_send(struct http *h, const struct http_request *request,
                   struct http_ticket **ret_ticket) must_check;

/* Ends the request now; done is called with ATTEMPT_RESET before this
 * returns, whatever had come. */
void http_cancel(struct http_ticket *ticket);

/* How connections were used since http_open. */
struct http_stats {
    uint64_t reused, opened, handshakes;
    uint64_t http2;              /* requests by it */
    uint64_t slices;             /* of answers that had let others go first */
    uint64_t handshakes_put_off; /* by a turn of the loop */
};
struct http_stats http_stats(const struct http *h);

#endif
