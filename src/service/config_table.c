#include "service/config_table.h"

#include "service/config.h"
#include "service/config_check.h"

/* Where a value goes: its struct, and the member in it. */
#define MEMBER(scope, type, m) scope, offsetof(type, m), sizeof(((type *)0)->m)

#define SERVICE(m)   MEMBER(SCOPE_SERVICE, struct config, m)
#define QUEUE(m)     MEMBER(SCOPE_QUEUE, struct queue_config, m)
#define EXTENSION(m) MEMBER(SCOPE_EXTENSION, struct listed_extension, m)
#define POINT(m)     MEMBER(SCOPE_POINT, struct policy, m)

/* One row each, by type: the columns that the type has no use for are empty. */
#define TEXT(path, where, text, unit, check, sentence)                         \
    {                                                                          \
        path, CONFIG_TEXT, where, 0, 0, text, unit, sentence, NULL, check      \
    }
#define CHOICE(path, where, words, text, sentence)                             \
    {                                                                          \
        path, CONFIG_TEXT, where, 0, 0, text, "", sentence, words, NULL        \
    }
#define PATH(path, where, sentence)                                            \
    {                                                                          \
        path, CONFIG_FILE, where, 0, 0, "", "path", sentence, NULL, NULL       \
    }
#define WORD(path, where, words, text, sentence)                               \
    {                                                                          \
        path, CONFIG_WORD, where, 0, 0, text, "", sentence, words, NULL        \
    }
#define COUNT(path, where, min, max, text, unit, sentence)                     \
    {                                                                          \
        path, CONFIG_COUNT, where, min, max, text, unit, sentence, NULL, NULL  \
    }
#define BYTES(path, where, min, max, text, sentence)                           \
    {                                                                          \
        path, CONFIG_BYTES, where, min, max, text, "size", sentence, NULL,     \
            NULL                                                               \
    }
#define SPAN(path, where, min, max, text, sentence)                            \
    {                                                                          \
        path, CONFIG_DURATION, where, min, max, text, "duration", sentence,    \
            NULL, NULL                                                         \
    }
#define RULE(path, class, text, sentence)                                      \
    {                                                                          \
        path, CONFIG_RULE, POINT(rules[class]), RULE_DEAD, POLICY_CALLS_MAX,   \
            text, "retry, dead or calls", sentence, NULL, NULL                 \
    }
#define LIST(path, type, where, min, max, text, unit, sentence)                \
    {                                                                          \
        path, type, where, min, max, text, unit, sentence, NULL, NULL          \
    }

#define SECONDS(n) ((int64_t)(n)*1000)
#define MINUTES(n) (SECONDS(n) * 60)
#define HOURS(n)   (MINUTES(n) * 60)
#define DAYS(n)    (HOURS(n) * 24)
#define KIB(n)     ((int64_t)(n)*1024)

