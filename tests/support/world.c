#include "support/world.h"

#include "base/buf.h"
#include "link/redis_sync.h"
#include "support/wait.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

/* What the configuration holds unless a test says otherwise: short waits, and
 * everything on this machine. %s and %d are the Redis's URL and the peer's
 * port. */
static const char *const sections[] = {
    "redis: {url: \"%s\"}\n",
    "workers: 2\n",
    "in_flight: 64\n",
    "drain_timeout: 10s\n",
    "name: tester\n",
    "network: {allow: [127.0.0.1], schemes: [http]}\n",
    "ops: {listen: \"\"}\n",
    "log: {format: logfmt}\n",
    "cache: {retry: 20ms, jitter: 0}\n",
    "extensions:\n"
    "  - {container: acme, point: on-new-lead, secret_file: secrets/acme,\n"
    "     url: \"http://127.0.0.1:%d/lead\"}\n",
    "points:\n"
    "  default: {retry: {attempts: 4, base: 20ms, cap: 100ms, jitter: 0}}\n",
};

static struct world *open_on(struct redis_server *redis)
{
    struct world *w = calloc(1, sizeof *w);

    ck_assert_ptr_nonnull(w);
    w->redis = redis;
    w->peer = peer_open();
    w->journal =
        journal_open(redis_server_address(w->redis), "extq:{default}:outcomes");
    w->dir = temp_dir();
    (void)temp_write(&w->dir, "secrets/acme", "s3cr3t\n");
    peer_on(w->peer, .path = "/lead");
    world_configure(w, "%s", "");
    return w;
}

struct world *world_open(void)
{
    return open_on(redis_server_start(false, NULL));
}

struct world *world_open_durable(void)
{
    static const char *const words[] = {"--appendfsync", "always", NULL};

    return open_on(redis_server_start(true, words));
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
    const char *place = strchr(section, '%');
    enum err e;

    if (!place)
        e = buf_add_text(out, section);
    else if (place[1] == 's')
        e = buf_printf(out, "%.*s%s%s", (int)(place - section), section,
                       redis_server_url(w->redis), place + 2);
    else
        e = buf_printf(out, "%.*s%d%s", (int)(place - section), section,
                       peer_port(w->peer), place + 2);
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
    if (!w->killed)
        expect_nothing_held(w);
    journal_close(&w->journal);
    peer_close(&w->peer);
    redis_server_close(&w->redis);
    free(w);
    *ret = NULL;
}
