#include "support/resolve_bed.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct extension_key bed_acme = {"acme", "on-new-lead"};

static void flush(uv_prepare_t *end_of_turn)
{
    struct resolve_bed *w = end_of_turn->data;

    for (struct side *s = &w->a; s <= &w->b; s++) {
        if (s->http)
            http_flush(s->http);
        if (s->links)
            redis_links_flush(s->links);
    }
}

void bed_turn(struct resolve_bed *w)
{
    uv_run(&w->loop, UV_RUN_NOWAIT);
}

void side_reopen(struct side *s)
{
    resolver_close(&s->resolver);
    ck_assert_int_eq(resolver_open(&s->bed->loop, &s->bed->options, s->links,
                                   s->discovery, &s->resolver),
                     ERR_OK);
}

static void side_open(struct resolve_bed *w, struct side *s)
{
    s->bed = w;
    ck_assert_int_eq(redis_links_open(&w->loop, &w->redis, &s->links), ERR_OK);
    s->redis = redis_links_to(s->links, "");
    ck_assert_int_eq(http_open(&w->loop, &w->http, &s->http), ERR_OK);
    ck_assert_int_eq(discovery_open(&w->discovery, s->http, &s->discovery),
                     ERR_OK);
    side_reopen(s);
    while (!redis_is_up(s->redis))
        uv_run(&w->loop, UV_RUN_ONCE);
}

static void side_close(struct side *s)
{
    resolver_close(&s->resolver);
    discovery_close(&s->discovery);
    http_close(&s->http);
    redis_links_close(&s->links);
}

static void set_options(struct resolve_bed *w)
{
    w->http = (struct http_options){.max_connections = 16, .allow_http = true};
    ck_assert_int_eq(
        address_range_read(span_of("127.0.0.1"), &w->http.addresses.allow[0]),
        ERR_OK);
    w->http.addresses.allow_count = 1;
    w->discovery = (struct discovery_options){.backend = DISCOVER_HTTP,
                                              .timeout_ms = 10000,
                                              .url_pointer = "/url",
                                              .secret_pointer = "/secret",
                                              .http = &w->http};
    snprintf(w->discovery.url, sizeof w->discovery.url, "%s",
             peer_url(w->peer, "/{container}/{point}").text);
    w->options = (struct resolve_options){.prefix = "x",
                                          .fresh_ms = 600000,
                                          .none_ms = 300000,
                                          .stale_ms = 600000,
                                          .retry_ms = 600000,
                                          .local_ms = 600000,
                                          .local_max = 100,
                                          .ask_ms = 15000,
                                          .http = &w->http};
    w->redis =
        (struct redis_options){.address = redis_server_address(w->server),
                               .connect_ms = 5000,
                               .reply_ms = 10000};
}

struct resolve_bed *resolve_bed_open(void)
{
    struct resolve_bed *w = calloc(1, sizeof *w);

    ck_assert_ptr_nonnull(w);
    http_global_open();
    w->server = redis_server_start(false, NULL);
    w->peer = peer_open();
    set_options(w);
    ck_assert_int_eq(uv_loop_init(&w->loop), 0);
    ck_assert_int_eq(uv_prepare_init(&w->loop, &w->end_of_turn), 0);
    w->end_of_turn.data = w;
    ck_assert_int_eq(uv_prepare_start(&w->end_of_turn, flush), 0);
    side_open(w, &w->a);
    side_open(w, &w->b);
    return w;
}

void resolve_bed_close(struct resolve_bed **ret)
{
    struct resolve_bed *w = *ret;

    *ret = NULL;
    side_close(&w->a);
    side_close(&w->b);
    uv_close((uv_handle_t *)&w->end_of_turn, NULL);
    while (uv_run(&w->loop, UV_RUN_DEFAULT) != 0)
        continue; /* close callbacks */
    ck_assert_int_eq(uv_loop_close(&w->loop), 0);
    peer_close(&w->peer);
    redis_server_close(&w->server);
    http_global_close();
    free(w);
}

void side_keep(void *side, const struct resolved *answer)
{
    struct side *s = side;
    const struct extension *x = answer->extension;

    s->answers++;
    if (s->bed->waiting)
        uv_stop(&s->bed->loop);
    s->last = *answer;
    s->has_target = answer->target != NULL;
    snprintf(s->url, sizeof s->url, "%s", x ? x->url : "");
    snprintf(s->secret, sizeof s->secret, "%s",
             x && x->secret ? x->secret : "");
    snprintf(s->why, sizeof s->why, "%s", answer->why);
}

void side_await(struct side *s, unsigned answers)
{
    s->bed->waiting = true;
    while (s->answers < answers)
        uv_run(&s->bed->loop, UV_RUN_DEFAULT);
    s->bed->waiting = false;
    ck_assert_uint_eq(s->answers, answers);
}

void side_ask_for(struct side *s, const struct extension_key *key)
{
    unsigned before = s->answers;

    bed_turn(s->bed);
    resolve(s->resolver, key, side_keep, s);
    side_await(s, before + 1);
}

enum resolve_source side_ask(struct side *s)
{
    side_ask_for(s, &bed_acme);
    return s->last.source;
}

void side_ask_anew(struct side *s)
{
    unsigned before = s->answers;

    resolve_anew(s->resolver, &bed_acme, side_keep, s);
    side_await(s, before + 1);
}

void side_found(const struct side *s, enum resolve_source source,
                const char *url)
{
    ck_assert_msg(s->last.kind == FINDING_EXTENSION, "kind %d: %s",
                  s->last.kind, s->why);
    ck_assert_int_eq(s->last.source, source);
    ck_assert_str_eq(s->url, url);
    ck_assert(s->has_target);
    ck_assert_str_eq(s->why, "");
}

void side_failed(const struct side *s, const char *why)
{
    ck_assert_int_eq(s->last.kind, FINDING_FAILED);
    ck_assert_msg(strstr(s->why, why) != NULL, "%s", s->why);
    ck_assert(!s->has_target);
}

size_t bed_asked(struct resolve_bed *w)
{
    return ledger_count(peer_ledger(w->peer), NULL);
}
