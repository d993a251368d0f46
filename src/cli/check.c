/* extq check: whether the configuration is right, and what it comes to. */
#include "base/json.h"
#include "cli/command.h"
#include "cli/config_files.h"
#include "cli/connect.h"
#include "cli/doctor_findings.h"
#include "cli/options.h"
#include "cli/say.h"
#include "cli/term.h"
#include "service/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char command[] = "check";

enum { OUTPUT_MAX = 4 << 20 };

static const char examples[] =
    "  extq check -c /etc/extq/extq.yaml && systemctl reload extq\n"
    "  extq check --json | jq -r .redis\n"
    "  extq check --ask-redis || exit    # in front of a deployment\n";

struct request {
    struct common_options common;
    bool json;
    bool ask; /* Redis, too */
};

static const char *const backends[] = {"config", "http", "webtask"};

/* Some platforms take a token in the query: it stays out of sight. */
static struct span visible(const char *url)
{
    return (struct span){url, strcspn(url, "?")};
}

static void redis_text(const struct config *c, char dst[CONFIG_PATH_MAX])
{
    if (c->embedded)
        snprintf(dst, CONFIG_PATH_MAX, "%s", c->redis_url);
    else
        redis_address_text(&c->redis, dst, CONFIG_PATH_MAX);
}

static enum err write_queues(const struct config *c, struct buf *out)
{
    enum err e = buf_add_text(out, "queues      ");

    for (size_t i = 0; !e && i < c->queue_count; i++)
        e = buf_printf(out, "%s%s (weight %" PRIu32 ")", i > 0 ? ", " : "",
                       c->queues[i].name, c->queues[i].weight);
    return e;
}

static enum err write_points(const struct config *c, struct buf *out)
{
    enum err e = buf_add_text(out, "\npoints      ");

    for (size_t i = 0; !e && i < c->point_count; i++)
        e = buf_printf(out, "%s, ", c->points[i].name);
    if (!e)
        e = buf_add_text(out, c->point_count ? "others as default"
                                             : "all as default");
    return e;
}

static enum err write_discovery(const struct config *c, struct buf *out)
{
    const struct discovery_options *d = &c->discovery;
    struct span url = visible(d->url);

    if (d->backend == DISCOVER_CONFIG)
        return buf_printf(out, "\ndiscovery   config, %zu extensions listed",
                          c->extension_count);
    return buf_printf(out, "\ndiscovery   %s, %.*s", backends[d->backend],
                      (int)url.len, url.at);
}

static enum err write_plain(const struct config *c, struct buf *out)
{
    char redis[CONFIG_PATH_MAX];
    enum err e;

    redis_text(c, redis);
    e = buf_printf(out, "OK %s\nredis       %s, prefix %s\n",
                   c->path[0] ? c->path : "(no file: defaults)", redis,
                   c->prefix);
    if (!e)
        e = write_queues(c, out);
    if (!e)
        e = buf_printf(out, "\nworkers     %" PRIu32 ", %" PRIu32 " jobs each",
                       c->workers, c->in_flight);
    if (!e)
        e = write_discovery(c, out);
    if (!e)
        e = write_points(c, out);
    if (!e)
        e = buf_printf(out,
                       "\nnetwork     %s, %zu private ranges\nops         %s\n",
                       c->http.allow_http ? "https and http" : "https",
                       c->http.addresses.allow_count,
                       c->ops_listen[0] ? c->ops_listen : "off");
    return e;
}

static enum err json_text(struct buf *out, const char *key, struct span text)
{
    enum err e = buf_printf(out, ",\"%s\":", key);

    return e ? e : json_quote(out, text);
}

/* Names of queues and points need no escapes: see base/ident.h. */
static enum err json_lists(const struct config *c, struct buf *out)
{
    enum err e = buf_add_text(out, ",\"queues\":{");

    for (size_t i = 0; !e && i < c->queue_count; i++)
        e = buf_printf(out, "%s\"%s\":{\"weight\":%" PRIu32 "}",
                       i > 0 ? "," : "", c->queues[i].name,
                       c->queues[i].weight);
    if (!e)
        e = buf_add_text(out, "},\"points\":[");
    for (size_t i = 0; !e && i < c->point_count; i++)
        e = buf_printf(out, "%s\"%s\"", i > 0 ? "," : "", c->points[i].name);
    return e ? e : buf_add_text(out, "]}\n");
}

static enum err json_numbers(const struct config *c, struct buf *out)
{
    return buf_printf(out,
                      ",\"embedded\":%s,\"workers\":%" PRIu32
                      ",\"in_flight\":%" PRIu32 ",\"lease_ms\":%" PRId64
                      ",\"drain_ms\":%" PRId64 ",\"extensions\":%zu",
                      c->embedded ? "true" : "false", c->workers, c->in_flight,
                      c->lease_ms, c->drain_ms, c->extension_count);
}

