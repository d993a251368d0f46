/* What a Redis server says of itself that decides whether jobs are safe in it:
 * read from the answer to INFO server memory persistence replication. */
#ifndef EXTQ_LINK_REDIS_FACTS_H
#define EXTQ_LINK_REDIS_FACTS_H

#include "base/err.h"
#include "base/span.h"
#include "link/redis_address.h"

/* What its append-only file's rewrite has come to since the server started. */
enum redis_rewrite {
    REWRITE_UNKNOWN,  /* or the data are still read */
    REWRITE_NEEDLESS, /* done, or there is no such file */
    REWRITE_DUE,      /* none was tried */
    REWRITE_UNDER_WAY,
    REWRITE_FAILED,
};

struct redis_facts {
    int64_t uptime_ms;                /* 0 = unknown */
    uint64_t used_bytes, limit_bytes; /* what counts towards maxmemory, and
                          that; 0 = no limit */
    char version[32];                 /* "7.0.15"; empty = unknown */
    char eviction[32];                /* maxmemory-policy; empty = unknown */
    char role[16];                    /* "master" or "slave"; empty = unknown */
    enum redis_rewrite rewrite;
    bool aof;     /* every acknowledged write survives a kill */
    bool loading; /* until its data are read, it denies having a log */
    bool cluster; /* it is a node of one */
    bool known;   /* the answer was INFO's at all */
};

/* Words of the command that asks, for redis_send and redis_ask. */
extern const char *const redis_facts_ask[5];

/* Reads INFO's text; what is missing stays unknown. */
struct redis_facts redis_facts_read(struct span info);

/* ERR_CONFIG, with what to do about it, when Redis may evict keys, or is older
 * than 7.0, whose functions extq needs. Unknown facts pass. */
enum err redis_facts_check(const struct redis_facts *facts, bool allow_eviction,
                           struct why *why) must_check;

/* ERR_CONFIG when it is a node of a cluster, and addressed as if it were not:
 * most keys would be refused. */
enum err redis_facts_match(const struct redis_facts *facts,
                           const struct redis_address *address,
                           struct why *why) must_check;

/* It is at its memory limit: producers are refused, and services, whose
 * functions may write over it, work off what is there. */
bool redis_facts_full(const struct redis_facts *facts);

/* What the server's settings can lose, in a sentence; NULL when a kill of the
 * server loses nothing acknowledged. */
const char *redis_facts_risk(const struct redis_facts *facts);

#endif
