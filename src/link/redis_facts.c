#include "link/redis_facts.h"

#include "link/info.h"

#include <string.h>

const char *const redis_facts_ask[5] = {"INFO", "server", "memory",
                                        "persistence", "replication"};

static enum redis_rewrite rewrite_of(struct span info)
{
    struct span enabled = info_field(info, "aof_enabled");
    struct span took = info_field(info, "aof_last_rewrite_time_sec");

    if (span_is(info_field(info, "loading"), "1") || !enabled.len || !took.len)
        return REWRITE_UNKNOWN;
    if (span_is(enabled, "0"))
        return REWRITE_NEEDLESS;
    if (span_is(info_field(info, "aof_rewrite_in_progress"), "1") ||
        span_is(info_field(info, "aof_rewrite_scheduled"), "1"))
        return REWRITE_UNDER_WAY;
    if (span_is(took, "-1"))
        return REWRITE_DUE;
    return span_is(info_field(info, "aof_last_bgrewrite_status"), "ok")
               ? REWRITE_NEEDLESS
               : REWRITE_FAILED;
}

/* Buffers of replicas and of the append-only file do not count. */
static void read_memory(struct span info, struct redis_facts *f)
{
    uint64_t aside = 0;

    (void)span_number(info_field(info, "maxmemory"), &f->limit_bytes);
    (void)span_number(info_field(info, "mem_not_counted_for_evict"), &aside);
    if (span_number(info_field(info, "used_memory"), &f->used_bytes))
        f->used_bytes -= aside < f->used_bytes ? aside : f->used_bytes;
}

struct redis_facts redis_facts_read(struct span info)
{
    struct redis_facts f = {.known = false};
    uint64_t seconds = 0;

    if (span_number(info_field(info, "uptime_in_seconds"), &seconds) &&
        seconds < INT32_MAX)
        f.uptime_ms = (int64_t)seconds * 1000;
    f.known = span_copy(info_field(info, "redis_version"), f.version,
                        sizeof f.version) &&
              f.version[0];
    span_copy(info_field(info, "maxmemory_policy"), f.eviction,
              sizeof f.eviction);
    span_copy(info_field(info, "role"), f.role, sizeof f.role);
    f.rewrite = rewrite_of(info);
    read_memory(info, &f);
    /* Valkey's name for it, and Redis's. */
    f.cluster = span_is(info_field(info, "server_mode"), "cluster") ||
                span_is(info_field(info, "redis_mode"), "cluster");
    f.aof = span_is(info_field(info, "aof_enabled"), "1");
    f.loading = span_is(info_field(info, "loading"), "1");
    return f;
}

enum err redis_facts_check(const struct redis_facts *f, bool allow_eviction,
                           struct why *why)
{
    struct span rest = span_of(f->version);
    uint64_t major = 0;

    if (span_number(span_cut(&rest, '.'), &major) && major < 7)
        return why_set(why, ERR_CONFIG,
                       "Redis %s is too old: extq needs 7.0 or newer, or "
                       "Valkey",
                       f->version);
    if (!f->eviction[0] || strcmp(f->eviction, "noeviction") == 0 ||
        allow_eviction)
        return ERR_OK;
    return why_set(why, ERR_CONFIG,
                   "Redis may drop jobs when it is full (maxmemory-policy is "
                   "%s): set it to noeviction, or say redis.allow_eviction: "
                   "true",
                   f->eviction);
}

enum err redis_facts_match(const struct redis_facts *f,
                           const struct redis_address *address, struct why *why)
{
    char place[REDIS_PLACE_TEXT_MAX];

    if (!f->cluster || address->cluster)
        return ERR_OK;
    redis_place_text(&address->place, place, sizeof place);
    return why_set(why, ERR_CONFIG,
                   "Redis is a node of a cluster: write cluster://%.256s, and "
                   "other nodes behind a comma, in redis.url",
                   address->place.host[0] ? place : "HOST:PORT");
}

bool redis_facts_full(const struct redis_facts *f)
{
    return f->limit_bytes > 0 && f->used_bytes >= f->limit_bytes;
}

const char *redis_facts_risk(const struct redis_facts *f)
{
    if (!f->known || f->aof || f->loading)
        return NULL;
    return "Redis keeps no append-only file (appendonly no): when it stops, "
           "jobs and outcomes since its last snapshot are lost";
}
