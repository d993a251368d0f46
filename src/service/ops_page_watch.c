#include "service/ops_page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A browser that takes nothing for so long, of a frame a second, is sent
 * away. */
enum { SILENCE_S = 5 };

static struct page_frame *make_frame(const struct buf *text)
{
    struct page_frame *f = malloc(sizeof *f + text->len);

    if (!f)
        return NULL;
    f->holders = 1;
    f->len = text->len;
    memcpy(f->text, text->at, text->len);
    return f;
}

static void let_go(struct page_frame **frame)
{
    if (*frame && --(*frame)->holders == 0)
        free(*frame);
    *frame = NULL;
}

static void write_history(const struct page_history *h, struct page_text *t)
{
    uint64_t first = h->count > PAGE_SAMPLES ? h->count - PAGE_SAMPLES : 0;

    page_put(t, "event: history\ndata: {\"sample_ms\":%d,\"samples\":[",
             PAGE_SAMPLE_MS);
    for (uint64_t n = first; n < h->count; n++) {
        page_put(t, "%s", n > first ? "," : "");
        page_write_sample(t, &h->samples[n % PAGE_SAMPLES]);
    }
    page_put(t, "]}\n\n");
}

static void write_text(struct page_text *t, const char *text)
{
    if (!t->err)
        t->err = buf_add_text(t->out, text);
}

/* What those who came earlier have seen. */
static void write_recent(const struct page *p, struct page_text *t)
{
    uint64_t last = p->recent_count;
    uint64_t first = last > PAGE_RECENT ? last - PAGE_RECENT : 0;

    if (last == 0)
        return;
    page_put(t, "event: outcomes\ndata: {\"skipped\":false,\"entries\":[");
    for (uint64_t n = first; n < last; n++) {
        page_put(t, "%s", n > first ? "," : "");
        write_text(t, p->recent[n % PAGE_RECENT]);
    }
    page_put(t, "]}\n\n");
}

static struct page_frame *make_greeting(struct page *p)
{
    struct buf text = buf_make(PAGE_FRAME_MAX);
    struct page_text t = {.out = &text};
    struct page_frame *frame = NULL;

    page_put(&t, "retry: 2000\n\n");
    write_history(&p->history, &t);
    if (p->state.len > 0)
        write_text(&t, p->state.at);
    write_recent(p, &t);
    if (!t.err)
        frame = make_frame(&text);
    buf_clear(&text);
    return frame;
}

static struct page_watcher *free_place(struct page *p)
{
    for (unsigned n = 0; n < PAGE_WATCHERS_MAX; n++)
        if (!p->watchers[n].page)
            return &p->watchers[n];
    return NULL;
}

bool page_watch(struct page *p, struct MHD_Connection *connection,
                struct page_watcher **ret)
{
    struct page_watcher *w;
    struct page_frame *greeting;

    uv_mutex_lock(&p->lock);
    w = p->hanging_up ? NULL : free_place(p);
    greeting = w ? make_greeting(p) : NULL;
    if (greeting) {
        *w = (struct page_watcher){.page = p,
                                   .connection = connection,
                                   .next = p->published,
                                   .frame = greeting};
        /* The first one starts the reading. */
        if (p->watcher_count++ == 0)
            uv_cond_signal(&p->wake);
    }
    uv_mutex_unlock(&p->lock);
    if (!greeting)
        return false;
    (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
                                    (unsigned)SILENCE_S);
    *ret = w;
    return true;
}

/* False when there is none yet, or when it is gone already. */
static bool take_frame(struct page_watcher *w, bool *ret_gone)
{
    struct page *p = w->page;

    *ret_gone = p->published - w->next > PAGE_FRAMES;
    if (*ret_gone || w->next == p->published)
        return false;
    w->frame = p->frames[w->next++ % PAGE_FRAMES];
    w->frame->holders++;
    w->sent = 0;
    return true;
}

static ssize_t copy(struct page_watcher *w, char *dst, size_t room)
{
    size_t len = w->frame->len - w->sent;

    if (len > room)
        len = room;
    memcpy(dst, w->frame->text + w->sent, len);
    w->sent += len;
    return (ssize_t)len;
}

static ssize_t feed(struct page_watcher *w, char *dst, size_t room)
{
    bool gone = false;

    if (w->page->hanging_up)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (w->frame && w->sent == w->frame->len)
        let_go(&w->frame);
    if (w->frame || take_frame(w, &gone))
        return copy(w, dst, room);
    if (gone)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    w->waits = true;
    MHD_suspend_connection(w->connection);
    return 0;
}

ssize_t page_feed(void *watcher, uint64_t at, char *dst, size_t room)
{
    struct page_watcher *w = watcher;
    struct page *p = w->page;
    ssize_t len;

    (void)at;
    uv_mutex_lock(&p->lock);
    len = feed(w, dst, room);
    uv_mutex_unlock(&p->lock);
    return len;
}

void page_unwatch(void *watcher)
{
    struct page_watcher *w = watcher;
    struct page *p = w->page;

    uv_mutex_lock(&p->lock);
    let_go(&w->frame);
    *w = (struct page_watcher){.page = NULL};
    p->watcher_count--;
    uv_mutex_unlock(&p->lock);
}

void page_resume_all(struct page *p)
{
    for (unsigned n = 0; n < PAGE_WATCHERS_MAX; n++) {
        struct page_watcher *w = &p->watchers[n];

        if (!w->page || !w->waits)
            continue;
        w->waits = false;
        MHD_resume_connection(w->connection);
    }
}

void page_publish(struct page *p, const struct buf *text)
{
    struct page_frame *frame = make_frame(text);

    if (!frame)
        return;
    let_go(&p->frames[p->published % PAGE_FRAMES]);
    p->frames[p->published++ % PAGE_FRAMES] = frame;
    page_resume_all(p);
}

void page_forget_frames(struct page *p)
{
    for (unsigned n = 0; n < PAGE_FRAMES; n++)
        let_go(&p->frames[n]);
}
