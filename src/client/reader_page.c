#include "client/reader.h"

#include <string.h>

/* Up to its first NUL, and with one. */
static enum err add_word(struct buf *page, struct span word)
{
    enum err e = buf_add(page, word.at, strnlen(word.at, word.len));

    return e ? e : buf_add(page, "", 1);
}

static enum err add_fields(struct buf *page, const struct reply *fields)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i + 1 < reply_count(fields); i += 2) {
        struct span name = reply_span(reply_at(fields, i));

        if (name.len == 0 || name.at[0] == '\0')
            continue;
        e = add_word(page, name);
        if (!e)
            e = add_word(page, reply_span(reply_at(fields, i + 1)));
    }
    return e ? e : buf_add(page, "", 1);
}

enum err reader_page_add(struct buf *page, const struct reply *entry,
                         struct span *ret_id)
{
    size_t len = page->len;
    enum err e;

    *ret_id = reply_span(reply_at(entry, 0));
    if (reply_kind(reply_at(entry, 1)) != REPLY_LIST)
        return ERR_ABSENT;
    e = add_word(page, *ret_id);
    if (!e)
        e = add_fields(page, reply_at(entry, 1));
    if (e)
        buf_cut(page, len);
    return e;
}

size_t reader_page_step(const char *at)
{
    const char *end = at + strlen(at) + 1;

    while (*end) {
        end += strlen(end) + 1;
        end += strlen(end) + 1;
    }
    return (size_t)(end + 1 - at);
}

const char *extq_outcome_get(const struct extq_outcome *outcome,
                             const char *field)
{
    const char *at;

    if (!outcome || !field)
        return NULL;
    if (!*field)
        return outcome->at;
    for (at = outcome->at + strlen(outcome->at) + 1; *at;
         at += strlen(at) + 1) {
        bool found = strcmp(at, field) == 0;

        at += strlen(at) + 1;
        if (found)
            return at;
    }
    return NULL;
}
