/* What tests of the HTTP client with a peer that behaves begin with: both, and
 * one exchange between them. */
#ifndef EXTQ_SUPPORT_WEB_CASE_H
#define EXTQ_SUPPORT_WEB_CASE_H

#include "support/peer.h"
#include "support/web.h"

static struct web w;
static struct peer *peer;
static struct exchange x;

static inline void open_web(void)
{
    web_open(&w);
    web_start(&w);
    peer = peer_open();
}

static inline void close_web(void)
{
    web_close(&w);
    peer_close(&peer);
}

#endif
