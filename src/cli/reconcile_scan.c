#include "cli/reconcile_scan.h"

#include "cli/command.h"
#include "cli/reconcile_page.h"
#include "cli/reconcile_streams.h"
#include "model/gate_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PASSES_LEAST = 2,
    PASSES_MOST = 8,
};

static enum err see_list(struct scan *s, enum job_state state)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < reply_count(s->reply); i++) {
        struct span text = reply_span(reply_at(s->reply, i));
        e = state == STATE_WAITING ? page_job(s, text, state)
                                   : page_record(s, text, state);
    }
    return e;
}

/* Pages of a list, counted from the end at which entries are pushed: that may
 * shift entries that were read into pages to come, never the other way round,
 * and what is popped at the other end shifts none. */
static enum err read_list(struct scan *s, const char *key, bool from_tail,
                          enum job_state state)
{
    char first[24], last[24];
    int64_t at = 0, count;
    enum err e;

    page_first(s);
    do {
        int64_t page = (int64_t)pace_step(&s->pace, s->page);
        int64_t from = from_tail ? -at - page : at;

        (void)snprintf(first, sizeof first, "%" PRId64, from);
        (void)snprintf(last, sizeof last, "%" PRId64, from + page - 1);
        e = redis_ask_words(s->connection->redis, &s->reply, "LRANGE", key,
                            first, last, NULL);
        e = page_checked(s, e);
        if (!e)
            e = see_list(s, state);
        if (e)
            return e;
        count = (int64_t)reply_count(s->reply);
        at += count;
        page_done(s, (uint64_t)count);
    } while (count > 0);
    return ERR_OK;
}

/* A field and its value; a member and its score. */
typedef enum err pair_seen(struct scan *s, struct span first,
                           struct span second, struct buf *names);

static enum err see_held(struct scan *s, struct span field, struct span text,
                         struct buf *names)
{
    (void)names;
    return page_held(s, field, text);
}

static enum err see_later(struct scan *s, struct span record, struct span due,
                          struct buf *names)
{
    (void)due;
    (void)names;
    return page_record(s, record, STATE_LATER);
}

/* The names of gates, one a line. Those of other fields begin with what no name
 * does. */
static enum err see_gate(struct scan *s, struct span name, struct span state,
                         struct buf *names)
{
    struct span container, point;

    (void)s;
    (void)state;
    return gate_name_read(name, &container, &point)
               ? ERR_OK
               : buf_printf(names, "%.*s\n", (int)name.len, name.at);
}

/* A hash or a sorted set; names is for see alone. */
static enum err read_pairs(struct scan *s, const char *verb, const char *key,
                           pair_seen *see, struct buf *names)
{
    char cursor[24] = "0";
    enum err e;

    page_first(s);
    do {
        struct page_text count = page_count(s);
        const struct reply *pairs;

        e = redis_ask_words(s->connection->redis, &s->reply, verb, key, cursor,
                            "COUNT", count.text, NULL);
        e = page_checked(s, e);
        pairs = e ? NULL : reply_at(s->reply, 1);
        for (size_t i = 0; !e && i < reply_count(pairs); i += 2)
            e = see(s, reply_span(reply_at(pairs, i)),
                    reply_span(reply_at(pairs, i + 1)), names);
        if (!e && !span_copy(reply_span(reply_at(s->reply, 0)), cursor,
                             sizeof cursor))
            e = ERR_REPLY;
        if (!e)
            page_done(s, reply_count(pairs) / 2);
    } while (!e && strcmp(cursor, "0") != 0);
    return e;
}

/* Whoever holds jobs has a lease, running or ended. */
static enum err read_held(struct scan *s)
{
    enum err e = redis_ask_words(s->connection->redis, &s->reply, "ZRANGE",
                                 s->keys.leases, "0", "-1", NULL);
    char(*keys)[KEY_MAX];
    size_t count = 0;

    e = page_checked(s, e);
    if (e || reply_count(s->reply) == 0)
        return e;
    keys = calloc(reply_count(s->reply), sizeof *keys);
    if (!keys)
        return ERR_MEMORY;
    for (size_t i = 0; i < reply_count(s->reply); i++) {
        char epoch[EPOCH_MAX];
        if (span_copy(reply_span(reply_at(s->reply, i)), epoch, sizeof epoch))
            keys_held(keys[count++], &s->keys, epoch);
    }
    for (size_t i = 0; !e && i < count; i++)
        e = read_pairs(s, "HSCAN", keys[i], see_held, NULL);
    free(keys);
    return e;
}

