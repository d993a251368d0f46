#include "stages/letters.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct letters_walk letters_walk_make(struct redis_sync *redis,
                                      const struct queue_keys *keys,
                                      enum letter_place place,
                                      const struct letters_wanted *wanted)
{
    return (struct letters_walk){
        .redis = redis,
        .keys = keys,
        .wanted = wanted,
        .place = place,
        .page = PAGING_FIRST,
        .cursor = "0",
        .gates = buf_make(SIZE_MAX / 2),
        .job = job_make(),
    };
}

static enum err checked(struct letters_walk *w, enum err e)
{
    return !e && reply_kind(w->reply) == REPLY_ERROR ? ERR_REPLY : e;
}

/* The ids between which dead letters are looked at: those of the times that are
 * wanted, as far as the walk has not gone. */
static void dead_bounds(const struct letters_walk *w,
                        char from[LETTERS_CURSOR_MAX],
                        char to[LETTERS_CURSOR_MAX])
{
    bool begun = strcmp(w->cursor, "0") != 0;
    int64_t until_ms = w->wanted->until_ms;

    (void)snprintf(from, LETTERS_CURSOR_MAX, "%" PRId64, w->wanted->from_ms);
    if (until_ms > 0)
        (void)snprintf(to, LETTERS_CURSOR_MAX, "%" PRId64, until_ms);
    else
        (void)snprintf(to, LETTERS_CURSOR_MAX, "+");
    if (begun)
        (void)snprintf(w->for_people ? to : from, LETTERS_CURSOR_MAX, "(%.46s",
                       w->cursor);
}

static enum err dead_page(struct letters_walk *w, const char *count)
{
    char from[LETTERS_CURSOR_MAX], to[LETTERS_CURSOR_MAX];
    const struct reply *last;
    enum err e;

    dead_bounds(w, from, to);
    e = w->for_people
            ? redis_ask_words(w->redis, &w->reply, "XREVRANGE", w->keys->dead,
                              to, from, "COUNT", count, NULL)
            : redis_ask_words(w->redis, &w->reply, "XRANGE", w->keys->dead,
                              from, to, "COUNT", count, NULL);
    e = checked(w, e);
    w->over = e || reply_count(w->reply) == 0;
    if (w->over)
        return e;
    last = reply_at(w->reply, reply_count(w->reply) - 1);
    return span_copy(reply_span(reply_at(last, 0)), w->cursor, sizeof w->cursor)
               ? ERR_OK
               : ERR_REPLY;
}

/* A scan finds all that stays, in no order. */
static enum err later_scan(struct letters_walk *w, const char *count)
{
    enum err e =
        checked(w, redis_ask_words(w->redis, &w->reply, "ZSCAN", w->keys->later,
                                   w->cursor, "COUNT", count, NULL));

    if (!e && !span_copy(reply_span(reply_at(w->reply, 0)), w->cursor,
                         sizeof w->cursor))
        return ERR_REPLY;
    return e;
}

static enum err later_page(struct letters_walk *w, const char *count,
                           uint64_t most)
{
    char from[24], to[24];
    enum err e;

    if (!w->for_people) {
        /* Cursor 0 begins the scan, and ends it. */
        w->over = w->at > 0 && strcmp(w->cursor, "0") == 0;
        w->at++;
        return w->over ? ERR_OK : later_scan(w, count);
    }
    (void)snprintf(from, sizeof from, "%" PRId64, w->at);
    (void)snprintf(to, sizeof to, "%" PRId64, w->at + (int64_t)most - 1);
    e = checked(w,
                redis_ask_words(w->redis, &w->reply, "ZRANGE", w->keys->later,
                                from, to, "WITHSCORES", NULL));
    w->over = e || reply_count(w->reply) == 0;
    w->at += (int64_t)reply_count(w->reply) / 2;
    return e;
}

/* Whether letters at that gate may be wanted: at a container's own one wait
 * those of any point. */
static bool is_gate_wanted(const struct letters_walk *w, struct span name)
{
    const struct letters_wanted *wanted = w->wanted;
    struct span container, point;

    if (gate_name_read(name, &container, &point))
        return false;
    return (!wanted->container || span_is(container, wanted->container)) &&
           (!wanted->point || point.len == 0 || span_is(point, wanted->point));
}

static enum err note_gates(struct letters_walk *w, const struct reply *pairs)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < reply_count(pairs); i += 2) {
        struct span name = reply_span(reply_at(pairs, i));

        if (is_gate_wanted(w, name))
            e = buf_printf(&w->gates, "%.*s\n", (int)name.len, name.at);
    }
    return e;
}

/* A list that is not empty has its gate. */
static enum err find_gates(struct letters_walk *w)
{
    enum err e;

    do {
        e = checked(w, redis_ask_words(w->redis, &w->reply, "HSCAN",
                                       w->keys->gates, w->cursor, "COUNT",
                                       "200", NULL));
        if (!e)
            e = note_gates(w, reply_at(w->reply, 1));
        if (!e && !span_copy(reply_span(reply_at(w->reply, 0)), w->cursor,
                             sizeof w->cursor))
            e = ERR_REPLY;
    } while (!e && strcmp(w->cursor, "0") != 0);
    w->gates_known = !e;
    return e;
}

