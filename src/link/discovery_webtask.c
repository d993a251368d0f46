#include "link/discovery_backend.h"

/* {base}/api/webtask/{container}?meta={key}:{point}&offset=0&limit=100 */
static enum err page_url(const struct question *q, struct buf *out)
{
    const struct listing *l = &q->listing;
    enum err e = buf_add(out, l->base.at, l->base.len);

    if (!e)
        e = buf_printf(out, "/api/webtask/%s?meta=", q->key.container);
    if (!e)
        e = uri_encode(out, span_of(l->meta_key));
    if (!e)
        e = buf_printf(out, "%%3A%s&offset=%u&limit=%u", q->key.point,
                       q->pages * LISTING_PAGE, (unsigned)LISTING_PAGE);
    return e;
}

static void ask_page(struct question *q)
{
    struct buf url = buf_make(URL_MAX);
    enum err e = page_url(q, &url);

    q->pages++;
    if (e)
        question_fail(q, "the URL of discovery is %s", err_text(e));
    else
        question_get(q, url.at);
    buf_clear(&url);
}

static void start(struct question *q)
{
    struct span base = span_of(q->options->url);

    while (base.len > 0 && base.at[base.len - 1] == '/')
        base.len--;
    q->listing = (struct listing){
        .key = &q->key, .base = base, .meta_key = q->options->meta_key};
    ask_page(q);
}

/* 404: the platform does not know the container, or the list ended with the
 * page before. */
static void finish(struct question *q)
{
    struct finding finding;

    listing_end(&q->listing, &finding);
    question_end(q, &finding);
}

static void read_page(struct question *q, struct span body)
{
    bool more = false;
    struct why why = {""};

    if (listing_add(&q->listing, body, &more, &why))
        question_fail(q, "%s", why.text);
    else if (!more)
        finish(q);
    else if (q->pages == LISTING_PAGES)
        question_fail(q, "the platform lists more than %d webtasks",
                      LISTING_PAGES * LISTING_PAGE);
    else
        ask_page(q);
}

const struct backend backend_webtask = {"webtask", start, finish, read_page};
