#include "cli/top_read.h"

#include <stdlib.h>

/* What comes faster than that is not all counted: the screen stays live. */
enum { ENTRIES_MAX = 20000, BEHIND_MS = 1000 };

static bool count_entry(void *arg, const struct outcome_entry *entry)
{
    struct top_queue *q = arg;

    q->err = top_window_add(&q->window, entry);
    return !q->err && --q->left > 0;
}

enum err top_figures_open(struct connection *c, const char *only,
                          struct top_figures *ret)
{
    *ret = (struct top_figures){.connection = c};
    ret->queues = calloc(only ? 1 : QUEUES_MAX, sizeof *ret->queues);
    if (!ret->queues)
        return ERR_MEMORY;
    ret->count = only ? 1 : c->config->queue_count;
    for (size_t i = 0; i < ret->count; i++) {
        struct top_queue *q = &ret->queues[i];

        q->stats.name = only ? only : c->config->queues[i].name;
        q->reader.connection = c;
        q->reader.show = count_entry;
        q->reader.arg = q;
        outcomes_reader_prepare(&q->reader, q->stats.name);
    }
    return ERR_OK;
}

/* Where to begin: a minute ago; where it was; or, when that cannot be caught up
 * with, a little ago. */
static struct when start_of(const struct top_queue *q)
{
    if (!q->begun)
        return (struct when){true, true, TOP_WINDOW_MS};
    return (struct when){q->left == 0, true, BEHIND_MS};
}

static enum err read_outcomes(struct top_queue *q, bool *ret_ended,
                              const struct reply **ret_reply)
{
    const struct when start = start_of(q);
    enum err e;

    q->left = ENTRIES_MAX;
    q->reader.ended = false;
    e = outcomes_read(&q->reader, &start, 0, ret_reply);
    if (!e)
        e = q->err;
    if (e)
        return e;
    q->begun = true;
    if (q->left == 0)
        q->lost_ms = q->reader.now_ms;
    *ret_ended = *ret_ended || q->reader.interrupted;
    return ERR_OK;
}

static enum err read_queue(struct top_figures *f, struct top_queue *q,
                           bool *ret_ended, const struct reply **ret_reply)
{
    const char *name = q->stats.name;
    enum err e;

    stats_queue_clear(&q->stats);
    e = stats_queue_read(f->connection, name, f->now_ms, &q->stats, ret_reply);
    if (e)
        return e;
    top_window_move(&q->window, f->now_ms);
    return read_outcomes(q, ret_ended, ret_reply);
}

static enum err read_facts(struct top_figures *f,
                           const struct reply **ret_reply)
{
    enum err e =
        redis_ask(f->connection->redis, 5,
                  (const char **)(uintptr_t)redis_facts_ask, NULL, ret_reply);

    if (!e)
        f->facts = redis_facts_read(reply_span(*ret_reply));
    return e;
}

enum err top_figures_read(struct top_figures *f, bool *ret_ended,
                          const struct reply **ret_reply)
{
    const struct stats_order order = stats_order(f->connection->config);
    enum err e = connect_now(f->connection, &f->now_ms, ret_reply);

    *ret_ended = false;
    if (!e)
        e = read_facts(f, ret_reply);
    for (size_t i = 0; !e && i < f->count; i++)
        e = read_queue(f, &f->queues[f->count > 1 ? order.at[i] : i], ret_ended,
                       ret_reply);
    return e;
}

void top_figures_close(struct top_figures *f)
{
    for (size_t i = 0; f->queues && i < f->count; i++) {
        stats_queue_clear(&f->queues[i].stats);
        top_window_clear(&f->queues[i].window);
    }
    free(f->queues);
    f->queues = NULL;
}
