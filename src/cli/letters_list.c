/* extq dead (later, parked) list and show. */
#include "cli/command.h"
#include "cli/ending.h"
#include "cli/letters.h"
#include "cli/letters_write.h"
#include "cli/progress.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>

enum { LAST_DEFAULT = 20, LINE_MAX_BYTES = 128 << 20 };

/* How letters are shown, and how many were. */
struct view {
    struct letters_work *work;
    struct columns table;
    struct buf line;
    struct progress progress;
    uint64_t looked_at, shown, most;
};

/* False when nobody reads stdout any more. */
static bool print_line(struct view *v)
{
    progress_clear(&v->progress);
    return fwrite(v->line.at, 1, v->line.len, stdout) == v->line.len;
}

static enum err write_letter(struct view *v, const struct letter *l)
{
    const struct letters_request *q = v->work->request;

    buf_reset(&v->line);
    if (q->json)
        return letter_json(l, v->work->queue, q->payload, &v->line);
    if (q->verb == VERB_SHOW)
        return letter_page(l, v->work->now_ms, q->payload, &v->line);
    return letter_line(l, &v->table, &v->line);
}

static enum err show_titles(struct view *v)
{
    const struct letters_request *q = v->work->request;
    enum err e;

    if (q->json || q->verb == VERB_SHOW)
        return ERR_OK;
    e = columns_titles(&v->table, &v->line);
    if (!e)
        (void)print_line(v);
    return e;
}

static enum err show(struct view *v, const struct letter *l, bool *ret_read)
{
    enum err e = v->shown == 0 ? show_titles(v) : ERR_OK;

    if (!e)
        e = write_letter(v, l);
    v->shown++;
    *ret_read = !e && print_line(v);
    return e;
}

static enum err show_page(struct view *v, struct letters_walk *w, bool *ret_on)
{
    size_t count = letters_walk_count(w);
    enum err e = ERR_OK;

    for (size_t i = 0; !e && *ret_on && i < count; i++) {
        struct letter l;

        e = letters_walk_at(w, i, &l);
        if (e || !letter_is_wanted(&l, &v->work->wanted))
            continue;
        if (v->shown == v->most)
            *ret_on = false;
        else
            e = show(v, &l, ret_on);
    }
    v->looked_at += count;
    progress_show(&v->progress, v->looked_at, v->looked_at);
    return e;
}

static void sum_up(const struct view *v, bool over)
{
    const struct letters_work *k = v->work;
    const struct letters_request *q = k->request;

    bool none = v->shown == 0 && over && !(q->json && q->verb == VERB_LIST);

    if (none && v->looked_at == 0)
        say(q->command, "no %s in queue %s", letters_noun(q->place, 0),
            k->queue);
    else if (none)
        say(q->command, "no %s matches, of %" PRIu64 " in queue %s",
            letters_noun(q->place, 1), v->looked_at, k->queue);
    else if (!over && v->shown == v->most && !q->json)
        say(q->command, "there are more: --last N shows more than %" PRIu64,
            v->most);
}

enum err letters_list(struct letters_work *k, int *ret_exit)
{
    const struct letters_request *q = k->request;
    struct letters_walk w = letters_walk_of(k);
    struct view v = {
        .work = k,
        .table = letter_columns(q->place),
        .line = buf_make(LINE_MAX_BYTES),
        .progress = progress_make("looked at", 0),
        .most = q->verb == VERB_SHOW ? UINT64_MAX
                : q->last > 0        ? (uint64_t)q->last
                                     : LAST_DEFAULT,
    };
    bool on = true;
    enum err e = ERR_OK;

    w.for_people = true;
    while (!e && on && !w.over) {
        e = letters_walk_page(&w, PAGING_MAX);
        k->reply = w.reply;
        if (!e)
            e = show_page(&v, &w, &on);
        on = on && !ending_came(0);
    }
    progress_clear(&v.progress);
    if (!e)
        sum_up(&v, w.over);
    *ret_exit = q->wanted.id_count > 0 && v.shown == 0 ? EXIT_FAILED : EXIT_OK;
    letters_walk_clear(&w);
    buf_clear(&v.line);
    return e;
}
