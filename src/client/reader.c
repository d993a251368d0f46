#include "client/reader.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES_MAX = 64 << 20 };

enum extq_status reader_lost(struct extq_reader *r)
{
    client_hang_up(&r->client);
    r->acks = 0;
    (void)span_copy(span_of("0"), r->behind, sizeof r->behind);
    return EXTQ_UNAVAILABLE;
}

enum extq_status reader_ack(struct extq_reader *r, const char *entry)
{
    const char *at[] = {"XACK", r->client.keys.outcomes, r->group, entry};
    const size_t lens[] = {4, strlen(at[1]), strlen(at[2]), strlen(at[3])};

    if (client_queue(&r->client, &(struct redis_words){4, at, lens}))
        return reader_lost(r);
    r->acks++;
    return EXTQ_OK;
}

enum extq_status reader_settle(struct extq_reader *r)
{
    enum extq_status first = EXTQ_OK, s;

    while (r->acks > 0) {
        const struct reply *reply = NULL;

        r->acks--;
        if (client_next(&r->client, &reply))
            return reader_lost(r);
        s = client_judge(&r->client, reply);
        if (first == EXTQ_OK)
            first = s;
    }
    return first;
}

enum extq_status extq_reader_next(struct extq_reader *r, int64_t wait_ms,
                                  const struct extq_outcome **ret)
{
    enum extq_status s = EXTQ_OK;

    if (!r || !ret || wait_ms < 0)
        return EXTQ_INVALID;
    *ret = NULL;
    r->open = false;
    r->client.why.text[0] = '\0';
    if (r->given == r->page.len)
        s = reader_fill(r, wait_ms);
    /* A page that could not be filled further is given out all the same. */
    if (r->given == r->page.len)
        return s;
    r->now.at = r->page.at + r->given;
    r->given += reader_page_step(r->now.at);
    r->open = true;
    *ret = &r->now;
    return EXTQ_OK;
}

enum extq_status extq_reader_ack(struct extq_reader *r)
{
    enum extq_status s;

    if (!r)
        return EXTQ_INVALID;
    if (!r->open)
        return client_fail(&r->client, EXTQ_INVALID,
                           "there is no outcome to acknowledge");
    s = reader_ack(r, r->now.at);
    r->open = s != EXTQ_OK;
    return s;
}

enum extq_status extq_reader_flush(struct extq_reader *r)
{
    return r ? reader_settle(r) : EXTQ_INVALID;
}

static enum extq_status set_group(struct extq_reader *r,
                                  const struct extq_group *g)
{
    if (!g->name || !g->consumer || !ident_is_name(span_of(g->name)) ||
        !ident_is_name(span_of(g->consumer)))
        return client_fail(&r->client, EXTQ_INVALID,
                           "name and consumer: must be 1 to 128 characters of "
                           "A-Z a-z 0-9 . _ ~ -");
    if (g->take_over_ms < 0)
        return client_fail(&r->client, EXTQ_INVALID,
                           "take_over_ms: must not be negative");
    (void)span_copy(span_of(g->name), r->group, sizeof r->group);
    (void)span_copy(span_of(g->consumer), r->consumer, sizeof r->consumer);
    r->take_over_ms = g->take_over_ms;
    return EXTQ_OK;
}

static enum extq_status set_up(struct extq_reader *r,
                               const struct extq_options *options,
                               const struct extq_group *group)
{
    struct extq_options o;
    struct extq_group g;
    enum extq_status s;

    if (!client_options(options, &o) || !group ||
        !client_struct(group, &g, sizeof g))
        return client_fail(&r->client, EXTQ_INVALID,
                           "struct_size: start from EXTQ_OPTIONS_INIT and "
                           "EXTQ_GROUP_INIT");
    s = client_set_up(&r->client, &o);
    return s == EXTQ_OK ? set_group(r, &g) : s;
}

enum extq_status extq_reader_open(const struct extq_options *options,
                                  const struct extq_group *group,
                                  struct extq_reader **ret,
                                  struct extq_why *why)
{
    struct extq_reader *r = calloc(1, sizeof *r);
    enum extq_status s;

    if (ret)
        *ret = NULL;
    if (!r) {
        if (why)
            (void)span_copy(span_of("out of memory"), why->text,
                            sizeof why->text);
        return EXTQ_NO_MEMORY;
    }
    r->page = buf_make(PAGE_BYTES_MAX);
    (void)reader_lost(r);
    s = ret ? set_up(r, options, group) : EXTQ_INVALID;
    if (s == EXTQ_OK) {
        *ret = r;
        return s;
    }
    if (why)
        memcpy(why->text, r->client.why.text, sizeof why->text);
    extq_reader_close(&r);
    return s;
}

const char *extq_reader_error(const struct extq_reader *r)
{
    return r ? r->client.why.text : "the handle is NULL";
}

void extq_reader_close(struct extq_reader **r)
{
    if (!r || !*r)
        return;
    (void)reader_settle(*r);
    client_tear_down(&(*r)->client);
    buf_clear(&(*r)->page);
    free(*r);
    *r = NULL;
}
