#include "support/inquiry.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void inquiry_set(char *dst, size_t size, const char *text)
{
    ck_assert(span_copy(span_of(text), dst, size));
}

static void flush(uv_prepare_t *end_of_turn)
{
    struct inquiry *w = end_of_turn->data;

    http_flush(w->http);
}

struct inquiry *inquiry_open(void)
{
    struct inquiry *w = calloc(1, sizeof *w);

    ck_assert_ptr_nonnull(w);
    http_global_open();
    w->peer = peer_open();
    w->dir = temp_dir();
    w->rules.allow_http = true;
    w->rules.max_connections = 16;
    INQUIRY_SET(w->rules.user_agent, "extq/test");
    ck_assert_int_eq(
        address_range_read(span_of("127.0.0.1"), &w->rules.addresses.allow[0]),
        ERR_OK);
    w->rules.addresses.allow_count = 1;
    w->options = (struct discovery_options){
        .backend = DISCOVER_WEBTASK, .timeout_ms = 20000, .http = &w->rules};
    INQUIRY_SET(w->options.url, peer_url(w->peer, "/base/").text);
    INQUIRY_SET(w->options.meta_key, "auth0-extension-type");
    INQUIRY_SET(w->options.url_pointer, "/url");
    INQUIRY_SET(w->options.secret_pointer, "/secret");
    ck_assert_int_eq(uv_loop_init(&w->loop), 0);
    ck_assert_int_eq(uv_prepare_init(&w->loop, &w->end_of_turn), 0);
    w->end_of_turn.data = w;
    ck_assert_int_eq(uv_prepare_start(&w->end_of_turn, flush), 0);
    ck_assert_int_eq(http_open(&w->loop, &w->rules, &w->http), ERR_OK);
    ck_assert_int_eq(discovery_open(&w->options, w->http, &w->discovery),
                     ERR_OK);
    return w;
}

void inquiry_use(struct inquiry *w, enum discovery_backend backend)
{
    discovery_close(&w->discovery);
    w->options.backend = backend;
    ck_assert_int_eq(discovery_open(&w->options, w->http, &w->discovery),
                     ERR_OK);
}

void inquiry_close(struct inquiry **ret)
{
    struct inquiry *w = *ret;

    *ret = NULL;
    discovery_close(&w->discovery);
    uv_close((uv_handle_t *)&w->end_of_turn, NULL);
    http_close(&w->http);
    while (uv_run(&w->loop, UV_RUN_DEFAULT) != 0)
        continue; /* a pending uv_stop ends the first run early */
    ck_assert_int_eq(uv_loop_close(&w->loop), 0);
    peer_close(&w->peer);
    http_global_close();
    free(w);
}

void inquiry_keep(void *inquiry, const struct finding *f)
{
    struct inquiry *w = inquiry;

    w->answers++;
    uv_stop(&w->loop);
    w->finding = *f;
    w->url[0] = w->secret[0] = '\0';
    if (f->kind == FINDING_EXTENSION) {
        INQUIRY_SET(w->url, f->extension->url);
        INQUIRY_SET(w->secret,
                    f->extension->secret ? f->extension->secret : "");
    }
}

void inquiry_ask(struct inquiry *w, const char *container, const char *point)
{
    struct extension_key key;
    unsigned before = w->answers;

    INQUIRY_SET(key.container, container);
    INQUIRY_SET(key.point, point);
    discovery_ask(w->discovery, &key, inquiry_keep, w);
    while (w->answers == before)
        uv_run(&w->loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(w->answers, before + 1);
}

void inquiry_found(const struct inquiry *w, const char *url, const char *secret)
{
    ck_assert_msg(w->finding.kind == FINDING_EXTENSION, "kind %d: %s",
                  w->finding.kind, w->finding.why.text);
    ck_assert_str_eq(w->url, url);
    ck_assert_str_eq(w->secret, secret);
}

void inquiry_failed(const struct inquiry *w, const char *why)
{
    ck_assert_int_eq(w->finding.kind, FINDING_FAILED);
    ck_assert_msg(strstr(w->finding.why.text, why) != NULL, "%s",
                  w->finding.why.text);
}

size_t inquiry_count(const struct inquiry *w)
{
    return ledger_count(peer_ledger(w->peer), NULL);
}

const struct peer_request *inquiry_request(const struct inquiry *w,
                                           const char *path, size_t i)
{
    const struct peer_request *r = ledger_at(peer_ledger(w->peer), path, i);

    ck_assert_ptr_nonnull(r);
    return r;
}
