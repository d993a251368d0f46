#include "cli/gates_scan.h"

#include "model/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "500"

/* Foremost jobs asked for at a time: they come whole. */
enum { HEADS = 50 };

/* What fits of it. */
static void copy_start(struct span text, char *dst, size_t size)
{
    size_t len = text.len < size ? text.len : size - 1;

    if (len > 0)
        memcpy(dst, text.at, len);
    dst[len] = '\0';
}

void gate_row_read(struct gate_row *row, struct span text)
{
    struct gate_state state;

    if (gate_state_read(text, &state) || state.kind == GATE_NONE)
        state = (struct gate_state){
            .kind = GATE_PAUSED,
            .mark = span_of("-"),
            .why = span_of("its state cannot be read"),
        };
    row->kind = state.kind;
    row->since_ms = state.since_ms;
    row->until_ms = state.until_ms;
    row->step = state.step;
    copy_start(state.mark, row->mark, sizeof row->mark);
    copy_start(state.why, row->why, sizeof row->why);
}

bool gate_row_split(const struct gate_row *row, struct span *ret_container,
                    struct span *ret_point)
{
    struct span name = span_of(row->name);

    if (gate_name_read(name, ret_container, ret_point) == ERR_OK)
        return true;
    *ret_container = name;
    *ret_point = span_of("");
    return false;
}

static bool is_wanted(const struct gate_row *row,
                      const struct gates_wanted *wanted)
{
    struct span container, point;

    (void)gate_row_split(row, &container, &point);
    return (!wanted->container || span_is(container, wanted->container)) &&
           (!wanted->point || span_is(point, wanted->point));
}

static enum err make_room(struct gate_rows *rows)
{
    size_t room = rows->room ? 2 * rows->room : 64;
    struct gate_row *at;

    if (rows->count < rows->room)
        return ERR_OK;
    at = reallocarray(rows->at, room, sizeof *at);
    if (!at)
        return ERR_MEMORY;
    rows->at = at;
    rows->room = room;
    return ERR_OK;
}

struct scan {
    struct connection *connection;
    const char *queue;
    const struct gates_wanted *wanted;
    struct gate_rows *rows;
    size_t first; /* of this queue's rows */
    struct queue_keys keys;
    char match[GATE_NAME_SIZE + 2];
};

/* Fields that are no gates begin with what no name does. */
static enum err add_rows(struct scan *s, const struct reply *pairs)
{
    for (size_t i = 0; i + 1 < reply_count(pairs); i += 2) {
        struct span name = reply_span(reply_at(pairs, i));
        struct gate_row *row;

        if (name.len > 0 && name.at[0] == ':')
            continue;
        if (make_room(s->rows))
            return ERR_MEMORY;
        row = &s->rows->at[s->rows->count];
        *row = (struct gate_row){.queue = s->queue};
        copy_start(name, row->name, sizeof row->name);
        gate_row_read(row, reply_span(reply_at(pairs, i + 1)));
        s->rows->count += is_wanted(row, s->wanted);
    }
    return ERR_OK;
}

static enum err next_reply(struct connection *c, const struct reply **ret_reply)
{
    enum err e = redis_sync_next(c->redis, ret_reply);

    return !e && reply_kind(*ret_reply) == REPLY_ERROR ? ERR_REPLY : e;
}

/* Of the rows from that one on. */
static enum err read_lengths(struct scan *s, size_t from,
                             const struct reply **ret_reply)
{
    const char *argv[2] = {"LLEN", NULL};
    struct connection *c = s->connection;
    enum err e = ERR_OK;

    for (size_t i = from; !e && i < s->rows->count; i++) {
        char key[KEY_MAX];

        keys_parked(key, &s->keys, s->rows->at[i].name);
        argv[1] = key;
        e = redis_sync_queue(c->redis, 2, argv, NULL);
    }
    for (size_t i = from; !e && i < s->rows->count; i++) {
        int64_t parked = 0;

        e = next_reply(c, ret_reply);
        if (!e)
            parked = reply_number(*ret_reply);
        s->rows->at[i].parked = parked > 0 ? (uint64_t)parked : 0;
    }
    return e;
}

static enum err read_pages(struct scan *s, const struct reply **ret_reply)
{
    char cursor[24] = "0";
    enum err e;

