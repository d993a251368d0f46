#include "support/web.h"

#include <signal.h>
#include <stdio.h>

void web_open(struct web *w)
{
    memset(w, 0, sizeof *w);
    w->options.allow_http = true;
    w->options.max_connections = 64;
    w->options.idle_ms = w->options.life_ms = 60000;
    (void)snprintf(w->options.user_agent, sizeof w->options.user_agent,
                   "extq/test");
    w->options.addresses.allow_count = 1;
    ck_assert_int_eq(address_range_read(span_of("127.0.0.1"),
                                        &w->options.addresses.allow[0]),
                     ERR_OK);
    (void)signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(uv_loop_init(&w->loop), 0);
    http_global_open();
}

void web_start(struct web *w)
{
    ck_assert_int_eq(http_open(&w->loop, &w->options, &w->http), ERR_OK);
}

void web_close(struct web *w)
{
    http_close(&w->http);
    (void)uv_run(&w->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&w->loop), 0);
    http_global_close();
}

bool web_step(struct web *w)
{
    if (w->http)
        http_flush(w->http);
    (void)uv_run(&w->loop, UV_RUN_NOWAIT);
    return true;
}

static void note(void *arg, const struct attempt *attempt)
{
    struct exchange *x = arg;

    x->done++;
    x->web->done++;
    x->attempt = *attempt;
    ck_assert_uint_le(attempt->body.len, sizeof x->body);
    if (attempt->body.len > 0)
        memcpy(x->body, attempt->body.at, attempt->body.len);
    x->attempt.body.at = x->body;
}

enum err web_send(struct web *w, struct exchange *x, const char *url)
{
    struct http_request *q = &x->request;
    struct why why = {""};
    enum err e;

    x->web = w;
    ck_assert_msg(http_target_open(&w->options, url, x->bearer, &q->target,
                                   &why) == ERR_OK,
                  "%s: %s", url, why.text);
    q->method = q->method ? q->method : "GET";
    q->connect_ms = q->connect_ms ? q->connect_ms : WEB_LIMIT_MS;
    q->total_ms = q->total_ms ? q->total_ms : WEB_LIMIT_MS;
    q->keep_bytes = q->keep_bytes ? q->keep_bytes : WEB_BODY_MAX;
    q->cap_bytes = q->cap_bytes ? q->cap_bytes : WEB_BODY_MAX;
    q->arg = x;
    q->done = note;
    e = http_send(w->http, q, &x->ticket);
    http_target_close(&q->target);
    return e;
}

const struct attempt *web_ask(struct web *w, struct exchange *x,
                              const char *url)
{
    unsigned before = x->done;

    ck_assert_int_eq(web_send(w, x, url), ERR_OK);
    ck_assert_uint_eq(x->done, before);
    web_until(w, x->done > before, "the end of the request");
    ck_assert_uint_eq(x->done, before + 1);
    return &x->attempt;
}

const char *web_refusal(const struct http_options *options, const char *url,
                        const char *bearer)
{
    static struct why why;
    struct http_target *target = NULL;
    enum err e = http_target_open(options, url, bearer, &target, &why);

    http_target_close(&target);
    ck_assert(e == ERR_OK || e == ERR_SYNTAX);
    return e ? why.text : NULL;
}
