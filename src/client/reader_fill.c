#include "client/reader.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TAKE_PAUSE_MS = 1000 };

/* Entries in one page. */
static const char page_count[] = "128";

/* Asks with NUL-terminated words, after what is on its way; the connection may
 * break. */
static enum extq_status ask(struct extq_reader *r, const char **at, int count,
                            const struct reply **ret)
{
    size_t lens[16];
    enum extq_status s = reader_settle(r);

    if (s != EXTQ_OK)
        return s;
    for (int i = 0; i < count; i++)
        lens[i] = strlen(at[i]);
    if (client_ask(&r->client, &(struct redis_words){count, at, lens}, ret))
        return reader_lost(r);
    return client_judge(&r->client, *ret);
}

static bool starts_with(const struct reply *reply, const char *word)
{
    struct span text = reply_span(reply), first = span_cut(&text, ' ');

    return reply_kind(reply) == REPLY_ERROR && span_is(first, word);
}

/* Another member may have been quicker. */
static enum extq_status make_group(struct extq_reader *r)
{
    const char *at[] = {"XGROUP", "CREATE", r->client.keys.outcomes,
                        r->group, "0",      "MKSTREAM"};
    const struct reply *reply = NULL;
    enum extq_status s = ask(r, at, 6, &reply);

    if (s != EXTQ_OK && !(r->client.redis && starts_with(reply, "BUSYGROUP")))
        return s;
    r->client.why.text[0] = '\0';
    r->no_group = false;
    return EXTQ_OK;
}

/* What was trimmed from the stream meanwhile cannot be given out any more. */
static enum extq_status load(struct extq_reader *r, const struct reply *list)
{
    char id[ENTRY_ID_MAX];
    struct span raw;

    for (size_t i = 0; i < reply_count(list); i++) {
        enum err e = reader_page_add(&r->page, reply_at(list, i), &raw);

        if (e && e != ERR_ABSENT)
            return client_error(&r->client, e);
        if (!span_copy(raw, id, sizeof id))
            continue;
        if (r->behind[0])
            memcpy(r->behind, id, sizeof id);
        if (e == ERR_ABSENT && reader_ack(r, id) != EXTQ_OK)
            return EXTQ_UNAVAILABLE;
    }
    return EXTQ_OK;
}

/* A page of what is new (from ">", waiting for it) or of what is ours
 * already. */
static enum extq_status read_page(struct extq_reader *r, const char *from,
                                  int64_t wait_ms, size_t *ret_count)
{
    char wait[24];
    const char *at[] = {
        "XREADGROUP", "GROUP",    r->group,  r->consumer,
        "COUNT",      page_count, "STREAMS", r->client.keys.outcomes,
        from,         NULL,       NULL};
    int count = 9;
    const struct reply *reply = NULL, *list;
    enum extq_status s;

    if (wait_ms > 0) {
        (void)snprintf(wait, sizeof wait, "%" PRId64, wait_ms);
        memmove(at + 8, at + 6, 3 * sizeof *at);
        at[6] = "BLOCK";
        at[7] = wait;
        count = 11;
    }
    s = ask(r, at, count, &reply);
    if (s != EXTQ_OK) {
        r->no_group = r->client.redis && starts_with(reply, "NOGROUP");
        return s;
    }
    list = reply_at(reply_at(reply, 0), 1);
    *ret_count = reply_count(list);
    return load(r, list);
}

/* Handed to us before, and not acknowledged. */
static enum extq_status read_again(struct extq_reader *r)
{
    size_t count = 0;
    enum extq_status s = EXTQ_OK;

    while (s == EXTQ_OK && r->behind[0] && r->page.len == 0) {
        char from[ENTRY_ID_MAX];

        memcpy(from, r->behind, sizeof from);
        s = read_page(r, from, 0, &count);
        if (s == EXTQ_OK && count == 0)
            r->behind[0] = '\0';
    }
    return s;
}

/* Handed to others, and not acknowledged for long. */
static enum extq_status take_over(struct extq_reader *r)
{
    char idle[24];
    const char *at[] = {"XAUTOCLAIM", r->client.keys.outcomes,
                        r->group,     r->consumer,
                        idle,         "0",
                        "COUNT",      page_count};
    const struct reply *reply = NULL;
    enum extq_status s;

    if (r->take_over_ms == 0 || clock_mono_ms() < r->take_due_ms)
        return EXTQ_OK;
    (void)snprintf(idle, sizeof idle, "%" PRId64, r->take_over_ms);
    s = ask(r, at, 8, &reply);
    if (s != EXTQ_OK)
        return s;
    s = load(r, reply_at(reply, 1));
    if (r->page.len == 0)
        r->take_due_ms = clock_mono_ms() + TAKE_PAUSE_MS;
    return s;
}

/* Waits in parts that are well within the time for an answer. */
static enum extq_status read_new(struct extq_reader *r, int64_t until_ms)
{
    enum extq_status s;
    size_t count = 0;

    do {
        int64_t left_ms = until_ms - clock_mono_ms();
        int64_t part_ms = r->client.timeout_ms / 2;

        if (part_ms > TAKE_PAUSE_MS)
            part_ms = TAKE_PAUSE_MS;
        s = take_over(r);
        if (s == EXTQ_OK && r->page.len == 0)
            s = read_page(r, ">", left_ms < part_ms ? left_ms : part_ms,
                          &count);
    } while (s == EXTQ_OK && r->page.len == 0 && clock_mono_ms() < until_ms);
    return s;
}

static enum extq_status fill_once(struct extq_reader *r, int64_t until_ms)
{
    enum extq_status s = client_connect(&r->client, true);

    if (s == EXTQ_OK)
        s = read_again(r);
    if (s == EXTQ_OK && r->page.len == 0)
        s = read_new(r, until_ms);
    return s;
}

enum extq_status reader_fill(struct extq_reader *r, int64_t wait_ms)
{
    int64_t until_ms = clock_mono_ms() + wait_ms;
    enum extq_status s = reader_settle(r);

    if (s != EXTQ_OK)
        return s;
    buf_reset(&r->page);
    r->given = 0;
    s = fill_once(r, until_ms);
    if (s == EXTQ_OK || !r->no_group)
        return s;
    s = make_group(r);
    return s == EXTQ_OK ? fill_once(r, until_ms) : s;
}
