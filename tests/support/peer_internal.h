/* What the two halves of the peer share: peer.c owns the loop, the rules and
 * the connections, peer_answer.c writes what a rule asks for. */
#ifndef EXTQ_SUPPORT_PEER_INTERNAL_H
#define EXTQ_SUPPORT_PEER_INTERNAL_H

#include "base/buf.h"
#include "support/peer.h"

#include <uv.h>

struct conn {
    uv_tcp_t tcp;
    uv_timer_t timer;
    struct peer *peer;
    unsigned number, turn;
    unsigned handles;     /* of tcp and timer, not closed yet */
    struct buf in;        /* read and not understood yet */
    struct peer_rule now; /* being carried out */
    bool busy;            /* an answer is under way: nothing is parsed */
    bool closing;
};

/* Carries out c->now; conn_done follows when the connection may be used
 * again. */
void conn_answer(struct conn *c);

/* The answer is out: the next request may be read. */
void conn_done(struct conn *c);

/* Ends the connection, in order or with RST. Safe to repeat. */
void conn_end(struct conn *c, bool reset);

/* Sends "100 Continue". */
void conn_continue(struct conn *c);

#endif
