#include "base/check.h"
#include "service/config_check.h"
#include "service/config_reading.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS_MAX = 256 };

static uint32_t count_cores(void)
{
    cpu_set_t cores;
    int count = 0;

    /* Not what the machine has: a container or taskset may leave us fewer. */
    if (sched_getaffinity(0, sizeof cores, &cores) == 0)
        count = CPU_COUNT(&cores);
    /* A machine with more cores than the set holds refuses the call. */
    if (count <= 0)
        count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (count <= 0)
        return 1;
    return count < WORKERS_MAX ? (uint32_t)count : WORKERS_MAX;
}

static void derive_name(struct config *c)
{
    struct why why;

    if (c->name[0] != '\0')
        return;
    if (gethostname(c->name, sizeof c->name) != 0)
        c->name[0] = '\0';
    c->name[sizeof c->name - 1] = '\0';
    if (c->name[0] == '\0' || check_word(c->name, &why))
        snprintf(c->name, sizeof c->name, "extq");
}

/* The XDG specification has relative paths ignored. */
static const char *absolute(const char *variable)
{
    const char *value = getenv(variable);

    return value && value[0] == '/' ? value : NULL;
}

/* The folder of a server that nobody configured. */
static void derive_state(char *dst, size_t size)
{
    const char *state = absolute("XDG_STATE_HOME");
    const char *home = absolute("HOME");

    if (state)
        snprintf(dst, size, "embedded://%s/extq", state);
    else if (home && geteuid() != 0)
        snprintf(dst, size, "embedded://%s/.local/state/extq", home);
    else
        snprintf(dst, size, "embedded:///var/lib/extq");
}

/* check_redis_url has seen the URL unless it was derived just now. */
static void derive_redis(struct reading *r)
{
    struct config *c = r->config;
    const char *scheme = "embedded://";
    struct why why;

    if (c->redis_url[0] == '\0') {
        derive_state(c->redis_url, sizeof c->redis_url);
        if (check_redis_url(c->redis_url, &why)) {
            reading_complain_key(r, "redis.url",
                                 "the default, %s, is refused: %s",
                                 c->redis_url, why.text);
            return;
        }
    }
    if (strncmp(c->redis_url, scheme, strlen(scheme)) != 0) {
        check(redis_address_read(c->redis_url, &c->redis, &why) == ERR_OK);
        c->redis.files = c->redis_files;
        if (!c->redis.files.cert[0] != !c->redis.files.key[0])
            reading_complain_key(r, "redis.cert_file",
                                 "redis.cert_file and redis.key_file go "
                                 "together: one of them is missing");
        return;
    }
    c->embedded = true;
    snprintf(c->embedded_dir, sizeof c->embedded_dir, "%s",
             c->redis_url + strlen(scheme));
    snprintf(c->redis.socket, sizeof c->redis.socket, "%.*s/redis.sock",
             (int)sizeof c->redis.socket - 16, c->embedded_dir);
}

static void derive_door(const struct redis_place *place, struct http_door *ret)
{
    if (place->host[0] &&
        span_copy(span_of(place->host), ret->host, sizeof ret->host))
        ret->port = (uint16_t)place->port;
}

/* Where tenants are not let in: Redis and its guides, and our own port. */
static void derive_doors(struct config *c)
{
    struct http_door *ops = &c->http.doors[1];
    struct span rest = span_of(c->ops_listen), host;
    const char *colon = strrchr(c->ops_listen, ':');

    derive_door(&c->redis.place, &c->http.doors[0]);
    for (unsigned i = 0; i < c->redis.guide_count; i++)
        derive_door(&c->redis.guides[i], &c->http.doors[2 + i]);
    if (!colon)
        return;
    host = (struct span){rest.at, (size_t)(colon - rest.at)};
    if (host.at[0] == '[') {
        host.at++;
        host.len -= 2;
    }
    if (span_copy(host, ops->host, sizeof ops->host))
        ops->port = (uint16_t)strtoul(colon + 1, NULL, 10);
}

/* Collectors have traces there; a URL with a path is used as it is. */
static void derive_tracing(struct reading *r)
{
    struct tracing_config *t = &r->config->tracing;
    const char *host = strstr(t->url, "://");
    size_t len = strlen(t->url);
    size_t end = host ? len - strlen(host) + 3 + strcspn(host + 3, "/?") : len;

    if (!host || (t->url[end] != '\0' && strcmp(t->url + end, "/") != 0))
        return;
    if (!span_join(t->url + end, sizeof t->url - end,
                   (const char *const[]){"/v1/traces", NULL}))
        reading_complain_key(r, "tracing.otlp_url", "the URL is too long");
}

void reading_derive(struct reading *r)
{
    struct config *c = r->config;

    derive_name(c);
    derive_tracing(r);
    derive_redis(r);
    derive_doors(c);
    if (c->workers == 0)
        c->workers = count_cores();
    if (c->http.max_connections == 0)
        c->http.max_connections = c->in_flight * 2;
    snprintf(c->http.user_agent, sizeof c->http.user_agent, "extq/%s",
             EXTQ_VERSION);
    c->cache.prefix = c->prefix;
    c->cache.ask_ms = c->discovery.timeout_ms;
    c->discovery.http = &c->http;
    c->cache.http = &c->http;
    c->cache.seal = &c->seal;
    c->discovery.listed = c->extensions;
    c->discovery.listed_count = c->extension_count;
}

void reading_cross_check(struct reading *r)
{
    const struct config *c = r->config;
    const struct discovery_options *d = &c->discovery;
    struct why why = {""};

    if (c->cache_old_key_file[0] != '\0' && c->cache_key_file[0] == '\0')
        reading_complain_key(r, "cache.old_key_file",
                             "needs cache.key_file, the key that seals now");
    if (c->tracing.headers_file[0] != '\0' && c->tracing.url[0] == '\0')
        reading_complain_key(r, "tracing.headers_file",
                             "needs tracing.otlp_url, whom they are for");
    if (d->backend == DISCOVER_CONFIG)
        return;
    if (d->url[0] == '\0') {
        reading_complain_key(r, "discovery.backend",
                             "backend %s needs discovery.url",
                             d->backend == DISCOVER_HTTP ? "http" : "webtask");
        return;
    }
    if (!c->http.allow_http && strncmp(d->url, "http://", 7) == 0)
        reading_complain_key(r, "discovery.url",
                             "an http:// URL needs http in network.schemes");
    if (discovery_check_url(d->backend, d->url, &why))
        reading_complain_key(r, "discovery.url", "%s", why.text);
}
