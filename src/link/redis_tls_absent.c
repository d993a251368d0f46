/* In place of redis_tls.c where hiredis has no TLS. */
#include "link/redis_tls.h"

bool redis_tls_is_built(void)
{
    return false;
}

enum err redis_tls_start(struct redisContext *c, const struct redis_address *a,
                         const char *host, struct ssl_st **ret, struct why *why)
{
    (void)c;
    (void)ret;
    (void)a;
    (void)host;
    return why_set(why, ERR_REDIS, "this extq was built without TLS to Redis");
}

const char *redis_tls_complaint(const struct ssl_st *session)
{
    (void)session;
    return NULL;
}
