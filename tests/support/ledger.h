/* Every request that a peer read, in order of arrival: the witness that tests
 * count by. Safe from any thread. */
#ifndef EXTQ_SUPPORT_LEDGER_H
#define EXTQ_SUPPORT_LEDGER_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { PEER_HEADERS_MAX = 64 };

struct peer_header {
    const char *name, *value;
};

/* Owned by the ledger, never changed, lives as long as it. */
struct peer_request {
    char *head; /* owned; what the texts below point into */
    const char *method;
    const char *target; /* path and query as sent */
    const char *query;  /* behind the '?', or "" */
    char path[512];     /* before the '?' */
    struct peer_header headers[PEER_HEADERS_MAX];
    size_t header_count;
    char *body_bytes; /* owned; NUL-terminated */
    struct span body;
    int64_t at_us;       /* monotonic, when the last byte was read */
    unsigned connection; /* 1 = the first that was accepted */
    unsigned turn;       /* 1 = the first request on its connection */
};

/* The value of a header (any case), or NULL. */
const char *request_header(const struct peer_request *r, const char *name);

struct ledger;

/* How many requests of that path (without the query; NULL = all) came. */
size_t ledger_count(struct ledger *l, const char *path);

/* The i-th request of that path (NULL = of all), from 0; NULL when there are
 * fewer. */
const struct peer_request *ledger_at(struct ledger *l, const char *path,
                                     size_t i);

/* Waits until `count` requests of that path came, and returns the last of
 * them; fails the test after limit_ms. */
const struct peer_request *ledger_wait(struct ledger *l, const char *path,
                                       size_t count, int64_t limit_ms);

/* For support/peer.c. ledger_read parses "METHOD target HTTP/1.1\r\n..." up
 * to and without the empty line; NULL when it is none. */
struct ledger *ledger_open(void);
void ledger_close(struct ledger **l);
struct peer_request *ledger_read(struct span head);
void ledger_add(struct ledger *l, struct peer_request *r, struct span body);
void request_free(struct peer_request *r);

#endif
