/* A scripted HTTP/1.1 peer on 127.0.0.1: real TCP, one thread of its own,
 * thousands of connections. It answers by rules, misbehaves when told to, and
 * keeps a ledger of every request it read. */
#ifndef EXTQ_SUPPORT_PEER_H
#define EXTQ_SUPPORT_PEER_H

#include "support/ledger.h"

enum peer_act {
    PEER_ANSWER,        /* head, body, connection kept open */
    PEER_HANG,          /* reads the request and never answers */
    PEER_RESET,         /* RST instead of an answer */
    PEER_RESET_IN_HEAD, /* half a head, then RST */
    PEER_RESET_IN_BODY, /* head and half the body, then RST */
    PEER_CUT_IN_BODY,   /* head and half the body, then an orderly end */
    PEER_RAW,           /* body is the whole answer, head included, or whatever
                           it is; then an orderly end */
    PEER_ENDLESS,       /* a chunked body that never ends, as fast as read */
    PEER_DRIP,          /* head, then one byte of a long body per drip_ms */
};

/* What to do with the requests of a path. Zero is the default of each field.
 * Texts are borrowed and must outlive the peer. */
struct peer_rule {
    const char *path;   /* without the query; a last '*' matches any rest;
                           NULL = every path */
    const char *method; /* NULL = every method */
    enum peer_act act;
    int status;          /* 0 = 200 */
    const char *headers; /* more lines, each ending in "\r\n"; NULL = none */
    const char *body;    /* NULL = empty */
    size_t body_len;     /* 0 = strlen(body) */
    int64_t delay_ms;    /* before the first byte of the answer */
    int64_t drip_ms;     /* for PEER_DRIP */
    unsigned fail_first; /* the first requests of this rule get fail_status */
    int fail_status;     /* 0 = 503 */
    bool close;          /* says "Connection: close", and does */
    bool drop;           /* closes after the answer without having said so */
    /* May change the answer to one request (not fail_first). Runs in the
     * peer's thread; texts it sets must live on: scratch is there for them. */
    void (*script)(void *arg, const struct peer_request *request,
                   struct peer_rule *answer);
    void *arg;
    char scratch[4096];
};

struct peer;

/* Starts listening on a port of the system's choice. Paths without a rule get
 * 404. Fails the test when it cannot. */
struct peer *peer_open(void);

/* Ends it: open connections are closed; sets *p to NULL; NULL is fine. The
 * ledger goes with it. */
void peer_close(struct peer **p);

/* Adds a rule; any time. Of several that match, the last added counts. The
 * rule is copied. At most 64 rules. */
void peer_add(struct peer *p, const struct peer_rule *rule);

/* peer_add of a literal: peer_on(p, .path = "/lead", .status = 204). */
#define peer_on(p, ...) peer_add((p), &(struct peer_rule){__VA_ARGS__})

int peer_port(const struct peer *p);

/* "http://127.0.0.1:<port><path>", by value. */
struct peer_url {
    char text[512];
};
struct peer_url peer_url(const struct peer *p, const char *path);

/* The requests read so far; lives as long as the peer. */
struct ledger *peer_ledger(struct peer *p);

/* Connections accepted since the start, and open now. */
unsigned peer_connections(struct peer *p);
unsigned peer_open_connections(struct peer *p);

/* A port of 127.0.0.1 where connecting is refused, as long as the test
 * runs. */
int refused_port(void);

#endif
