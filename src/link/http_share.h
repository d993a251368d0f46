/* Connections that several requests share: HTTP/2.
 *
 * Such a connection belongs to no ticket, no bytes on it can be taken for
 * another's, and it is never offered as idle: libcurl finds it, as it is alone
 * or one of few. */
#ifndef EXTQ_LINK_HTTP_SHARE_H
#define EXTQ_LINK_HTTP_SHARE_H

#include "link/http_internal.h"

/* Whether the lane is one whose requests share connections. */
bool lane_multiplexes(const struct lane *lane);

/* The one of these whose turn it is, or NULL when the request has to have a
 * connection of its own. */
struct lane *share_lane(const struct http_ticket *t, const struct host *host);

/* To be called between turns: a lane whose connections are old gets no further
 * requests, and ends with the last it has. libcurl itself ends by age what is
 * idle, and a connection that is shared may never be. */
void share_renew(struct http *h);

/* Tells the ticket's handle what its lane asks of connections. */
void share_prepare(struct http_ticket *t, const struct lane *lane);

/* libcurl has it: it may wait there for others, and 7.88 looks at no deadline
 * of those that do. */
void share_wait(struct http_ticket *t);

/* Ends those that have waited for as long as they may. */
void share_expire(struct http *h);

/* The request goes out: notes on which connection, or that the server speaks
 * HTTP/1.1 only. */
void share_join(struct http_ticket *t);

/* It is over: those that waited for its connection, if it got none, do not
 * wait for another one's. */
void share_finish(struct http_ticket *t);

/* Those that wait for a connection to share go where each gets one, when the
 * server turned out to speak HTTP/1.1 only, or not at all. */
void share_recall(struct http *h);

/* Bytes of its answer's body came; and it is over. Nothing on a connection of
 * its own. */
void share_count(const struct http_ticket *t, size_t len);
void share_leave(struct http_ticket *t);

/* http_tls.c */

/* Whether the request's connection has agreed on HTTP/2. */
bool tls_speaks_http2(CURL *easy);

/* Whether connections can be asked that. */
bool tls_is_known(const struct http *h);

#endif
