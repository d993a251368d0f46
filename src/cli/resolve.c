/* extq resolve: what discovery says about an extension, and where from. */
#include "stages/resolve.h"
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/resolve_show.h"
#include "cli/say.h"
#include "link/keys.h"
#include "service/guard.h"

#include <stdio.h>

static const char command[] = "resolve";

struct request {
    struct common_options common;
    struct extension_key key;
    bool no_cache, forget, json;
};

static const char examples[] =
    "  extq resolve acme on-new-lead\n"
    "  extq resolve acme on-new-lead --no-cache   ask discovery now\n"
    "  extq resolve acme on-new-lead --json | jq -r .url\n";

static int read_name(const char *what, const char *text,
                     char ret[IDENT_MAX + 1])
{
    if (ident_is_name(span_of(text)) &&
        span_copy(span_of(text), ret, IDENT_MAX + 1))
        return EXIT_OK;
    return options_wrong(
        command, "%s: '%s' is not 1 to 128 of A-Z a-z 0-9 . _ ~ -", what, text);
}

static bool read_request(struct request *q, int argc, char **argv, int *ret)
{
    const struct option_spec specs[] = {
        {"no-cache", 0, OPTION_FLAG, NULL,
         "ask discovery now, and keep what it says in the cache", &q->no_cache,
         0, NULL},
        {"forget", 0, OPTION_FLAG, NULL,
         "drop it from the cache first, even if discovery fails then",
         &q->forget, 0, NULL},
        {"json", 0, OPTION_FLAG, NULL, "as one JSON object", &q->json, 0, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,
        "CONTAINER POINT",
        "Shows the extension of a container for a point, as a service would "
        "find it.\nThe secret is masked. Exit code 1: none, or discovery "
        "failed",
        examples,
        specs,
        2,
        2,
        &q->common,
    };
    int operand;

    if (!options_read(&options, argc, argv, &operand, ret))
        return false;
    if (q->no_cache && q->forget)
        *ret = options_wrong(command, "give --no-cache or --forget, not both");
    if (*ret == EXIT_OK)
        *ret = read_name("CONTAINER", argv[operand], q->key.container);
    if (*ret == EXIT_OK)
        *ret = read_name("POINT", argv[operand + 1], q->key.point);
    return *ret == EXIT_OK;
}

/* A service's loop in small: it asks one question and ends. */
struct asker {
    const struct request *request;
    const struct config *config;
    uv_loop_t loop;
    uv_prepare_t turn;
    struct http *http;
    struct redis_links *links;
    struct discovery *discovery;
    struct resolver *resolver;
    bool asked;
    int code;
};

static void on_turn(uv_prepare_t *turn)
{
    struct asker *a = turn->data;

    /* A request that ends at once may have something for Redis. */
    http_flush(a->http);
    redis_links_flush(a->links);
}

static void on_resolved(void *arg, const struct resolved *resolved)
{
    struct asker *a = arg;

    if (resolve_show(&a->request->key, resolved, a->request->json))
        say(command, "%s", err_text(ERR_MEMORY));
    else if (resolved->kind == FINDING_EXTENSION)
        a->code = EXIT_OK;
    uv_stop(&a->loop);
}

static void on_up(void *owner, struct redis *r)
{
    struct asker *a = owner;

    if (a->asked)
        return;
    a->asked = true;
    redis_load_library(r);
    if (a->request->forget)
        resolver_forget(a->resolver, &a->request->key, "");
    if (a->request->no_cache)
        resolve_anew(a->resolver, &a->request->key, on_resolved, a);
    else
        resolve(a->resolver, &a->request->key, on_resolved, a);
}

static void on_down(void *owner, struct redis *r, const char *why)
{
    struct asker *a = owner;

    (void)r;
    /* What was asked gets its answer, which says so. */
    if (a->asked)
        return;
    say(command, "Redis is unreachable: %s", why);
    a->code = EXIT_NO_REDIS;
    uv_stop(&a->loop);
}

static enum err open_parts(struct asker *a)
{
    const struct config *c = a->config;
    const struct redis_options redis = {
        .address = &c->redis,
        .connect_ms = c->redis_connect_ms,
        .reply_ms = c->redis_reply_ms,
        .owner = a,
        .up = on_up,
        .down = on_down,
    };
    char entry[KEY_MAX], ask[KEY_MAX];
    enum err e = http_open(&a->loop, &c->http, &a->http);

    if (!e)
        e = discovery_open(&c->discovery, a->http, &a->discovery);
    if (!e)
        e = redis_links_open(&a->loop, &redis, &a->links);
    if (!e)
        e = resolver_open(&a->loop, &c->cache, a->links, a->discovery,
                          &a->resolver);
    keys_of_extension(entry, ask, c->prefix, a->request->key.container,
                      a->request->key.point);
    /* In a cluster this is what connects. */
    if (!e && !redis_links_to(a->links, entry))
        e = ERR_REDIS;
    return e;
}

static void close_parts(struct asker *a)
{
    if (a->resolver)
        resolver_close(&a->resolver);
    if (a->discovery)
        discovery_close(&a->discovery);
    if (a->http)
        http_close(&a->http);
    redis_links_close(&a->links);
}

static void run_loop(struct asker *a)
{
    enum err e = open_parts(a);

    if (e) {
        say(command, "%s", err_text(e));
    } else {
        a->turn.data = a;
        (void)uv_prepare_init(&a->loop, &a->turn);
        (void)uv_prepare_start(&a->turn, on_turn);
        (void)uv_run(&a->loop, UV_RUN_DEFAULT);
        uv_close((uv_handle_t *)&a->turn, NULL);
    }
    close_parts(a);
    (void)uv_run(&a->loop, UV_RUN_DEFAULT);
}

static int ask(const struct config *config, const struct request *request)
{
    struct asker a = {
        .request = request, .config = config, .code = EXIT_FAILED};

    http_global_open();
    if (uv_loop_init(&a.loop) == 0) {
        run_loop(&a);
        (void)uv_loop_close(&a.loop);
    }
    http_global_close();
    return a.code;
}

int command_resolve(int argc, char **argv)
{
    struct request request = {0};
    struct connection connection;
    struct why why = {""};
    int code;

    if (!read_request(&request, argc, argv, &code))
        return code;
    if (guard_secrets(&why)) {
        say(command, "%s", why.text);
        return EXIT_FAILED;
    }
    /* The plain connection is only for its clear words when it fails. */
    code = connect_open(command, &request.common, &connection);
    redis_sync_close(&connection.redis);
    if (code == EXIT_OK && config_read_cache_keys(connection.config, &why)) {
        say(command, "%s", why.text);
        code = EXIT_BAD_CONFIG;
    }
    if (code == EXIT_OK)
        code = ask(connection.config, &request);
    connect_close(&connection);
    return code;
}