/* A list that is not empty has its gate. */
static enum err read_parked(struct scan *s)
{
    struct buf names = buf_make(SIZE_MAX / 2);
    enum err e = read_pairs(s, "HSCAN", s->keys.gates, see_gate, &names);
    struct span rest = buf_span(&names);

    while (!e && rest.len > 0) {
        char name[GATE_NAME_SIZE], key[KEY_MAX];

        if (span_copy(span_cut(&rest, '\n'), name, sizeof name)) {
            keys_parked(key, &s->keys, name);
            e = read_list(s, key, true, STATE_PARKED);
        }
    }
    buf_clear(&names);
    return e;
}

/* The keys between which jobs go to and fro. */
static enum err read_moving(struct scan *s)
{
    enum err e = read_held(s);

    if (!e)
        e = read_pairs(s, "ZSCAN", s->keys.later, see_later, NULL);
    if (!e)
        e = read_list(s, s->keys.suspects, true, STATE_LATER);
    if (!e)
        e = read_parked(s);
    return e;
}

static enum err read_moving_often(struct scan *s)
{
    enum err e = ERR_OK;

    for (int pass = 1; !e && pass <= PASSES_MOST; pass++) {
        uint64_t before = s->found;

        e = read_moving(s);
        if (pass >= PASSES_LEAST && s->found == before)
            break;
    }
    return e;
}

/* Why a job that moves is not missed. Reading takes time, and every key is
 * read in an order of its own; so each is read after those from which jobs
 * come into it:
 *
 *   jobs -> held -> later, suspects, parked -> held ... -> dead, or the
 * outcomes
 *
 * What leaves `jobs` in front of the reader is in `held` by the time that is
 * read. Between held, later, suspects and parked jobs go round: one that always
 * was where the reader was not has to go from later (or the others) to held and
 * back while one pass is under way, and again in the next. Going back after an
 * attempt leaves a `retry` outcome, which the second reading of the outcomes
 * finds: it counts as a sighting. Without one go back only jobs that are parked
 * a second time, or that a service hands over when it stops, died, or is short
 * of memory; against these the second pass stands, and as many more as still
 * find somebody.
 *
 * Jobs leave by an outcome entry. Those of the past are read first, while they
 * are not yet trimmed, and those of the meantime at the very end, behind all
 * keys. Dead letters too: at first because an operator may put them back
 * into a key that is read later, and in the end for those who died. */
static enum err read_all(struct scan *s)
{
    enum err e = streams_outcomes(s);

    if (!e)
        e = streams_dead(s);
    if (!e)
        e = read_list(s, s->keys.jobs, false, STATE_WAITING);
    if (!e)
        e = read_moving_often(s);
    if (!e)
        e = streams_dead(s);
    return e ? e : streams_outcomes_again(s);
}

/* About how many entries there are to read. */
static enum err estimate(struct scan *s, uint64_t *ret)
{
    const struct {
        const char *verb, *key;
        unsigned times;
    } parts[] = {
        {"XLEN", s->keys.outcomes, 1},
        {"XLEN", s->keys.dead, 1},
        {"LLEN", s->keys.jobs, 1},
        {"ZCARD", s->keys.later, PASSES_LEAST},
        {"HLEN", s->keys.gates, PASSES_LEAST},
    };
    enum err e = ERR_OK;

    *ret = 0;
    for (size_t i = 0; !e && i < sizeof parts / sizeof *parts; i++) {
        e = redis_ask_words(s->connection->redis, &s->reply, parts[i].verb,
                            parts[i].key, NULL);
        e = page_checked(s, e);
        if (!e)
            *ret += (uint64_t)reply_number(s->reply) * parts[i].times;
    }
    return e;
}

int scan_run(struct scan *s, struct connection *connection, struct id_set *ids,
             const char *queue, int64_t per_s)
{
    uint64_t total = 0;
    enum err e;

    *s = (struct scan){
        .connection = connection,
        .ids = ids,
        .pace = {.per_s = per_s},
        .job = job_make(),
        .outcomes_behind = "0-0",
        .dead_behind = "0-0",
    };
    keys_of_queue(&s->keys, connection->config->prefix, queue);
    e = estimate(s, &total);
    s->progress = progress_make("entries", total);
    if (!e)
        e = read_all(s);
    progress_clear(&s->progress);
    return connect_failed(s->connection, e, s->reply);
}

void scan_clear(struct scan *s)
{
    job_clear(&s->job);
}
