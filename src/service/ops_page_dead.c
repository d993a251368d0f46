#include "service/ops_page.h"

#include "stages/letters.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One answer lists, and looks at, so many; of a job it shows so much. */
enum {
    LIST_MOST = 100,
    LOOK_MOST = 2000,
    JOB_MOST = 64 << 10,
    WORD_MOST = 512
};

/* What a question is about, while it is answered. */
struct reading {
    struct page *page;
    struct page_ask *ask;
    struct queue_keys keys;
    struct letters_wanted wanted;
};

static bool is_queue(const struct page *p, const char *queue)
{
    for (size_t n = 0; n < p->scope.queue_count; n++)
        if (strcmp(p->scope.queues[n], queue) == 0)
            return true;
    return false;
}

/* False when there is nothing to read from: the browser was told. */
static bool begin(struct reading *r, struct page *p, struct page_ask *ask)
{
    *r = (struct reading){.page = p, .ask = ask};
    if (!is_queue(p, ask->queue)) {
        page_refuse(ask, MHD_HTTP_BAD_REQUEST, "no such queue");
        return false;
    }
    p->why.text[0] = '\0';
    if (!page_redis(p)) {
        page_refuse(ask, MHD_HTTP_SERVICE_UNAVAILABLE, p->why.text);
        return false;
    }
    keys_of_queue(&r->keys, p->scope.prefix, ask->queue);
    r->wanted.container = ask->container[0] ? ask->container : NULL;
    r->wanted.point = ask->point[0] ? ask->point : NULL;
    r->wanted.class = ask->class[0] ? ask->class : NULL;
    return true;
}

static void explain(struct reading *r, enum err e, const struct reply *reply)
{
    struct page *p = r->page;

    if (e == ERR_REPLY && reply_kind(reply) == REPLY_ERROR)
        reply_explain(reply, p->why.text, sizeof p->why.text);
    else if (e == ERR_REDIS && p->redis)
        (void)why_set(&p->why, e, "%s", redis_sync_error(p->redis));
    page_refuse(r->ask, MHD_HTTP_SERVICE_UNAVAILABLE,
                p->why.text[0] ? p->why.text : err_text(e));
    if (e == ERR_REDIS)
        redis_sync_close(&p->redis);
}

static struct letters_walk walk_make(struct reading *r)
{
    return letters_walk_make(r->page->redis, &r->keys, LETTER_DEAD, &r->wanted);
}

static void write_letter(const struct letter *l, struct page_text *t)
{
    page_quote(t, "{\"entry\":", l->name, WORD_MOST);
    page_quote(t, ",\"id\":", l->id, WORD_MOST);
    page_quote(t, ",\"container\":", l->container, WORD_MOST);
    page_quote(t, ",\"point\":", l->point, WORD_MOST);
    page_quote(t, ",\"class\":", l->class, WORD_MOST);
    page_quote(t, ",\"error\":", l->error, WORD_MOST);
}

/* A list under way: how many are in it, and were looked at. */
struct listing {
    unsigned found, looked;
    char last[LETTERS_CURSOR_MAX];
};

static enum err list_page(struct letters_walk *w, struct listing *l,
                          struct page_text *t)
{
    enum err e = letters_walk_page(w, LIST_MOST);

    for (size_t i = 0; !e && i < letters_walk_count(w); i++) {
        struct letter letter;

        if (l->found == LIST_MOST)
            return ERR_OK;
        e = letters_walk_at(w, i, &letter);
        if (e)
            return e;
        l->looked++;
        (void)span_copy(letter.name, l->last, sizeof l->last);
        if (!letter_is_wanted(&letter, w->wanted))
            continue;
        page_put(t, "%s", l->found++ > 0 ? "," : "");
        write_letter(&letter, t);
        page_put(t, "}");
    }
    return e;
}

void page_answer_dead(struct page *p, struct page_ask *ask)
{
    struct page_text t = {.out = &ask->body};
    struct listing l = {.found = 0};
    struct letters_walk w;
    struct reading r;
    enum err e = ERR_OK;

    if (!begin(&r, p, ask))
        return;
    w = walk_make(&r);
    w.for_people = true;
    if (ask->before[0] && !letters_walk_behind(&w, span_of(ask->before))) {
        page_refuse(ask, MHD_HTTP_BAD_REQUEST, "before is no entry's id");
        letters_walk_clear(&w);
        return;
    }
    page_put(&t, "{\"entries\":[");
    while (!e && !w.over && l.found < LIST_MOST && l.looked < LOOK_MOST)
        e = list_page(&w, &l, &t);
    page_quote(&t, "],\"before\":", span_of(w.over ? "" : l.last),
               sizeof l.last);
    page_put(&t, ",\"looked\":%u}", l.looked);
    if (e || t.err)
        explain(&r, e ? e : t.err, w.reply);
    letters_walk_clear(&w);
}

