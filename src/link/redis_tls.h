/* TLS between us and Redis: 1.2 or newer, the server's certificate verified
 * and its name compared, which no version of hiredis does by itself.
 *
 * For the files of link/redis alone. */
#ifndef EXTQ_LINK_REDIS_TLS_H
#define EXTQ_LINK_REDIS_TLS_H

#include "link/redis_address.h"

struct redisContext;
struct ssl_st;

/* Whether this build can: Debian 12's hiredis has no TLS. */
bool redis_tls_is_built(void);

/* Puts TLS on a connection (connecting, or connected and blocking) to a server
 * that must prove to be `host`, with the files that the address names, read
 * now. A handshake's end shows in the context, which owns *ret. ERR_IO (a file,
 * with its path), ERR_REDIS, ERR_MEMORY. */
enum err redis_tls_start(struct redisContext *c, const struct redis_address *a,
                         const char *host, struct ssl_st **ret,
                         struct why *why) must_check;

/* What was wrong with the server's certificate, in words; NULL = nothing is
 * known of it. hiredis keeps it to itself. */
const char *redis_tls_complaint(const struct ssl_st *session);

#endif
