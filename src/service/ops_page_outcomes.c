#include "service/ops_page.h"

#include "link/paging.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* News of all queues together in one second; of older ones, how many are
 * looked at for one answer, in pages, and how many that has. */
enum {
    NEWS_MOST = 1000,
    NEWS_LEAST = 20,
    NEWS_BYTES = 256 << 10,
    BACK_MOST = 5000,
    BACK_PAGE = 500,
    ANSWER_MOST = 200,
    VALUE_MOST = 512,
    BODY_MOST = 4096,
};

/* What is not for everybody's eyes: what an extension answered. */
static bool is_private(struct span name)
{
    return span_is(name, "body") || span_is(name, "headers");
}

static struct span field(const struct reply *fields, const char *name)
{
    for (size_t i = 0; i + 1 < reply_count(fields); i += 2)
        if (span_is(reply_span(reply_at(fields, i)), name))
            return reply_span(reply_at(fields, i + 1));
    return span_of("");
}

static void write_entry(const char *queue, const struct reply *entry, bool all,
                        struct page_text *t)
{
    const struct reply *fields = reply_at(entry, 1);

    page_quote(t, "{\"queue\":", span_of(queue), VALUE_MOST);
    page_quote(t, ",\"entry\":", reply_span(reply_at(entry, 0)), VALUE_MOST);
    page_put(t, ",\"fields\":{");
    for (size_t i = 0; i + 1 < reply_count(fields); i += 2) {
        struct span name = reply_span(reply_at(fields, i));

        if (!all && is_private(name))
            continue;
        page_quote(t, i > 0 ? "," : "", name, VALUE_MOST);
        page_quote(t, ":", reply_span(reply_at(fields, i + 1)),
                   is_private(name) ? BODY_MOST : VALUE_MOST);
    }
    page_put(t, "}}");
}

/* For who comes later. */
static void remember(struct page *p, struct span json)
{
    char *copy = strndup(json.at, json.len), **place;

    if (!copy)
        return;
    uv_mutex_lock(&p->lock);
    place = &p->recent[p->recent_count++ % PAGE_RECENT];
    free(*place);
    *place = copy;
    uv_mutex_unlock(&p->lock);
}

void page_forget_outcomes(struct page *p)
{
    uv_mutex_lock(&p->lock);
    for (unsigned n = 0; n < PAGE_RECENT; n++) {
        free(p->recent[n]);
        p->recent[n] = NULL;
    }
    p->recent_count = 0;
    uv_mutex_unlock(&p->lock);
    memset(p->tails, 0, sizeof p->tails);
}

static enum err read_news(struct page *p, size_t queue, unsigned most,
                          const struct reply **ret)
{
    struct page_tail *tail = &p->tails[queue];
    struct queue_keys keys;
    char start[sizeof tail->last + 1], count[16];
    const char *argv[] = {"XREVRANGE", NULL, "+", start, "COUNT", count};

    keys_of_queue(&keys, p->scope.prefix, p->scope.queues[queue]);
    argv[1] = keys.outcomes;
    (void)snprintf(start, sizeof start, "%s%s", tail->last[0] ? "(" : "-",
                   tail->last);
    (void)snprintf(count, sizeof count, "%u", most);
    return page_ask_redis(p, 6, argv, ret);
}

/* How many of the newest there is room for. */
static size_t fitting(const struct reply *news, uint64_t room)
{
    size_t n = 0;
    uint64_t bytes = 0;

    while (n < reply_count(news) && bytes < room)
        bytes += paging_bytes(reply_at(news, n++));
    return n;
}

/* Redis has the newest first; people read the other way round. */
static void write_news(struct page *p, size_t queue, const struct reply *news,
                       size_t count, struct page_text *t)
{
    for (size_t n = count; n-- > 0;) {
        size_t from = t->out->len;

        write_entry(p->scope.queues[queue], reply_at(news, n), false, t);
        if (!t->err)
            remember(p, (struct span){t->out->at + from, t->out->len - from});
        page_put(t, "%s", n > 0 ? "," : "");
    }
    (void)span_copy(reply_span(reply_at(reply_at(news, 0), 0)),
                    p->tails[queue].last, sizeof p->tails[queue].last);
}