/* In the order of their enums; a bool is no, yes. */
static const char *const bools[] = {"false", "true", NULL};
static const char *const backends[] = {"config", "http", "webtask", NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const formats[] = {"auto", "logfmt", "json", NULL};
static const char *const versions[] = {"1.1", "2", NULL};
static const char *const successes[] = {"2xx", "200", NULL};
static const char *const methods[] = {"POST",   "PUT", "PATCH",
                                      "DELETE", "GET", NULL};

static const struct config_key keys[] = {
    TEXT("redis.url", SERVICE(redis_url), "", "URL", check_redis_url,
         "Where Redis is; empty: a server of our own."),
    TEXT("redis.prefix", SERVICE(prefix), "extq", "name", check_queue_name,
         "The first part of every key."),
    PATH("redis.password_file", SERVICE(redis_files.password),
         "A file that holds the password, in one line."),
    PATH("redis.sentinel_password_file", SERVICE(redis_files.sentinel_password),
         "The same for Sentinels."),
    PATH("redis.ca_file", SERVICE(redis_files.ca),
         "CA certificates to trust for TLS; empty: the system's."),
    PATH("redis.cert_file", SERVICE(redis_files.cert),
         "The certificate to show, where Redis asks for one."),
    PATH("redis.key_file", SERVICE(redis_files.key),
         "That certificate's private key."),
    WORD("redis.allow_eviction", SERVICE(allow_eviction), bools, "false",
         "Work on a Redis that may drop keys when it is full."),
    SPAN("redis.connect_timeout", SERVICE(redis_connect_ms), 10, MINUTES(1),
         "2s", "A connection that takes longer has failed."),
    SPAN("redis.reply_timeout", SERVICE(redis_reply_ms), 10, MINUTES(5), "5s",
         "A reply that takes longer breaks the connection."),

    COUNT("queues.*.weight", QUEUE(weight), 1, 1000, "1", "shares",
          "Its share of the slots while all queues have work."),

    COUNT("workers", SERVICE(workers), 0, 256, "0", "threads",
          "Event loops; 0: one per core this process may use."),
    COUNT("in_flight", SERVICE(in_flight), 1, 65536, "256", "jobs",
          "How many jobs one worker holds at a time."),
    COUNT("container_in_flight", SERVICE(container_in_flight), 0, 10000000, "0",
          "jobs", "How many jobs of one container run, over all services."),
    COUNT("claim_batch", SERVICE(claim_batch), 1, 1000, "64", "jobs",
          "How many jobs one claim takes at most."),
    SPAN("lease", SERVICE(lease_ms), SECONDS(1), HOURS(1), "8s",
         "A process silent for so long has lost its jobs."),
    COUNT("max_claims", SERVICE(max_claims), 1, 1000, "5", "claims",
          "A job claimed more often without an end kills its workers."),
    SPAN("drain_timeout", SERVICE(drain_ms), 0, HOURS(1), "30s",
         "How long an orderly stop waits for jobs in flight."),
    TEXT("name", SERVICE(name), "", "name", check_word,
         "What outcomes call this service; empty: the host's name."),

    COUNT("outcomes.max", SERVICE(outcomes_max), 1, 1000000000, "100000",
          "entries", "How many outcomes a queue's stream keeps, about."),
    BYTES("outcomes.body", SERVICE(body_keep), 0, KIB(4), "512",
          "How much of an answer an outcome quotes."),
    COUNT("dead.max", SERVICE(dead_max), 1, 1000000000, "100000", "jobs",
          "How many dead jobs a queue keeps, about."),
    SPAN("dead.age", SERVICE(dead_age_ms), SECONDS(1), DAYS(3650), "30d",
         "How long a dead job is kept."),
    BYTES("answer_max", SERVICE(answer_max), 1, KIB(64 * 1024), "256KiB",
          "Reading an answer stops here and closes its connection."),

    WORD("discovery.backend", SERVICE(discovery.backend), backends, "config",
         "Who knows the extensions."),
    TEXT("discovery.url", SERVICE(discovery.url), "", "URL", check_url_or_none,
         "Whom to ask; not for backend config."),
    PATH("discovery.token_file", SERVICE(discovery.token_file),
         "The bearer token: a file, or a folder with one per container."),
    TEXT("discovery.hosts", SERVICE(discovery.hosts), "", "domains",
         check_domains, "webtask: where else extensions may be; *: anywhere."),
    TEXT("discovery.meta_key", SERVICE(discovery.meta_key),
         "auth0-extension-type", "name", check_meta_key,
         "webtask: the metadata that names an extension's point."),
    TEXT("discovery.url_pointer", SERVICE(discovery.url_pointer), "/url",
         "JSON pointer", check_pointer,
         "http: where the extension's URL stands in the answer."),
    TEXT("discovery.secret_pointer", SERVICE(discovery.secret_pointer),
         "/secret", "JSON pointer", check_pointer_or_none,
         "http: where its secret stands; empty: none is sent."),
    SPAN("discovery.timeout", SERVICE(discovery.timeout_ms), 10, MINUTES(5),
         "10s", "The longest a question may take, all its pages."),

    SPAN("cache.fresh", SERVICE(cache.fresh_ms), 0, DAYS(30), "5m",
         "So long a found extension is used without asking again."),
    SPAN("cache.none", SERVICE(cache.none_ms), 0, DAYS(30), "30s",
         "The same for \"no extension is installed\"."),
    SPAN("cache.stale", SERVICE(cache.stale_ms), 0, DAYS(365), "24h",
         "So much longer it is used while discovery fails."),
    SPAN("cache.retry", SERVICE(cache.retry_ms), 0, HOURS(1), "5s",
         "So long discovery is left alone after it failed."),
    COUNT("cache.jitter", SERVICE(cache.jitter), 0, 100, "20", "percent",
          "Taken off the times above at random, at most."),
    SPAN("cache.local", SERVICE(cache.local_ms), 0, HOURS(1), "10s",
         "So long a worker believes its own memory before Redis."),
    COUNT("cache.local_max", SERVICE(cache.local_max), 1, 1000000, "4096",
          "extensions", "How many a worker remembers."),
    PATH("cache.key_file", SERVICE(cache_key_file),
         "The key that seals what lies in Redis; empty: secrets lie open."),
    PATH("cache.old_key_file", SERVICE(cache_old_key_file),
         "The key before this one: it still opens, and seals no more."),

    TEXT("extensions.*.container", EXTENSION(key.container), NULL, "name",
         check_name, "Whose extension it is."),
    TEXT("extensions.*.point", EXTENSION(key.point), NULL, "name", check_name,
         "Which extensibility point it serves."),
    TEXT("extensions.*.url", EXTENSION(url), NULL, "URL", check_url,
         "Where its calls go."),
    PATH("extensions.*.secret_file", EXTENSION(secret_file),
         "A file that holds its secret, in one line."),
    LIST("extensions.*.signing_keys", CONFIG_FILES, EXTENSION(signing_keys), 0,
         0, "", "list of paths", "Its own keys instead of its point's."),

    CHOICE("points.*.method", POINT(method), methods, "POST",
           "The HTTP method."),
    TEXT("points.*.content_type", POINT(content_type), "application/json",
         "type", check_content_type, "What the request says its body is."),
    SPAN("points.*.connect_timeout", POINT(connect_ms), 1, MINUTES(5), "5s",
         "The longest DNS, TCP and TLS may take together."),
    SPAN("points.*.timeout", POINT(total_ms), 1, HOURS(1), "20s",
         "The longest a call may take, to the answer's last byte."),
    WORD("points.*.http_version", POINT(http2), versions, "1.1",
         "The newest HTTP to speak; 2: over TLS, where the server does too."),
    WORD("points.*.success", POINT(only_200), successes, "2xx",
         "Which statuses are a success."),
    WORD("points.*.json_answer", POINT(json_answer), bools, "false",
         "Whether a success needs a body that is JSON, or empty."),
    WORD("points.*.envelope", POINT(envelope), bools, "false",
         "Whether a 200 may say in its body that it failed."),
    LIST("points.*.signing_keys", CONFIG_FILES, POINT(signing_keys), 0, 0, "",
         "list of paths", "Files with the keys that sign calls, newest first."),
    COUNT("points.*.retry.attempts", POINT(retry.attempts), 1, 1000, "8",
          "calls", "HTTP calls in all, the first included."),
    SPAN("points.*.retry.base", POINT(retry.base_ms), 0, DAYS(30), "5s",
         "The wait after the first failure; it doubles each time."),
    SPAN("points.*.retry.cap", POINT(retry.cap_ms), 0, DAYS(30), "1h",
         "No wait is longer."),
    COUNT("points.*.retry.jitter", POINT(retry.jitter), 0, 100, "20", "percent",
          "Taken off a wait at random, at most."),
    SPAN("points.*.retry.max_age", POINT(retry.max_age_ms), 0, DAYS(365), "24h",
         "No retry is due later after the first claim; 0: no bound."),
    SPAN("points.*.retry.hint_cap", POINT(retry.hint_cap_ms), 0, DAYS(365),
         "24h", "A Retry-After counts for no more than this; 0: no bound."),
    LIST("points.*.retry.schedule", CONFIG_WAITS, POINT(retry), 0, DAYS(30), "",
         "list of durations", "Explicit waits instead of doubling."),
    RULE("points.*.rules.unreachable", CLASS_UNREACHABLE, "retry",
         "No connection: DNS, TCP or TLS failed, nothing was sent."),
    RULE("points.*.rules.timeout", CLASS_TIMEOUT, "retry",
         "No answer in time: it may have been processed."),
    RULE("points.*.rules.reset", CLASS_RESET, "retry",
         "The connection broke off: it may have been processed."),
    RULE("points.*.rules.platform_error", CLASS_PLATFORM_ERROR, "retry",
         "5xx or 408, and not by the extension's own code."),
    RULE("points.*.rules.throttled", CLASS_THROTTLED, "retry",
         "429, and not by the extension: such calls do not count."),
    RULE("points.*.rules.unauthorized", CLASS_UNAUTHORIZED, "2",
         "401 or 403, or the secret is refused."),
    RULE("points.*.rules.not_found", CLASS_NOT_FOUND, "2",
         "404: nothing is there."),
    RULE("points.*.rules.gone", CLASS_GONE, "2",
         "410: stops the extension; one fewer by its own code."),
    RULE("points.*.rules.compile_error", CLASS_COMPILE_ERROR, "dead",
         "The extension's code does not compile."),
    RULE("points.*.rules.rejected", CLASS_REJECTED, "dead",
         "Any other 4xx: the request or its payload."),
    RULE("points.*.rules.redirect", CLASS_REDIRECT, "dead",
         "3xx: never followed."),
    RULE("points.*.rules.invalid_response", CLASS_INVALID_RESPONSE, "dead",
         "Not HTTP, or not what counts as a success here."),
    RULE("points.*.rules.extension_error", CLASS_EXTENSION_ERROR, "3",
         "5xx by the extension's own code."),
    RULE("points.*.rules.extension_crash", CLASS_EXTENSION_CRASH, "3",
         "Its process died; one fewer when it threw by itself."),
    RULE("points.*.rules.extension_busy", CLASS_EXTENSION_BUSY, "3",
         "429 or 503 by the extension's own code."),
    RULE("points.*.rules.blocked_address", CLASS_BLOCKED_ADDRESS, "dead",
         "The extension's address is not permitted."),
    RULE("points.*.rules.discovery_failed", CLASS_DISCOVERY_FAILED, "retry",
         "Nobody says where it is: counts tries of discovery."),
    {"points.*.rules.no_extension", CONFIG_RULE,
     POINT(rules[CLASS_NO_EXTENSION]), RULE_SKIP, POLICY_CALLS_MAX, "skip",
     "skip, retry, dead or calls",
     "None is installed; otherwise counts tries of discovery.", NULL, NULL},
    COUNT("points.*.in_flight", POINT(in_flight), 0, 10000000, "0", "calls",
          "How many calls of one extension run, over all services."),
    COUNT("points.*.rate", POINT(rate), 0, 1000000, "0", "calls a second",
          "How many calls of one extension begin, over all services."),
    COUNT("points.*.circuit.failures", POINT(circuit.failures), 0, 100, "50",
          "percent", "So many failures open an extension's circuit; 0: none."),
    COUNT("points.*.circuit.calls", POINT(circuit.calls), 1, 1000000, "20",
          "calls", "Fewer calls than this open no circuit."),
    SPAN("points.*.circuit.window", POINT(circuit.window_ms), 10, DAYS(1), "1m",
         "Calls longer ago than this are not counted."),
    SPAN("points.*.circuit.wait", POINT(circuit.wait_ms), 10, DAYS(1), "5s",
         "How long an open circuit waits before it tries one job."),
    SPAN("points.*.circuit.cap", POINT(circuit.cap_ms), 10, DAYS(1), "2m",
         "No such wait is longer."),

    LIST("network.allow", CONFIG_RANGES, SERVICE(http.addresses), 0, 0, "",
         "list of CIDRs", "Private addresses that may be called after all."),
    LIST("network.schemes", CONFIG_SCHEMES, SERVICE(http.allow_http), 0, 0,
         "https", "list of https, http", "Which URLs may be called."),
    LIST("network.ports", CONFIG_PORTS, SERVICE(http.ports), 0, 0,
         "443,80,1024-65535", "list of ports and ranges",
         "Which ports URLs may name; none listed: every port."),
    TEXT("network.dns", SERVICE(http.dns.servers), "", "addresses",
         check_servers, "The name servers; empty: those of the system."),
    PATH("network.ca_file", SERVICE(http.ca_file),
         "The certificate authorities; empty: the system's."),
    SPAN("network.idle", SERVICE(http.idle_ms), 0, HOURS(1), "60s",
         "An idle connection older than this closes."),
    SPAN("network.life", SERVICE(http.life_ms), SECONDS(1), DAYS(7), "5m",
         "No connection is reused after this age."),
    COUNT("network.max_connections", SERVICE(http.max_connections), 0, 131072,
          "0", "connections",
          "Kept open per worker, with TLS and without it each; 0: twice "
          "in_flight."),

    TEXT("ops.listen", SERVICE(ops_listen), "127.0.0.1:9464", "host:port",
         check_listen, "Where the ops port listens; empty: nowhere."),
    SPAN("ops.stuck", SERVICE(ops_stuck_ms), 100, HOURS(1), "10s",
         "A loop that stands still for longer is not healthy."),
    TEXT("ops.hosts", SERVICE(ops_hosts), "", "names", check_hosts,
         "Under which names browsers may open the page."),
    PATH("ops.token_file", SERVICE(ops_token_file),
         "The admin token, for retry and drop on the page."),

    TEXT("tracing.otlp_url", SERVICE(tracing.url), "", "URL", check_url_or_none,
         "The OpenTelemetry collector that hears of each call; empty: none."),
    PATH("tracing.headers_file", SERVICE(tracing.headers_file),
         "A file with what it wants in each request, as name: value."),
    TEXT("tracing.service_name", SERVICE(tracing.service), "extq", "name",
         check_word, "What traces call this service."),
    COUNT("tracing.share", SERVICE(tracing.share), 0, 100, "100", "percent",
          "Of the jobs without a traceparent, how many get a trace."),

    WORD("log.level", SERVICE(log_level), levels, "info",
         "The least that is logged."),
    WORD("log.format", SERVICE(log_format), formats, "auto",
         "auto: logfmt on a terminal, JSON elsewhere."),
};

const struct config_key *config_keys(size_t *ret_count)
{
    *ret_count = sizeof keys / sizeof keys[0];
    return keys;
}