static enum err write_json(const struct config *c, struct buf *out)
{
    const char *backend = backends[c->discovery.backend];
    char redis[CONFIG_PATH_MAX];
    enum err e = buf_add_text(out, "{\"ok\":true");

    redis_text(c, redis);
    if (!e)
        e = json_text(out, "file", span_of(c->path));
    if (!e)
        e = json_text(out, "name", span_of(c->name));
    if (!e)
        e = json_text(out, "redis", span_of(redis));
    if (!e)
        e = json_text(out, "prefix", span_of(c->prefix));
    if (!e)
        e = json_text(out, "discovery", span_of(backend));
    if (!e)
        e = json_text(out, "discovery_url", visible(c->discovery.url));
    if (!e)
        e = json_text(out, "ops", span_of(c->ops_listen));
    if (!e)
        e = json_numbers(c, out);
    return e ? e : json_lists(c, out);
}

/* A file that is named and cannot be read is worth a word, and no more: it may
 * be there only where the service runs. */
static void remark(void *arg, const char *key, const char *path)
{
    (void)arg;
    say(command, "note: %s %s: %s", key, path, strerror(errno));
}

static enum err print_lines(struct span rest)
{
    struct buf clean = buf_make(OUTPUT_MAX);
    enum err e = ERR_OK;

    while (!e && rest.len > 0) {
        buf_reset(&clean);
        e = term_clean(&clean, span_cut(&rest, '\n'));
        if (!e && puts(clean.at ? clean.at : "") < 0)
            e = ERR_IO;
    }
    buf_clear(&clean);
    return !e && fflush(stdout) != 0 ? ERR_IO : e;
}

static int print(const struct config *c, bool json)
{
    struct buf out = buf_make(OUTPUT_MAX);
    enum err e = json ? write_json(c, &out) : write_plain(c, &out);

    if (!e && !json)
        (void)config_files_missing(c, remark, NULL);
    if (!e)
        e = print_lines(buf_span(&out));
    if (e)
        say(command, "%s", err_text(e));
    buf_clear(&out);
    return e ? EXIT_FAILED : EXIT_OK;
}

/* The line alone, without the command's name in front: editors jump to
 * file:line:column. */
static int refuse(enum err e, const struct why *why)
{
    struct buf clean = buf_make(12 * sizeof why->text);

    if (e == ERR_CONFIG && term_clean(&clean, span_of(why->text)) == ERR_OK &&
        clean.at)
        fprintf(stderr, "%s\n", clean.at);
    else
        say(command, "%s", err_text(e));
    buf_clear(&clean);
    return e == ERR_CONFIG ? EXIT_BAD_CONFIG : EXIT_FAILED;
}

/* What stands in the way of a service is a failure, a warning is not. */
static int ask_redis(struct config *c, bool json)
{
    struct findings findings = {.json = json,
                                .colour = term_colour(STDOUT_FILENO)};
    struct doctor doctor = {
        .config = c, .found = findings_add, .arg = &findings};
    enum err e = doctor_redis(&doctor);

    redis_sync_close(&doctor.redis);
    if (e)
        return e == ERR_CONFIG ? EXIT_BAD_CONFIG : EXIT_NO_REDIS;
    return findings.worst == HEALTH_WRONG ? EXIT_FAILED : EXIT_OK;
}

static int check_file(const struct request *q)
{
    struct config *config = NULL;
    struct why why = {""};
    enum err e = connect_read(&q->common, &config, &why);
    int code;

    if (e)
        return refuse(e, &why);
    code = print(config, q->json);
    if (code == EXIT_OK && q->ask)
        code = ask_redis(config, q->json);
    config_close(&config);
    return code;
}

int command_check(int argc, char **argv)
{
    struct request request = {0};
    const struct option_spec specs[] = {
        {"ask-redis", 0, OPTION_FLAG, NULL,
         "looks at Redis as well, as `extq doctor` does", &request.ask, 0,
         NULL},
        {"json", 0, OPTION_FLAG, NULL,
         "as one JSON object; a line for each finding follows", &request.json,
         0, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        "check",
        "",
        "Reads the configuration and says what is wrong with it, or what it "
        "comes to.\nWith --ask-redis also what Redis is like: version, role, "
        "replicas, eviction,\npersistence, clock, rights of this user, "
        "functions; what each means, and what\nmends it. Exit code 1 when "
        "something is wrong; warnings alone are 0",
        examples,
        specs,
        0,
        0,
        &request.common,
    };
    int operand, code;

    if (!options_read(&options, argc, argv, &operand, &code))
        return code;
    return check_file(&request);
}
