#include "support/world.h"

#include "base/buf.h"
#include "service/embedded.h"
#include "support/wait.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

/* What the configuration holds unless a test says otherwise: short waits, one
 * tenant for all slots, and everything on this machine. add_section writes
 * those without a value. */
static const char *const sections[] = {
    "redis:",
    "extensions:",
    "workers: 2\n",
    "in_flight: 64\n",
    "container_in_flight: 10000000\n",
    "drain_timeout: 10s\n",
    "name: tester\n",
    "network: {allow: [127.0.0.1], schemes: [http]}\n",
    "ops: {listen: \"\"}\n",
    "log: {format: logfmt}\n",
    "cache: {retry: 20ms, jitter: 0}\n",
    ("points:\n"
     "  default: {retry: {attempts: 4, base: 20ms, cap: 100ms, jitter: 0},\n"
     "            circuit: {failures: 0}}\n"),
};

static struct world *make(void)
{
    struct world *w = calloc(1, sizeof *w);

    ck_assert_ptr_nonnull(w);
    w->dir = temp_dir();
    return w;
}

static struct world *set_up(struct world *w, const char *url)
{
    (void)snprintf(w->url, sizeof w->url, "%s", url);
    w->peer = peer_open();
    w->journal = journal_open(&w->address, "extq:{default}:outcomes");
    (void)temp_write(&w->dir, "secrets/acme", "s3cr3t\n");
    peer_on(w->peer, .path = "/lead");
    world_configure(w, "%s", "");
    return w;
}

static struct world *open_on(struct redis_server *redis)
{
    struct world *w = make();

    w->redis = redis;
    w->address = *redis_server_address(redis);
    return set_up(w, redis_server_url(redis));
}

struct world *world_open(void)
{
    return open_on(redis_server_start(false, NULL));
}

struct world *world_open_at(const char *url)
{
    struct world *w = make();
    struct why why = {""};

    ck_assert_msg(!redis_address_read(url, &w->address, &why), "%s", why.text);
    return set_up(w, url);
}

struct world *world_open_durable(void)
{
    static const char *const words[] = {"--appendfsync", "always", NULL};

    return open_on(redis_server_start(true, words));
}

struct world *world_open_embedded(void)
{
    struct world *w = make();
    char url[sizeof w->dir + 32];
    struct temp_path state = temp_join(&w->dir, "state");

    embedded_socket(state.text, w->address.socket, sizeof w->address.socket);
    (void)snprintf(url, sizeof url, "embedded://%s", state.text);
    return set_up(w, url);
}

/* True when the text has that section's key at the start of a line. */
static bool has_section(const char *text, const char *section)
{
    size_t len = strcspn(section, ":") + 1;

    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, section, len) == 0)
            return true;
    }
    return false;
}

static void add_section(const struct world *w, const char *section,
                        struct buf *out)
{
    enum err e;

    if (strcmp(section, "redis:") == 0)
        e = buf_printf(out, "redis: {url: \"%s\"}\n", w->url);
    else if (strcmp(section, "extensions:") == 0)
        e = buf_printf(out,
                       "extensions:\n  - {container: acme, "
                       "point: on-new-lead,\n     url: \"%s\", "
                       "secret_file: secrets/acme}\n",
                       peer_url(w->peer, "/lead").text);
    else
        e = buf_add_text(out, section);
    ck_assert_int_eq(e, ERR_OK);
}

void world_configure(struct world *w, const char *fmt, ...)
{
    struct buf out = buf_make(TEXT_MAX);
    char *text;
    va_list args;

    va_start(args, fmt);
    ck_assert_int_ge(vasprintf(&text, fmt, args), 0);
    va_end(args);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (!has_section(text, sections[i]))
            add_section(w, sections[i], &out);
    ck_assert_int_eq(buf_add_text(&out, text), ERR_OK);
    w->config = temp_write(&w->dir, "extq.yaml", out.at);
    buf_clear(&out);
    free(text);
}

static size_t slot_of(const struct world *w, const struct process *s)
{
    size_t n = 0;

    while (n < WORLD_SERVICES && w->services[n] != s)
        n++;
    ck_assert_uint_lt(n, WORLD_SERVICES);
    return n;
}

struct process *world_start(struct world *w)
{
    size_t n = slot_of(w, NULL);

    struct process *s = extq_start(NULL, "run", "-c", w->config.text);

    w->services[n] = s;
    wait_until(*process_err(s) || process_ended(s), WORLD_LIMIT_MS,
               "the service to say something");
    return s;
}

void world_wait_leases(struct world *w, unsigned count)
{
    wait_until(redis_server_count(w->redis, "ZCOUNT", "extq:{default}:leases",
                                  "(0", "+inf", NULL) == (int64_t)count,
               WORLD_LIMIT_MS, "the services to take their leases");
}

void world_kill(struct world *w, struct process *s)
{
    size_t n = slot_of(w, s);

    w->killed = true;
    process_close(&w->services[n]);
}

void world_stop(struct world *w, struct process *s)
{
    size_t n = slot_of(w, s);

    process_signal(s, SIGTERM);
    process_expect(s, 0, WORLD_LIMIT_MS);
    process_close(&w->services[n]);
}

static void expect_nothing_held(struct world *w)
{
    const char *keys = world_keys(w);

    ck_assert_msg(!strstr(keys, ":held:") && !strstr(keys, ":leases") &&
                      !strstr(keys, ":services"),
                  "left in Redis: %s", keys);
}

void world_close(struct world **ret)
{
    struct world *w = *ret;

    for (size_t n = 0; n < WORLD_SERVICES; n++)
        if (w->services[n] && !process_ended(w->services[n]))
            world_stop(w, w->services[n]);
        else
            process_close(&w->services[n]);
    if (!w->killed && w->redis)
        expect_nothing_held(w);
    journal_close(&w->journal);
    peer_close(&w->peer);
    redis_server_close(&w->redis);
    free(w);
    *ret = NULL;
}
