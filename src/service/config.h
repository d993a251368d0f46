/* The configuration: one table (service/config_table.h) drives reading,
 * defaults, checks and the shipped config/extq.yaml. */
#ifndef EXTQ_SERVICE_CONFIG_H
#define EXTQ_SERVICE_CONFIG_H

#include "base/log.h"
#include "link/discovery.h"
#include "link/redis.h"
#include "model/policy.h"
#include "stages/resolve.h"

enum { QUEUES_MAX = 32, CONFIG_PATH_MAX = 1024 };

struct queue_config {
    char name[65];
    uint32_t weight; /* 1 to 1000: share of the slots while all have work */
};

struct point_config {
    char name[IDENT_MAX + 1];
    struct policy policy;
};

/* An extension with signing keys of its own. */
struct signed_extension {
    const struct extension_key *key; /* borrowed */
    struct signer *signer;           /* owned */
};

/* Where attempts are told as spans. */
struct tracing_config {
    char url[CONFIG_PATH_MAX]; /* with its path; empty = nowhere */
    char headers_file[CONFIG_PATH_MAX];
    char headers[SECRET_MAX + 1]; /* "name: value" lines, once they are read */
    char service[65];             /* service.name */
    uint32_t share; /* percent of the jobs that bring no trace of their own */
};

struct config {
    char path[CONFIG_PATH_MAX]; /* the file; empty = defaults only */

    char redis_url[CONFIG_PATH_MAX]; /* as written; embedded:// allowed */
    bool embedded;                   /* start our own redis-server */
    char embedded_dir[CONFIG_PATH_MAX];
    struct redis_address redis; /* where to connect, embedded included */
    char prefix[65];
    struct redis_files redis_files; /* also in redis, but for embedded */
    bool allow_eviction; /* maxmemory-policy other than noeviction is fine */
    int64_t redis_connect_ms, redis_reply_ms;

    struct queue_config queues[QUEUES_MAX];
    size_t queue_count;

    uint32_t workers;             /* threads; never 0 after config_read */
    uint32_t in_flight;           /* per worker */
    uint32_t container_in_flight; /* over all services; 0 = a quarter of each
                                     one's slots */
    uint32_t claim_batch;
    int64_t lease_ms;
    uint32_t max_claims; /* more claims than this without an end: the job
                            kills its workers */
    int64_t drain_ms;
    size_t outcomes_max; /* stream length, about */
    size_t dead_max;
    int64_t dead_age_ms;
    size_t body_keep;  /* bytes of the answer kept in an outcome */
    size_t answer_max; /* bytes of an answer read at most */
    char name[65];     /* of this service in outcomes; default the host */

    struct discovery_options discovery;
    struct resolve_options cache;
    char cache_key_file[CONFIG_PATH_MAX], cache_old_key_file[CONFIG_PATH_MAX];
    struct seal seal; /* what is in them; without keys until they are read */
    struct listed_extension *extensions; /* owned */
    size_t extension_count;
    struct signed_extension *signed_extensions; /* owned, sorted by key */
    size_t signed_count;

    struct policy default_policy;
    struct point_config *points; /* owned */
    size_t point_count;

    struct http_options http;
    char ops_listen[256]; /* host:port of the ops port; empty = none */
    int64_t ops_stuck_ms; /* a loop that stands still for longer is not well */
    char ops_hosts[CONFIG_PATH_MAX]; /* separated by commas */
    char ops_token_file[CONFIG_PATH_MAX];
    char ops_token[SECRET_MAX + 1]; /* empty until it is read, or for none */

    struct tracing_config tracing;

    enum log_level log_level;
    enum log_format log_format;
};

/* Reads the file (path NULL or "" = no file: defaults and environment only),
 * then the environment overrides EXTQ_*, then derives what is derived (cores,
 * addresses, the embedded folder). On ERR_CONFIG *why is one line for people:
 * "file:line:column: key: what is wrong (did you mean ...?)"; *ret is then
 * untouched. *ret is heap-owned: config_close. */
enum err config_read(const char *path, struct config **ret,
                     struct why *why) must_check;

/* Reads the files that hold secrets, which is not config_read's: whoever asks
 * for the configuration may not see them. ERR_IO, ERR_SYNTAX and ERR_CONFIG
 * name the file and never its content.
 *   password       nowhere: whoever connects reads it again
 *   cache keys     into seal
 *   secrets        both, and signing keys into the signers of points and
 *                  extensions, the ops token into ops_token, the collector's
 *                  headers into tracing.headers */
enum err config_read_password(struct config *c, struct why *why) must_check;
enum err config_read_cache_keys(struct config *c, struct why *why) must_check;
enum err config_read_secrets(struct config *c, struct why *why) must_check;

/* Who signs calls of that extension, whose point has that policy; NULL =
 * nobody. Borrowed. */
const struct signer *config_signer(const struct config *c,
                                   const struct policy *policy,
                                   const char *container, const char *point);

/* The policy of a point: its own, or the default. Borrowed. */
const struct policy *config_policy(const struct config *c, const char *point);

/* What was found out about Redis while the other one was in use, if it is the
 * same Redis. */
void config_inherit(struct config *c, const struct config *from);

/* Frees and wipes; NULL is fine; sets the pointer to NULL. */
void config_close(struct config **c);

/* The file a command uses: the -c option, $EXTQ_CONFIG, /etc/extq/extq.yaml
 * when it is there, config/extq.yaml when it is there, else "". */
const char *config_find(const char *option);

/* Durations and sizes as written in the file: "250ms", "20s", "5m", "1h",
 * "7d", "0"; "512", "64KiB", "10MiB". ERR_SYNTAX. */
enum err config_duration(struct span text, int64_t *ret_ms) must_check;
enum err config_size(struct span text, size_t *ret_bytes) must_check;

#endif