static bool next_gate(struct letters_walk *w)
{
    struct span rest = buf_span(&w->gates), name;

    rest = (struct span){rest.at + w->gate_at, rest.len - w->gate_at};
    if (rest.len == 0)
        return false;
    name = span_cut(&rest, '\n');
    w->gate_at += name.len + 1;
    w->at = 0;
    return span_copy(name, w->gate, sizeof w->gate);
}

/* Those that were there when we came: what is retried may be parked again. */
static enum err enter_gate(struct letters_walk *w)
{
    char key[KEY_MAX];
    enum err e;

    keys_parked(key, w->keys, w->gate);
    e = checked(w, redis_ask_words(w->redis, &w->reply, "LLEN", key, NULL));
    w->left = e ? 0 : reply_number(w->reply);
    return e;
}

/* From the end at which jobs are parked: what is taken up at the other end
 * shifts nothing. */
static enum err gate_page(struct letters_walk *w, int64_t page)
{
    int64_t from = w->for_people ? w->at : -w->at - page;
    char first[24], last[24], key[KEY_MAX];
    enum err e;

    keys_parked(key, w->keys, w->gate);
    (void)snprintf(first, sizeof first, "%" PRId64, from);
    (void)snprintf(last, sizeof last, "%" PRId64, from + page - 1);
    e = checked(w, redis_ask_words(w->redis, &w->reply, "LRANGE", key, first,
                                   last, NULL));
    w->at += (int64_t)reply_count(w->reply);
    w->left = reply_count(w->reply) > 0 ? w->left - page : 0;
    return e;
}

static enum err parked_page(struct letters_walk *w, int64_t most)
{
    enum err e = w->gates_known ? ERR_OK : find_gates(w);

    while (!e && w->left <= 0) {
        w->over = !next_gate(w);
        if (w->over)
            return ERR_OK;
        e = enter_gate(w);
    }
    return e ? e : gate_page(w, most < w->left ? most : w->left);
}

bool letters_walk_behind(struct letters_walk *w, struct span entry)
{
    struct span ms, seq = entry;
    uint64_t number;

    ms = span_cut(&seq, '-');
    return span_number(ms, &number) && span_number(seq, &number) &&
           span_copy(entry, w->cursor, sizeof w->cursor);
}

enum err letters_walk_page(struct letters_walk *w, uint64_t most)
{
    char count[24];
    enum err e;

    if (most > w->page)
        most = w->page;
    /* The last one went with the connection's next question. */
    w->reply = NULL;
    (void)snprintf(count, sizeof count, "%" PRIu64, most);
    if (w->place == LETTER_DEAD)
        e = dead_page(w, count);
    else if (w->place == LETTER_LATER)
        e = later_page(w, count, most);
    else
        e = parked_page(w, (int64_t)most);
    if (!e)
        w->page = paging_after(most, paging_bytes(w->reply));
    return e;
}

/* The records and scores of a page of `later`. */
static const struct reply *pairs_of(const struct letters_walk *w)
{
    return w->for_people ? w->reply : reply_at(w->reply, 1);
}

size_t letters_walk_count(const struct letters_walk *w)
{
    if (w->over)
        return 0;
    return w->place == LETTER_LATER ? reply_count(pairs_of(w)) / 2
                                    : reply_count(w->reply);
}

static struct span field_of(const struct reply *fields, const char *name)
{
    for (size_t i = 0; i + 1 < reply_count(fields); i += 2) {
        if (span_is(reply_span(reply_at(fields, i)), name))
            return reply_span(reply_at(fields, i + 1));
    }
    return (struct span){"", 0};
}

static enum err dead_at(struct letters_walk *w, const struct reply *element,
                        struct letter *l)
{
    const struct reply *fields = reply_at(element, 1);
    struct span ms;
    uint64_t at_ms = 0;
    enum err e;

    l->name = ms = reply_span(reply_at(element, 0));
    e = letter_read(l, field_of(fields, "record"), &w->job);
    (void)span_number(span_cut(&ms, '-'), &at_ms);
    l->at_ms = (int64_t)at_ms;
    l->error = field_of(fields, "error");
    /* What was written when it died counts, where something was. */
    if (field_of(fields, "class").len > 0) {
        l->class = field_of(fields, "class");
        l->id = field_of(fields, "id");
        l->container = field_of(fields, "container");
        l->point = field_of(fields, "point");
    }
    return e;
}

enum err letters_walk_at(struct letters_walk *w, size_t i, struct letter *ret)
{
    enum err e;

    *ret = (struct letter){.place = w->place};
    if (w->place == LETTER_DEAD)
        return dead_at(w, reply_at(w->reply, i), ret);
    ret->name =
        reply_span(w->place == LETTER_LATER ? reply_at(pairs_of(w), 2 * i)
                                            : reply_at(w->reply, i));
    e = letter_read(ret, ret->name, &w->job);
    if (w->place == LETTER_LATER)
        ret->at_ms = reply_number(reply_at(pairs_of(w), 2 * i + 1));
    else
        ret->gate = span_of(w->gate);
    return e;
}

void letters_walk_took(struct letters_walk *w, uint64_t count)
{
    if (w->place == LETTER_PARKED)
        w->at -= (int64_t)count;
}

void letters_walk_clear(struct letters_walk *w)
{
    buf_clear(&w->gates);
    job_clear(&w->job);
}
