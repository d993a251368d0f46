#include "cli/reconcile_streams.h"

#include "cli/outcomes_entry.h"
#include "cli/reconcile_page.h"

#include <stdio.h>
#include <string.h>

/* What XINFO STREAM says; all zero when there is no stream. */
struct stream_info {
    uint64_t added, length;
    int64_t first_ms, last_ms;
};

static int64_t ms_of(struct span stream_id)
{
    struct span text = span_cut(&stream_id, '-');
    uint64_t ms = 0;

    (void)span_number(text, &ms);
    return (int64_t)ms;
}

static void read_fact(struct span name, const struct reply *value,
                      struct stream_info *info)
{
    if (span_is(name, "length"))
        info->length = (uint64_t)reply_number(value);
    else if (span_is(name, "entries-added"))
        info->added = (uint64_t)reply_number(value);
    else if (span_is(name, "recorded-first-entry-id"))
        info->first_ms = ms_of(reply_span(value));
    else if (span_is(name, "last-generated-id"))
        info->last_ms = ms_of(reply_span(value));
}

static bool is_missing(const struct reply *r)
{
    static const char text[] = "no such key";
    struct span s = reply_span(r);

    return reply_kind(r) == REPLY_ERROR &&
           memmem(s.at, s.len, text, sizeof text - 1);
}

static enum err ask_info(struct scan *s, struct stream_info *ret)
{
    enum err e = redis_ask_words(s->connection->redis, &s->reply, "XINFO",
                                 "STREAM", s->keys.outcomes, NULL);

    *ret = (struct stream_info){0};
    if (!e && is_missing(s->reply))
        return ERR_OK;
    e = page_checked(s, e);
    for (size_t i = 0; !e && i + 1 < reply_count(s->reply); i += 2)
        read_fact(reply_span(reply_at(s->reply, i)), reply_at(s->reply, i + 1),
                  ret);
    return e;
}

/* One page behind `behind`, which the caller moves on. */
static enum err ask_page(struct scan *s, const char *key, const char *behind)
{
    struct page_text count = page_count(s);
    char from[STREAM_BEHIND_MAX + 1];

    (void)snprintf(from, sizeof from, "(%s", behind);
    return page_checked(s, redis_ask_words(s->connection->redis, &s->reply,
                                           "XRANGE", key, from, "+", "COUNT",
                                           count.text, NULL));
}

/* The words of the stream that end a job; retry is the one that does not. */
static bool sighting_of(struct span verdict, struct sighting *seen)
{
    static const enum job_state ends[] = {STATE_DELIVERED, STATE_DEAD,
                                          STATE_EXPIRED, STATE_SKIPPED,
                                          STATE_DROPPED};

    seen->retry = span_is(verdict, "retry");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        seen->state = ends[i];
        if (span_is(verdict, job_state_text(ends[i])))
            return true;
    }
    return seen->retry;
}

static void see_outcome(struct scan *s, const struct reply *element, bool now)
{
    struct sighting seen = {.now = now};
    struct outcome_entry entry;

    if (!outcome_entry_read(element, &entry))
        return;
    s->trail.read++;
    (void)span_copy(entry.stream_id, s->outcomes_behind,
                    sizeof s->outcomes_behind);
    if (sighting_of(outcome_entry_field(&entry, "verdict"), &seen))
        page_see(s, outcome_entry_field(&entry, "id"), seen);
}

static enum err read_outcomes(struct scan *s, bool now)
{
    size_t count;
    enum err e;

    page_first(s);
    do {
        e = ask_page(s, s->keys.outcomes, s->outcomes_behind);
        if (e)
            return e;
        count = reply_count(s->reply);
        for (size_t i = 0; i < count; i++)
            see_outcome(s, reply_at(s->reply, i), now);
        page_done(s, count);
    } while (count > 0);
    return ERR_OK;
}

enum err streams_outcomes(struct scan *s)
{
    struct stream_info info;
    enum err e = ask_info(s, &info);

    if (e)
        return e;
    if (info.added > info.length) {
        s->trail.gone = info.added - info.length;
        s->trail.first_ms = info.first_ms ? info.first_ms : info.last_ms;
    }
    return read_outcomes(s, false);
}

enum err streams_outcomes_again(struct scan *s)
{
    struct stream_info info;
    enum err e = ask_info(s, &info);

    if (!e)
        e = read_outcomes(s, true);
    /* A short stream and many services: what is trimmed before it was read
     * shows in the numbers only. */
    s->trail.cut_meanwhile = info.added > s->trail.gone + s->trail.read;
    return e;
}

static enum err see_dead(struct scan *s, const struct reply *element)
{
    struct sighting seen = {.state = STATE_DEAD};
    struct outcome_entry entry;
    struct span id;

    if (!outcome_entry_read(element, &entry))
        return ERR_OK;
    (void)span_copy(entry.stream_id, s->dead_behind, sizeof s->dead_behind);
    id = outcome_entry_field(&entry, "id");
    if (id.len == 0)
        return page_record(s, outcome_entry_field(&entry, "record"),
                           STATE_DEAD);
    page_see(s, id, seen);
    return ERR_OK;
}

enum err streams_dead(struct scan *s)
{
    size_t count;
    enum err e;

    page_first(s);
    do {
        e = ask_page(s, s->keys.dead, s->dead_behind);
        count = e ? 0 : reply_count(s->reply);
        for (size_t i = 0; !e && i < count; i++)
            e = see_dead(s, reply_at(s->reply, i));
        if (!e)
            page_done(s, count);
    } while (!e && count > 0);
    return e;
}