/* The id in front of that one; false when it is no entry's. */
static bool predecessor(struct span entry, char dst[LETTERS_CURSOR_MAX])
{
    struct span ms_text, seq_text = entry;
    uint64_t ms, seq;

    ms_text = span_cut(&seq_text, '-');
    if (!span_number(ms_text, &ms) || !span_number(seq_text, &seq) ||
        (ms == 0 && seq == 0))
        return false;
    (void)snprintf(dst, LETTERS_CURSOR_MAX, "%" PRIu64 "-%" PRIu64,
                   seq > 0 ? ms : ms - 1, seq > 0 ? seq - 1 : UINT64_MAX);
    return true;
}

/* ERR_ABSENT when that one is not there any more. The walk is the caller's to
 * clear in every case. */
static enum err find(struct letters_walk *w, struct span entry,
                     struct letter *ret)
{
    char before[LETTERS_CURSOR_MAX];
    enum err e;

    if (!predecessor(entry, before) || !letters_walk_behind(w, span_of(before)))
        return ERR_ABSENT;
    e = letters_walk_page(w, 1);
    if (!e && letters_walk_count(w) == 0)
        e = ERR_ABSENT;
    if (!e)
        e = letters_walk_at(w, 0, ret);
    if (!e && (ret->name.len != entry.len ||
               memcmp(ret->name.at, entry.at, entry.len) != 0))
        e = ERR_ABSENT;
    return e;
}

static void write_record(const struct letter *l, bool trusted,
                         struct page_text *t)
{
    if (!l->sound)
        return;
    page_put(t,
             ",\"claims\":%" PRIu32 ",\"attempts\":%" PRIu32
             ",\"first\":%" PRId64,
             l->record.claims, l->record.attempts, l->record.first_ms);
    page_quote(t, ",\"history\":", l->record.history, RECORD_HISTORY_MAX);
    if (trusted)
        page_quote(t, ",\"job\":", l->record.job, JOB_MOST);
}

void page_answer_dead_job(struct page *p, struct page_ask *ask)
{
    struct page_text t = {.out = &ask->body};
    struct letter letter;
    struct letters_walk w;
    struct reading r;
    enum err e;

    if (!begin(&r, p, ask))
        return;
    w = walk_make(&r);
    e = find(&w, span_of(ask->entries), &letter);
    if (!e) {
        write_letter(&letter, &t);
        write_record(&letter, ask->trusted, &t);
        page_put(&t, "}");
        e = t.err;
    }
    if (e == ERR_ABSENT)
        page_refuse(ask, MHD_HTTP_NOT_FOUND, "it is not there any more");
    else if (e)
        explain(&r, e, w.reply);
    letters_walk_clear(&w);
}

static enum err send_order(struct reading *r, struct letters_batch *b,
                           enum letters_op op, uint64_t *ret_done)
{
    const struct page_scope *s = &r->page->scope;
    uint32_t most = s->max_claims > 2 ? s->max_claims : 2;
    const struct letters_order order = {
        .keys = &r->keys,
        .op = op,
        .place = LETTER_DEAD,
        .gate = "",
        .outcomes_max = s->outcomes_max,
        .by = "page",
        .suspect_claims = most - 1,
    };
    const struct reply *reply;
    struct redis_words words;
    enum err e;

    letters_batch_words(b, &order, 0, letters_batch_count(b), &words);
    e = redis_ask(r->page->redis, words.count, words.at, words.lens, &reply);
    if (!e)
        e = letters_done(reply, ret_done);
    if (e)
        explain(r, e, reply);
    return e;
}

/* One letter: those that are gone count as nothing. False when it failed; the
 * browser was told. */
static bool act_on(struct reading *r, struct letters_batch *b,
                   enum letters_op op, struct span entry, uint64_t *ret_done)
{
    struct letters_walk w = walk_make(r);
    struct letter letter;
    enum err e = find(&w, entry, &letter);
    uint64_t done = 0;

    letters_batch_reset(b);
    /* Its own name lives no longer than the reply that it came in. */
    letter.name = entry;
    if (!e)
        e = letters_batch_add(b, &letter);
    if (e && e != ERR_ABSENT)
        explain(r, e, w.reply);
    if (!e)
        e = send_order(r, b, op, &done);
    letters_walk_clear(&w);
    *ret_done += done;
    return !e || e == ERR_ABSENT;
}

static void act(struct page *p, struct page_ask *ask, enum letters_op op)
{
    struct page_text t = {.out = &ask->body};
    struct span rest = span_of(ask->entries);
    struct letters_batch *b;
    struct reading r;
    uint64_t done = 0;
    bool good = true;

    if (!begin(&r, p, ask))
        return;
    b = letters_batch_open();
    if (!b) {
        explain(&r, ERR_MEMORY, NULL);
        return;
    }
    while (good && rest.len > 0)
        good = act_on(&r, b, op, span_cut(&rest, ','), &done);
    letters_batch_close(&b);
    if (good)
        page_put(&t, "{\"done\":%" PRIu64 "}", done);
    log_info(op == LETTERS_RETRY ? "dead jobs were retried from the page"
                                 : "dead jobs were dropped from the page",
             LOG_TEXT("queue", ask->queue), LOG_NUMBER("jobs", (int64_t)done));
}

void page_answer_retry(struct page *p, struct page_ask *ask)
{
    act(p, ask, LETTERS_RETRY);
}

void page_answer_drop(struct page *p, struct page_ask *ask)
{
    act(p, ask, LETTERS_DROP);
}
