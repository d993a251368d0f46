#include "support/world.h"

#include "base/buf.h"
#include "link/redis_sync.h"
#include "support/wait.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_MS = 20000 };

/* A connection of its own for each use: Redis may have been away. */
static struct redis_sync *connect_to(const struct world *w)
{
    struct redis_sync *link = NULL;
    struct why why = {""};

    ck_assert_msg(!redis_sync_open(&w->address, REPLY_MS, &link, &why), "%s",
                  why.text);
    return link;
}

void world_push_bytes(struct world *w, const char *queue, struct span job)
{
    struct redis_sync *link = connect_to(w);
    const struct reply *reply;
    char key[256];
    const char *argv[3] = {"LPUSH", key, job.at};
    size_t lens[3] = {5, 0, job.len};

    (void)snprintf(key, sizeof key, "extq:{%s}:jobs", queue);
    lens[1] = strlen(key);
    ck_assert_int_eq(redis_ask(link, 3, argv, lens, &reply), ERR_OK);
    ck_assert_int_eq(reply_kind(reply), REPLY_NUMBER);
    redis_sync_close(&link);
}

void world_push(struct world *w, const char *fmt, ...)
{
    va_list args;
    char *text;

    va_start(args, fmt);
    ck_assert_int_ge(vasprintf(&text, fmt, args), 0);
    va_end(args);
    world_push_bytes(w, "default", span_of(text));
    free(text);
}

void world_push_many(struct world *w, const char *name, unsigned from,
                     unsigned count)
{
    struct redis_sync *link = connect_to(w);
    const struct reply *reply;
    char job[256];
    const char *argv[3] = {"LPUSH", "extq:{default}:jobs", job};

    for (unsigned n = from; n < from + count; n++) {
        (void)snprintf(job, sizeof job,
                       "{\"id\":\"%s-%u\",\"container\":\"acme\","
                       "\"point\":\"on-new-lead\",\"payload\":{\"n\":%u}}",
                       name, n, n);
        ck_assert_int_eq(redis_sync_queue(link, 3, argv, NULL), ERR_OK);
    }
    for (unsigned n = 0; n < count; n++) {
        ck_assert_int_eq(redis_sync_next(link, &reply), ERR_OK);
        ck_assert_int_eq(reply_kind(reply), REPLY_NUMBER);
    }
    redis_sync_close(&link);
}

/* Counts the ids that are "<name>-<n>" with n < count. */
struct tally {
    const char *name;
    unsigned count, present;
    unsigned *seen; /* owned; how often each n */
};

static struct tally tally_make(const char *name, unsigned count)
{
    struct tally t = {name, count, 0, calloc(count, sizeof(unsigned))};

    ck_assert_ptr_nonnull(t.seen);
    return t;
}

static void tally_add(struct tally *t, const char *id)
{
    size_t len = strlen(t->name);
    unsigned long n;

    if (strncmp(id, t->name, len) != 0 || id[len] != '-')
        return;
    n = strtoul(id + len + 1, NULL, 10);
    ck_assert_uint_lt(n, t->count);
    t->present += t->seen[n]++ == 0;
}

static void tally_expect_once(const struct tally *t, const char *what)
{
    for (unsigned n = 0; n < t->count; n++)
        ck_assert_msg(t->seen[n] == 1, "%s-%u: %u %s", t->name, n, t->seen[n],
                      what);
}

void world_expect_calls(struct world *w, const char *name, unsigned count,
                        bool again)
{
    struct ledger *l = peer_ledger(w->peer);
    struct tally t = tally_make(name, count);
    struct waiter waiter = waiter_start(WORLD_LIMIT_MS);
    size_t read = 0;

    while (t.present < count) {
        const struct peer_request *r = ledger_at(l, NULL, read);
        const char *id = r ? request_header(r, "webhook-id") : NULL;

        read += r != NULL;
        if (id)
            tally_add(&t, id);
        else if (!r && !waiter_pause(&waiter))
            ck_abort_msg("waited %lld ms for %u calls; %u came",
                         (long long)waiter.limit_ms, count, t.present);
    }
    if (!again)
        tally_expect_once(&t, "calls");
    free(t.seen);
}

void world_expect_delivered(struct world *w, const char *name, unsigned count)
{
    struct tally t = tally_make(name, count);
    struct waiter waiter = waiter_start(WORLD_LIMIT_MS);
    struct journal *j = w->journal;
    size_t read = 0;

    while (t.present < count) {
        size_t there = journal_read(j);

        for (; read < there; read++)
            if (strcmp(journal_field(j, NULL, read, "verdict"), "delivered") ==
                0)
                tally_add(&t, journal_field(j, NULL, read, "id"));
        if (t.present < count && !waiter_pause(&waiter))
            ck_abort_msg("waited %lld ms for %u deliveries; %u were made",
                         (long long)waiter.limit_ms, count, t.present);
    }
    tally_expect_once(&t, "deliveries");
    free(t.seen);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_keys(const struct reply *list, struct buf *out)
{
    char *keys[2048];
    size_t count = reply_count(list);

    ck_assert_uint_le(count, sizeof keys / sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        char *held;

        keys[i] = strndup(reply_span(reply_at(list, i)).at,
                          reply_span(reply_at(list, i)).len);
        held = strstr(keys[i], ":held:");
        if (held)
            memcpy(held + 6, "*", 2);
    }
    qsort(keys, count, sizeof *keys, compare);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(buf_printf(out, "%s\n", keys[i]), ERR_OK);
        free(keys[i]);
    }
}

const char *world_keys(struct world *w)
{
    static char text[256 << 10];
    struct redis_sync *link = connect_to(w);
    const struct reply *reply;
    struct buf out = buf_make(sizeof text);

    ck_assert_int_eq(redis_ask_words(link, &reply, "KEYS", "*", NULL), ERR_OK);
    add_keys(reply, &out);
    (void)span_copy(buf_span(&out), text, sizeof text);
    buf_clear(&out);
    redis_sync_close(&link);
    return text;
}
