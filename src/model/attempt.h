/* One HTTP call as it was measured: facts only, no judgement. */
#ifndef EXTQ_MODEL_ATTEMPT_H
#define EXTQ_MODEL_ATTEMPT_H

#include "base/span.h"

/* How the exchange ended, in the order of how far it got. */
enum attempt_end {
    ATTEMPT_BLOCKED,     /* address policy refused to connect */
    ATTEMPT_UNREACHABLE, /* DNS, connect or TLS failed: nothing was sent */
    ATTEMPT_TIMEOUT,     /* the deadline passed after sending began */
    ATTEMPT_RESET,       /* broken off after sending began: fate unknown */
    ATTEMPT_GARBLED,     /* the answer was not HTTP, or broke its limits */
    ATTEMPT_ANSWERED,    /* a status line came; the body may be cut */
};

enum {
    ATTEMPT_ERROR_MAX = 256,
    ATTEMPT_SOURCE_MAX = 32,
    ATTEMPT_HEADERS_MAX = 1024,
};

struct attempt {
    enum attempt_end end;
    int status;             /* HTTP status; 0 unless answered */
    int64_t retry_after_ms; /* 0 = none */
    struct span body;       /* first bytes of the answer, as sent */
    bool body_cut;          /* more followed, or the body broke off */
    bool reused;            /* on a connection that was open */
    int64_t started_ms;     /* unix ms, server's clock */
    int64_t dns_us, connect_us, tls_us, ttfb_us, total_us; /* phases; 0 = not
                                                               reached */
    char error[ATTEMPT_ERROR_MAX];     /* what failed, in words; may be empty */
    char source[ATTEMPT_SOURCE_MAX];   /* x-wt-response-source in lower case;
                                          empty = absent */
    char headers[ATTEMPT_HEADERS_MAX]; /* what the platform's support asks for:
                                          "name=value; name=value", cleaned and
                                          cut; empty = none came */
};

#endif
