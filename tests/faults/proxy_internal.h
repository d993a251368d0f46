/* What the two halves of the proxy share: proxy.c has the thread, the rules and
 * the counts, proxy_link.c one connection through it. */
#ifndef EXTQ_FAULTS_PROXY_INTERNAL_H
#define EXTQ_FAULTS_PROXY_INTERNAL_H

#include "base/buf.h"
#include "faults/proxy.h"
#include "faults/resp.h"

#include <poll.h>
#include <sys/queue.h>

/* A command whose reply is owed. */
struct debt {
    STAILQ_ENTRY(debt) next;
    bool struck; /* the rule below is for this one */
    bool here;   /* its reply does not come from Redis */
    struct proxy_rule rule;
};
STAILQ_HEAD(debts, debt);

struct link {
    struct proxy *proxy;
    unsigned number;
    int client, server;
    struct buf up, down;  /* read, and not understood yet */
    struct buf to_server; /* understood, and not sent yet */
    struct buf to_client;
    struct debts debts;
    int64_t hold_ms; /* monotonic: nothing reaches the client before */
    int64_t drip_ms; /* 0 = no drip */
    int64_t drip_due_ms;
    size_t drip_left;
    unsigned drip_rules; /* proxy_rules() when it began */
    bool frozen;         /* neither read nor written */
    bool left;           /* frozen, and the client has hung up */
    unsigned frozen_rules;
    bool cut_up;   /* what the client says is thrown away */
    bool cut_down; /* what Redis says is */
    bool ending;   /* closes when to_client is out */
};

/* proxy.c: counts the command; true when the rule strikes it. */
bool proxy_judge(struct proxy *p, const char *name, unsigned connection,
                 struct proxy_rule *ret);

/* proxy.c: how often rules have changed. */
unsigned proxy_rules(const struct proxy *p);

/* proxy_link.c. link_open connects to Redis; NULL when it is away (the client
 * is then closed). */
struct link *link_open(struct proxy *p, int client, const char *socket);
void link_close(struct link *l, bool reset);

/* What poll should look for, at either end. */
struct pollfd link_client_events(const struct link *l);
struct pollfd link_server_events(const struct link *l);

/* Moves on whatever can move; false when the link is over and closed. */
bool link_turn(struct link *l, short client, short server);

#endif
