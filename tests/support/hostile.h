/* Peers on 127.0.0.1 that misbehave by a script, each on a port of its own,
 * from the first byte of a connection (or of its TLS) to the last: what an HTTP
 * server that means well (support/peer.h) cannot be talked into. */
#ifndef EXTQ_SUPPORT_HOSTILE_H
#define EXTQ_SUPPORT_HOSTILE_H

#include "support/hostile_tls.h"

enum hostile_op {
    HOSTILE_END,     /* closes in order: the end of every script */
    HOSTILE_READ,    /* reads one request, its body included */
    HOSTILE_SAY,     /* the text, `times` times */
    HOSTILE_STORM,   /* the text without end, as fast as it is taken */
    HOSTILE_DRIP,    /* the text byte by byte without end, `ms` between */
    HOSTILE_WAIT,    /* lets `ms` pass */
    HOSTILE_HOLD,    /* reads and says nothing until the other side leaves */
    HOSTILE_DEAF,    /* does not even read */
    HOSTILE_SIP,     /* reads one byte every `ms` */
    HOSTILE_RESET,   /* RST */
    HOSTILE_SHUT,    /* closes its own direction only */
    HOSTILE_AGAIN,   /* back to the script's first step, on this connection */
    HOSTILE_TLS,     /* a handshake, with the script's credentials */
    HOSTILE_BYE,     /* TLS's close_notify */
    HOSTILE_RENEW,   /* TLS 1.2: begins another handshake */
    HOSTILE_TICKETS, /* TLS 1.3: `times` session tickets */
    HOSTILE_REKEY,   /* TLS 1.3: `times` key updates */
    HOSTILE_FULL,    /* first: never accepts, and its queue is full */
    HOSTILE_CLOSED,  /* first: nobody listens */
};

/* "@CANARY@" in a text stands for the port that nobody may ever reach. */
struct hostile_step {
    enum hostile_op op;
    const char *text;
    size_t len;
    unsigned times; /* 0 = once */
    int ms;
};

#define READ                                                                   \
    {                                                                          \
        .op = HOSTILE_READ                                                     \
    }
#define HOLD                                                                   \
    {                                                                          \
        .op = HOSTILE_HOLD                                                     \
    }
#define DEAF                                                                   \
    {                                                                          \
        .op = HOSTILE_DEAF                                                     \
    }
#define RESET                                                                  \
    {                                                                          \
        .op = HOSTILE_RESET                                                    \
    }
#define SHUT                                                                   \
    {                                                                          \
        .op = HOSTILE_SHUT                                                     \
    }
#define AGAIN                                                                  \
    {                                                                          \
        .op = HOSTILE_AGAIN                                                    \
    }
#define TLS                                                                    \
    {                                                                          \
        .op = HOSTILE_TLS                                                      \
    }
#define BYE                                                                    \
    {                                                                          \
        .op = HOSTILE_BYE                                                      \
    }
#define RENEW                                                                  \
    {                                                                          \
        .op = HOSTILE_RENEW                                                    \
    }
#define FULL                                                                   \
    {                                                                          \
        .op = HOSTILE_FULL                                                     \
    }
#define CLOSED                                                                 \
    {                                                                          \
        .op = HOSTILE_CLOSED                                                   \
    }
#define SIP(n)                                                                 \
    {                                                                          \
        .op = HOSTILE_SIP, .ms = (n)                                           \
    }
#define WAIT(n)                                                                \
    {                                                                          \
        .op = HOSTILE_WAIT, .ms = (n)                                          \
    }
#define SAY(literal)                                                           \
    {                                                                          \
        .op = HOSTILE_SAY, .text = (literal), .len = sizeof(literal) - 1       \
    }
#define SAY_TIMES(n, literal)                                                  \
    {                                                                          \
        .op = HOSTILE_SAY, .text = (literal), .len = sizeof(literal) - 1,      \
        .times = (n)                                                           \
    }
#define STORM(literal)                                                         \
    {                                                                          \
        .op = HOSTILE_STORM, .text = (literal), .len = sizeof(literal) - 1     \
    }
#define DRIP(n, literal)                                                       \
    {                                                                          \
        .op = HOSTILE_DRIP, .text = (literal), .len = sizeof(literal) - 1,     \
        .ms = (n)                                                              \
    }
#define TICKETS(n)                                                             \
    {                                                                          \
        .op = HOSTILE_TICKETS, .times = (n)                                    \
    }
#define REKEY(n)                                                               \
    {                                                                          \
        .op = HOSTILE_REKEY, .times = (n)                                      \
    }

enum { HOSTILE_STEPS = 10 };

struct hostile_script {
    struct hostile_step steps[HOSTILE_STEPS];
    enum hostile_credentials credentials;
};

struct hostile;
struct hostile_port;

/* kit is borrowed, NULL = no TLS. Fails the test when it cannot. The caller
 * closes it, which ends all connections; sets *h to NULL; NULL is fine. */
struct hostile *hostile_open(const struct hostile_kit *kit);
void hostile_close(struct hostile **h);

/* One more port with that script, which is borrowed; it lives as long as h. */
struct hostile_port *hostile_listen(struct hostile *h,
                                    const struct hostile_script *script);
int hostile_number(const struct hostile_port *p);

/* Connections it accepted, and whole requests it read. */
unsigned hostile_connections(struct hostile_port *p);
unsigned hostile_requests(struct hostile_port *p);

/* Connections to the port of which only redirects speak. */
unsigned hostile_canary(struct hostile *h);

#endif
