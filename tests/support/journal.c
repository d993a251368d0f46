#include "support/journal.h"

#include "base/buf.h"
#include "link/redis_sync.h"
#include "support/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 20000, FIELDS_MAX = 32, STORY_MAX = 4096, PAGE = 1000 };

struct entry {
    size_t count; /* of fields */
    char *name[FIELDS_MAX], *value[FIELDS_MAX];
};

struct journal {
    const struct redis_address *address;
    char key[512];
    char last[64]; /* the last entry's id in the stream */
    struct redis_sync *link;
    struct entry **entries;
    size_t count, room;
};

static void *must(void *memory)
{
    ck_assert_ptr_nonnull(memory);
    return memory;
}

struct journal *journal_open(const struct redis_address *address,
                             const char *stream_key)
{
    struct journal *j = must(calloc(1, sizeof *j));

    j->address = address;
    (void)snprintf(j->key, sizeof j->key, "%s", stream_key);
    (void)snprintf(j->last, sizeof j->last, "-");
    return j;
}

static void entry_free(struct entry *e)
{
    for (size_t i = 0; i < e->count; i++) {
        free(e->name[i]);
        free(e->value[i]);
    }
    free(e);
}

void journal_close(struct journal **j)
{
    if (!*j)
        return;
    for (size_t i = 0; i < (*j)->count; i++)
        entry_free((*j)->entries[i]);
    free((*j)->entries);
    redis_sync_close(&(*j)->link);
    free(*j);
    *j = NULL;
}

static char *copy(const struct reply *text)
{
    struct span s = reply_span(text);
    char *ret = must(malloc(s.len + 1));

    memcpy(ret, s.len > 0 ? s.at : "", s.len);
    ret[s.len] = '\0';
    return ret;
}

static void add(struct journal *j, const struct reply *element)
{
    const struct reply *fields = reply_at(element, 1);
    struct entry *e = must(calloc(1, sizeof *e));

    ck_assert_uint_le(reply_count(fields), (size_t)(2 * FIELDS_MAX));
    for (size_t i = 0; i + 1 < reply_count(fields); i += 2) {
        e->name[e->count] = copy(reply_at(fields, i));
        e->value[e->count++] = copy(reply_at(fields, i + 1));
    }
    if (j->count == j->room) {
        j->room = j->room > 0 ? 2 * j->room : 64;
        j->entries = must(realloc(j->entries, j->room * sizeof *j->entries));
    }
    j->entries[j->count++] = e;
    (void)snprintf(j->last, sizeof j->last, "(%.*s",
                   (int)reply_span(reply_at(element, 0)).len,
                   reply_span(reply_at(element, 0)).at);
}

/* One page; returns how many entries it had. No answer is none. */
static size_t read_page(struct journal *j)
{
    const struct reply *reply;

    if (!j->link && redis_sync_open(j->address, LIMIT_MS, &j->link, NULL))
        return 0;
    if (redis_ask_words(j->link, &reply, "XRANGE", j->key, j->last, "+",
                        "COUNT", "1000", NULL)) {
        redis_sync_close(&j->link);
        return 0;
    }
    for (size_t i = 0; i < reply_count(reply); i++)
        add(j, reply_at(reply, i));
    return reply_count(reply);
}

size_t journal_read(struct journal *j)
{
    while (read_page(j) == PAGE)
        ;
    return j->count;
}

static const char *field(const struct entry *e, const char *name)
{
    for (size_t i = 0; i < e->count; i++)
        if (strcmp(e->name[i], name) == 0)
            return e->value[i];
    return "";
}

size_t journal_count(const struct journal *j, const char *id)
{
    return id ? journal_count_with(j, "id", id) : j->count;
}

size_t journal_count_with(const struct journal *j, const char *name,
                          const char *value)
{
    size_t count = 0;

    for (size_t i = 0; i < j->count; i++)
        count += strcmp(field(j->entries[i], name), value) == 0;
    return count;
}

const char *journal_field(const struct journal *j, const char *id, size_t i,
                          const char *name)
{
    if (!id)
        return i < j->count ? field(j->entries[i], name) : "";
    for (size_t n = 0; n < j->count; n++)
        if (strcmp(field(j->entries[n], "id"), id) == 0 && i-- == 0)
            return field(j->entries[n], name);
    return "";
}

static void tell(const struct journal *j, const char *id, struct buf *out)
{
    buf_reset(out);
    for (size_t i = 0; i < j->count; i++) {
        const struct entry *e = j->entries[i];

        if (strcmp(field(e, "id"), id) == 0)
            ck_assert_int_eq(buf_printf(out, "%s%s/%s/%s",
                                        out->len > 0 ? " " : "",
                                        field(e, "verdict"), field(e, "class"),
                                        field(e, "status")),
                             ERR_OK);
    }
}

/* True when nothing more can follow what was told. */
static bool is_over(const struct journal *j, const char *id)
{
    size_t count = journal_count(j, id);
    const char *last =
        count > 0 ? journal_field(j, id, count - 1, "verdict") : "retry";

    return strcmp(last, "retry") != 0;
}

void journal_expect(struct journal *j, const char *id, const char *story)
{
    struct waiter w = waiter_start(LIMIT_MS);
    struct buf told = buf_make(STORY_MAX);

    for (;;) {
        (void)journal_read(j);
        tell(j, id, &told);
        if (told.at && strcmp(told.at, story) == 0)
            break;
        if (is_over(j, id) || !waiter_pause(&w))
            ck_abort_msg("job %s: %s, not %s (error: %s)", id,
                         told.at ? told.at : "no outcome", story,
                         journal_field(j, id, 0, "error"));
    }
    buf_clear(&told);
}

static size_t count_ends(const struct journal *j)
{
    return j->count - journal_count_with(j, "verdict", "retry");
}

void journal_wait_ends(struct journal *j, size_t count)
{
    struct waiter w = waiter_start(LIMIT_MS);

    while (journal_read(j) < count || count_ends(j) < count)
        if (!waiter_pause(&w))
            ck_abort_msg("waited %lld ms for %zu jobs to end; %zu did",
                         (long long)w.limit_ms, count, count_ends(j));
}