void page_write_outcomes(struct page *p, struct page_text *t)
{
    size_t queues = p->scope.queue_count;
    unsigned most = queues > 0 ? NEWS_MOST / (unsigned)queues : 0;

    if (most < NEWS_LEAST)
        most = NEWS_LEAST;
    for (size_t n = 0; n < queues && p->redis; n++) {
        bool first = p->tails[n].last[0] == '\0';
        const struct reply *news;
        size_t count;

        if (read_news(p, n, most, &news) || reply_count(news) == 0)
            continue;
        count = fitting(news, NEWS_BYTES / queues);
        page_put(t, "event: outcomes\ndata: {\"skipped\":%s,\"entries\":[",
                 !first && (count == most || count < reply_count(news))
                     ? "true"
                     : "false");
        write_news(p, n, news, count, t);
        page_put(t, "]}\n\n");
    }
}

static bool is_wanted(const struct page_ask *ask, const struct reply *fields)
{
    const char *const wanted[][2] = {
        {"container", ask->container},
        {"point", ask->point},
        {"verdict", ask->verdict},
        {"class", ask->class},
        {"id", ask->id},
    };

    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (wanted[i][1][0] &&
            !span_is(field(fields, wanted[i][0]), wanted[i][1]))
            return false;
    return true;
}

/* A search backwards through a stream. */
struct search {
    char behind[48]; /* the last entry looked at; empty = none yet */
    unsigned found, looked;
    bool ended; /* nothing is older */
};

static enum err read_page(struct page *p, const struct page_ask *ask,
                          struct search *s, struct page_text *t)
{
    struct queue_keys keys;
    char end[sizeof s->behind + 1], count[16];
    const char *argv[] = {"XREVRANGE", NULL, end, "-", "COUNT", count};
    const struct reply *page;
    enum err e;
    size_t n = 0;

    keys_of_queue(&keys, p->scope.prefix, ask->queue);
    argv[1] = keys.outcomes;
    (void)snprintf(end, sizeof end, "%s%s", s->behind[0] ? "(" : "+",
                   s->behind);
    (void)snprintf(count, sizeof count, "%d", BACK_PAGE);
    e = page_ask_redis(p, 6, argv, &page);
    for (; !e && n < reply_count(page) && s->found < ANSWER_MOST; n++) {
        const struct reply *entry = reply_at(page, n);

        (void)span_copy(reply_span(reply_at(entry, 0)), s->behind,
                        sizeof s->behind);
        if (!is_wanted(ask, reply_at(entry, 1)))
            continue;
        page_put(t, "%s", s->found++ > 0 ? "," : "");
        write_entry(ask->queue, entry, ask->trusted, t);
    }
    s->looked += (unsigned)n;
    s->ended = !e && n == reply_count(page) && n < BACK_PAGE;
    return e;
}

void page_answer_outcomes(struct page *p, struct page_ask *ask)
{
    struct page_text t = {.out = &ask->body};
    struct search s = {.found = 0};
    enum err e = ERR_OK;

    if (!ident_is_queue(span_of(ask->queue))) {
        page_refuse(ask, MHD_HTTP_BAD_REQUEST, "no such queue");
        return;
    }
    (void)span_copy(span_of(ask->before), s.behind, sizeof s.behind);
    page_put(&t, "{\"entries\":[");
    while (!e && !s.ended && s.found < ANSWER_MOST && s.looked < BACK_MOST)
        e = read_page(p, ask, &s, &t);
    page_quote(&t, "],\"before\":", span_of(s.ended ? "" : s.behind),
               sizeof s.behind);
    page_put(&t, ",\"looked\":%u}", s.looked);
    if (e)
        page_refuse(ask, MHD_HTTP_SERVICE_UNAVAILABLE,
                    p->why.text[0] ? p->why.text : err_text(e));
    else if (t.err)
        page_refuse(ask, MHD_HTTP_INTERNAL_SERVER_ERROR, err_text(t.err));
}
