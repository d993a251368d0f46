#include "cli/outcomes_read.h"

#include "cli/command.h"
#include "cli/ending.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>

#define PAGE "500"

enum { AGAIN_MS = 500 };

/* True when the reading is to end; waits for that so long. */
static bool is_ending(struct outcomes_reader *r, int64_t wait_ms)
{
    if (!r->ended)
        r->ended = r->interrupted = ending_came(wait_ms);
    return r->ended;
}

void outcomes_reader_prepare(struct outcomes_reader *r, const char *queue)
{
    ending_take_over();
    keys_of_queue(&r->keys, r->connection->config->prefix, queue);
    (void)snprintf(r->behind, sizeof r->behind, "0-0");
}

/* The id in front of any entry of this millisecond. */
static void before_ms(uint64_t ms, char dst[STREAM_ID_MAX])
{
    if (ms == 0)
        (void)snprintf(dst, STREAM_ID_MAX, "0-0");
    else
        (void)snprintf(dst, STREAM_ID_MAX, "%" PRIu64 "-%" PRIu64, ms - 1,
                       UINT64_MAX);
}

static void before_id(struct span id, char dst[STREAM_ID_MAX])
{
    struct span number = span_cut(&id, '-');
    uint64_t ms = 0, sequence = 0;

    (void)span_number(number, &ms);
    (void)span_number(id, &sequence);
    if (sequence == 0)
        before_ms(ms, dst);
    else
        (void)snprintf(dst, STREAM_ID_MAX, "%" PRIu64 "-%" PRIu64, ms,
                       sequence - 1);
}

/* ERR_REDIS, or ERR_REPLY when Redis refused. */
static enum err page(struct outcomes_reader *r, const char *verb,
                     const char *from, const char *to, const struct reply **ret)
{
    enum err e =
        redis_ask_words(r->connection->redis, ret, verb, r->keys.outcomes, from,
                        to, "COUNT", PAGE, NULL);

    return !e && reply_kind(*ret) == REPLY_ERROR ? ERR_REPLY : e;
}

/* Shows the entries and moves `behind` past them. */
static void show_entries(struct outcomes_reader *r, const struct reply *list)
{
    struct outcome_entry entry;

    for (size_t i = 0; i < reply_count(list) && !r->ended; i++) {
        if (!outcome_entry_read(reply_at(list, i), &entry))
            continue;
        (void)span_copy(entry.stream_id, r->behind, sizeof r->behind);
        r->ended = !r->show(r->arg, &entry);
    }
    if (fflush(stdout) != 0)
        r->ended = true;
}

/* By the server's clock, which made the ids. */
static enum err start_since(struct outcomes_reader *r, const struct when *since,
                            const struct reply **ret)
{
    int64_t start;
    enum err e = connect_now(r->connection, &r->now_ms, ret);

    if (e || !since->given)
        return e;
    start = when_ms(since, r->now_ms, -1);
    before_ms(start > 0 ? (uint64_t)start : 0, r->behind);
    return ERR_OK;
}

/* Counts matches of a page, newest first, until `left` is none; keeps where
 * the next older page begins. */
static void count_back(const struct outcomes_reader *r,
                       const struct reply *list, char start[STREAM_ID_MAX],
                       uint64_t *left)
{
    struct outcome_entry entry;

    for (size_t i = 0; i < reply_count(list) && *left > 0; i++) {
        if (!outcome_entry_read(reply_at(list, i), &entry))
            continue;
        before_id(entry.stream_id, start);
        if (outcome_entry_matches(&entry, r->filter))
            (*left)--;
    }
}

/* Moves `behind` to in front of the last `last` matches. */
static enum err start_last(struct outcomes_reader *r, uint64_t last,
                           const struct reply **ret)
{
    char start[STREAM_ID_MAX] = "+", oldest[STREAM_ID_MAX + 1];
    uint64_t left = last;
    enum err e;

    (void)snprintf(oldest, sizeof oldest, "(%s", r->behind);
    do {
        e = page(r, "XREVRANGE", start, oldest, ret);
        if (!e)
            count_back(r, *ret, start, &left);
    } while (!e && reply_count(*ret) > 0 && left > 0 && !is_ending(r, 0));
    if (!e && left == 0)
        (void)snprintf(r->behind, sizeof r->behind, "%s", start);
    return e;
}

static enum err show_all(struct outcomes_reader *r, const struct reply **ret)
{
    char from[STREAM_ID_MAX + 1];
    enum err e;

    do {
        (void)snprintf(from, sizeof from, "(%s", r->behind);
        e = page(r, "XRANGE", from, "+", ret);
        if (!e)
            show_entries(r, *ret);
    } while (!e && reply_count(*ret) > 0 && !is_ending(r, 0));
    return e;
}

enum err outcomes_read(struct outcomes_reader *r, const struct when *since,
                       uint64_t last, const struct reply **ret_reply)
{
    enum err e = start_since(r, since, ret_reply);

    if (!e && last > 0)
        e = start_last(r, last, ret_reply);
    return e ? e : show_all(r, ret_reply);
}

int outcomes_list(struct outcomes_reader *r, const struct when *since,
                  uint64_t last)
{
    const struct reply *reply = NULL;
    enum err e = outcomes_read(r, since, last, &reply);

    return connect_failed(r->connection, e, reply);
}

/* True when the reading goes on, on a new connection. */
static bool come_back(struct outcomes_reader *r)
{
    struct connection *c = r->connection;
    struct why why = {""};

    say(c->command, "Redis is away (%s); waiting for it",
        c->redis ? redis_sync_error(c->redis) : "");
    while (!is_ending(r, AGAIN_MS)) {
        if (connect_again(c, &why) != ERR_OK)
            continue;
        say(c->command, "Redis is back");
        return true;
    }
    return false;
}

/* One wait at the end of the stream. */
static enum err wait_for_more(struct outcomes_reader *r,
                              const struct reply **ret)
{
    enum err e = redis_ask_words(r->connection->redis, ret, "XREAD", "COUNT",
                                 PAGE, "BLOCK", "200", "STREAMS",
                                 r->keys.outcomes, r->behind, NULL);

    if (e)
        return e;
    if (reply_kind(*ret) == REPLY_ERROR)
        return ERR_REPLY;
    show_entries(r, reply_at(reply_at(*ret, 0), 1));
    return ERR_OK;
}

int outcomes_follow(struct outcomes_reader *r)
{
    const struct reply *reply = NULL;

    while (!is_ending(r, 0)) {
        enum err e = wait_for_more(r, &reply);

        if (e == ERR_REPLY && reply_fault(reply) == FAULT_AWAY) {
            (void)is_ending(r, AGAIN_MS);
        } else if (e == ERR_REPLY) {
            return connect_failed(r->connection, e, reply);
        } else if (e && !come_back(r)) {
            break;
        }
    }
    return EXIT_OK;
}
