#include "service/files.h"

#include "base/log.h"

#include <sys/resource.h>

/* Redis, the ops port, name servers, logs, event loops. */
enum { FILES_BESIDES = 256 };

/* libcurl has some of its own for every few connections. */
enum { CONNECTIONS_A_FILE = 7 };

/* A socket for each call under way and each connection kept, as libcurl closes
 * one of these only when one more comes back; and some beside. */
uint64_t files_wanted(const struct config *c)
{
    uint64_t kept = c->http.max_connections;
    uint64_t each = c->in_flight + kept + kept / CONNECTIONS_A_FILE;

    return each * c->workers + FILES_BESIDES;
}

void files_raise(const struct config *c)
{
    uint64_t wanted = files_wanted(c);
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
        return;
    files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : (rlim_t)wanted;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < wanted)
        log_warn("fewer files may be open than in_flight and "
                 "network.max_connections may need: raise the hard limit "
                 "(LimitNOFILE=, ulimit -Hn)",
                 LOG_NUMBER("wanted", (int64_t)wanted),
                 LOG_NUMBER("limit", (int64_t)files.rlim_cur));
}