    do {
        size_t from = s->rows->count;

        e = redis_ask_words(s->connection->redis, ret_reply, "HSCAN",
                            s->keys.gates, cursor, "MATCH", s->match, "COUNT",
                            PAGE, NULL);
        if (!e && reply_kind(*ret_reply) == REPLY_ERROR)
            e = ERR_REPLY;
        if (!e)
            e = add_rows(s, reply_at(*ret_reply, 1));
        if (!e && !span_copy(reply_span(reply_at(*ret_reply, 0)), cursor,
                             sizeof cursor))
            e = ERR_REPLY;
        if (!e)
            e = read_lengths(s, from, ret_reply);
    } while (!e && strcmp(cursor, "0") != 0);
    return e;
}

static int by_name(const void *a, const void *b)
{
    const struct gate_row *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int newest_first(const void *a, const void *b)
{
    const struct gate_row *x = a, *y = b;
    int order = compare((uint64_t)y->since_ms, (uint64_t)x->since_ms);

    return order ? order : by_name(a, b);
}

static int longest_first(const void *a, const void *b)
{
    const struct gate_row *x = a, *y = b;
    int order = compare(y->parked, x->parked);

    return order ? order : newest_first(a, b);
}

static void sort(struct gate_row *at, size_t count,
                 int (*order)(const void *, const void *))
{
    if (count > 1)
        qsort(at, count, sizeof *at, order);
}

/* A hash that shrinks or grows meanwhile may tell an entry twice. */
static void keep_once(struct gate_rows *rows, size_t first)
{
    size_t kept = first;

    sort(rows->at + first, rows->count - first, by_name);
    for (size_t i = first; i < rows->count; i++) {
        const struct gate_row *row = &rows->at[i];

        if (row->kind == GATE_FULL && row->parked == 0)
            continue;
        if (kept == first || by_name(&rows->at[kept - 1], row) != 0)
            rows->at[kept++] = *row;
    }
    rows->count = kept;
}

enum err gates_scan(struct connection *c, const char *queue,
                    const struct gates_wanted *wanted, struct gate_rows *rows,
                    const struct reply **ret_reply)
{
    struct scan s = {c, queue, wanted, rows, rows->count, .match = ""};
    enum err e;

    keys_of_queue(&s.keys, c->config->prefix, queue);
    (void)snprintf(s.match, sizeof s.match, "%s:%s",
                   wanted->container ? wanted->container : "*",
                   wanted->point ? wanted->point : "*");
    if (!wanted->container && !wanted->point)
        (void)snprintf(s.match, sizeof s.match, "*");
    e = read_pages(&s, ret_reply);
    if (!e && rows->at)
        keep_once(rows, s.first);
    return e;
}

static void take_oldest(struct gate_row *row, const struct reply *reply)
{
    struct record record;

    if (record_read(reply_span(reply_at(reply, 0)), &record) == ERR_OK)
        row->oldest_ms = record.first_ms;
}

static enum err read_heads(struct connection *c, struct gate_row *rows,
                           size_t count, const struct reply **ret_reply)
{
    const char *argv[4] = {"LRANGE", NULL, "0", "0"};
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < count; i++) {
        struct queue_keys keys;
        char key[KEY_MAX];

        keys_of_queue(&keys, c->config->prefix, rows[i].queue);
        keys_parked(key, &keys, rows[i].name);
        argv[1] = key;
        e = redis_sync_queue(c->redis, 4, argv, NULL);
    }
    for (size_t i = 0; !e && i < count; i++) {
        e = next_reply(c, ret_reply);
        if (!e)
            take_oldest(&rows[i], *ret_reply);
    }
    return e;
}

/* How many rows are asked for at once: in a cluster, those of one queue. */
static size_t heads_of(const struct connection *c, const struct gate_row *rows,
                       size_t count)
{
    size_t n = 1;

    while (n < count && n < HEADS &&
           (!c->config->redis.cluster ||
            strcmp(rows[n].queue, rows[0].queue) == 0))
        n++;
    return n;
}

enum err gates_oldest(struct connection *c, struct gate_row *rows, size_t count,
                      const struct reply **ret_reply)
{
    enum err e = ERR_OK;

    for (size_t i = 0, heads; !e && i < count; i += heads) {
        heads = heads_of(c, rows + i, count - i);
        e = read_heads(c, rows + i, heads, ret_reply);
    }
    return e;
}

void gate_rows_newest_first(struct gate_rows *rows)
{
    sort(rows->at, rows->count, newest_first);
}

void gate_rows_longest_first(struct gate_rows *rows)
{
    sort(rows->at, rows->count, longest_first);
}

void gate_rows_clear(struct gate_rows *rows)
{
    free(rows->at);
    *rows = (struct gate_rows){NULL, 0, 0};
}
