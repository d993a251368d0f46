#include "link/http_share.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A ticket keeps no more for the next answer. */
enum { BODY_SPARE_MAX = 16 << 10 };

void http_global_open(void)
{
    check(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    check(dns_global_open() == ERR_OK);
}

void http_global_close(void)
{
    dns_global_close();
    curl_global_cleanup();
}

const char *http_version(void)
{
    return curl_version();
}

enum err http_open(uv_loop_t *loop, const struct http_options *options,
                   struct http **ret)
{
    struct http *h = calloc(1, sizeof *h);

    if (!h)
        return ERR_MEMORY;
    if (!tls_open(h) || dns_open(loop, &options->dns, &h->dns)) {
        tls_close(h);
        free(h);
        return ERR_MEMORY;
    }
    if (uv_timer_init(loop, &h->timer) != 0) {
        dns_close(&h->dns);
        tls_close(h);
        free(h);
        return ERR_IO;
    }
    h->timer.data = h;
    h->loop = loop;
    h->options = *options;
    h->libcurl = curl_version_info(CURLVERSION_NOW);
    h->refs = 1;
    h->share_due_ms = h->age_due_ms = h->due_ms = INT64_MAX;
    lanes_open(h);
    SLIST_INIT(&h->spare);
    LIST_INIT(&h->busy);
    TAILQ_INIT(&h->early);
    TAILQ_INIT(&h->paused);
    TAILQ_INIT(&h->put_off);
    self_refresh(h);
    *ret = h;
    return ERR_OK;
}

static struct http_ticket *ticket_make(struct http *h)
{
    struct http_ticket *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->http = h;
    if (!easy_open(t)) {
        free(t);
        return NULL;
    }
    return t;
}

static void ticket_free(struct http_ticket *t)
{
    curl_easy_cleanup(t->easy);
    target_unref(&t->prepared);
    buf_wipe(&t->body);
    buf_clear(&t->lines);
    free(t);
}

static struct http_ticket *ticket_take(struct http *h)
{
    struct http_ticket *t = SLIST_FIRST(&h->spare);

    if (!t)
        return ticket_make(h);
    SLIST_REMOVE_HEAD(&h->spare, next_free);
    return t;
}

static void set_body(struct http_ticket *t)
{
    const struct http_request *q = &t->request;
    bool post = strcmp(q->method, "POST") == 0;

    if (q->content_type) {
        curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS,
                         q->body.len ? q->body.at : "");
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)q->body.len);
    } else {
        curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST,
                     post && q->content_type ? NULL : q->method);
}

/* libcurl takes the parsed form and needs the text with it: otherwise it would
 * write one. */
static enum err set_url(struct http_ticket *t)
{
    if (t->prepared == t->target)
        return ERR_OK;
    if (curl_easy_setopt(t->easy, CURLOPT_URL, t->target->url) != CURLE_OK)
        return ERR_MEMORY;
    curl_easy_setopt(t->easy, CURLOPT_CURLU, t->target->parsed);
    target_unref(&t->prepared);
    t->prepared = target_ref(t->target);
    return ERR_OK;
}

static enum err set_request(struct http_ticket *t)
{
    const struct http_request *q = &t->request;
    enum err e = set_url(t);

    if (!e)
        e = head_write(t);
    if (e)
        return e;
    set_body(t);
    answer_reset(t);
    t->body.max = q->keep_bytes;
    return ERR_OK;
}

/* What was taken for the request is given back by ticket_end. */
static enum err ticket_start(struct http_ticket *t)
{
    struct http *h = t->http;
    enum err e = dial(t);

    if (e) {
        dial_end(t);
        return e;
    }
    (void)target_use(t->target);
    h->busy_count++;
    LIST_INSERT_HEAD(&h->busy, t, busy);
    return ERR_OK;
}

enum err http_send(struct http *h, const struct http_request *request,
                   struct http_ticket **ret_ticket)
{
    struct http_ticket *t = ticket_take(h);
    enum err e;

    if (!t)
        return ERR_MEMORY;
    t->request = *request;
    t->target = request->target;
    e = set_request(t);
    if (!e)
        e = ticket_start(t);
    if (e) {
        SLIST_INSERT_HEAD(&h->spare, t, next_free);
        return e;
    }
    *ret_ticket = t;
    return ERR_OK;
}

/* Takes the transfer off its lane and reports the attempt. */
static void ticket_end(struct http_ticket *t)
{
    struct http *h = t->http;

    dial_end(t);
    h->busy_count--;
    LIST_REMOVE(t, busy);
    http_target_close(&t->target);
    t->request.done(t->request.arg, &t->attempt);
    if (t->request.secret_answer)
        buf_wipe(&t->body);
    else if (t->body.cap > BODY_SPARE_MAX)
        buf_clear(&t->body);
    SLIST_INSERT_HEAD(&h->spare, t, next_free);
}

void http_collect(struct lane *lane)
{
    const CURLMsg *message;
    struct http_ticket *t;
    int left;

    while ((message = curl_multi_info_read(lane->multi, &left))) {
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        answer_finish(t, code);
        easy_note(t);
        share_finish(t);
        ticket_end(t);
    }
}

void http_collect_early(struct http *h)
{
    const struct http_ticket *last = TAILQ_LAST(&h->early, early_tickets);
    struct http_ticket *t;

    /* Those that come meanwhile wait for the next turn. */
    while ((t = TAILQ_FIRST(&h->early))) {
        bool over = t == last;

        ticket_end(t);
        if (over)
            break;
    }
}

void http_cancel(struct http_ticket *t)
{
    answer_cancel(t);
    ticket_end(t);
}

void http_flush(struct http *h)
{
    http_collect_early(h);
    share_recall(h);
    share_renew(h);
    turn_begin(h);
    lanes_flush(h);
    lane_arm_timer(h);
}

unsigned http_busy(const struct http *h)
{
    return h->busy_count;
}

struct http_stats http_stats(const struct http *h)
{
    return h->stats;
}

static void timer_closed(uv_handle_t *handle)
{
    http_unref(handle->data);
}

void http_close(struct http **ret)
{
    struct http *h = *ret;
    struct http_ticket *t;

    *ret = NULL;
    if (!h)
        return;
    h->closing = true;
    while ((t = LIST_FIRST(&h->busy)))
        http_cancel(t);
    while ((t = SLIST_FIRST(&h->spare))) {
        SLIST_REMOVE_HEAD(&h->spare, next_free);
        ticket_free(t);
    }
    lanes_close(h);
    tls_close(h);
    socks_forget(h);
    self_close(h);
    dns_close(&h->dns);
    uv_close((uv_handle_t *)&h->timer, timer_closed);
}
