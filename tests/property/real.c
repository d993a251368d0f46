#include "property/real.h"

#include "base/buf.h"
#include "link/library.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_MS = 20000, LIBRARY_MAX = 1 << 20 };

/* As model_text. */
static const char describe[] =
    "local out = {} "
    "local keys = redis.call('KEYS', 'extq:*') table.sort(keys) "
    "local function add(...) "
    "  out[#out + 1] = '  ' .. "
    "    string.gsub(table.concat({...}, ' '), '\\n', '|') .. '\\n' end "
    "for _, key in ipairs(keys) do "
    "  local kind = redis.call('TYPE', key).ok "
    "  out[#out + 1] = key .. '\\n' "
    "  if kind == 'string' then add(redis.call('GET', key)) "
    "  elseif kind == 'list' then "
    "    for _, v in ipairs(redis.call('LRANGE', key, 0, -1)) do add(v) end "
    "  elseif kind == 'zset' then "
    "    local all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') "
    "    for i = 1, #all, 2 do add(all[i + 1], all[i]) end "
    "  elseif kind == 'hash' then "
    "    local fields = redis.call('HKEYS', key) table.sort(fields) "
    "    for _, f in ipairs(fields) do add(f, redis.call('HGET', key, f)) end "
    "  else "
    "    for _, e in ipairs(redis.call('XRANGE', key, '-', '+')) do "
    "      add(table.concat(e[2], '|')) end "
    "  end "
    "end "
    "return table.concat(out)";

static const char keep[] =
    "redis.call('SELECT', 1) redis.call('FLUSHDB') redis.call('SELECT', 0) "
    "for _, key in ipairs(redis.call('KEYS', 'extq:*')) do "
    "  redis.call('COPY', key, key, 'DB', 1) end";

static const char fall_back[] =
    "for _, key in ipairs(redis.call('KEYS', 'extq:*')) do "
    "  redis.call('DEL', key) end "
    "redis.call('SELECT', 1) "
    "for _, key in ipairs(redis.call('KEYS', '*')) do "
    "  redis.call('COPY', key, key, 'DB', 0) end "
    "redis.call('SELECT', 0)";

void words_add(struct words *w, const char *text)
{
    ck_assert_int_lt(w->count, WORDS_MAX);
    ck_assert_int_lt(snprintf(w->at[w->count++], WORD_BYTES, "%s", text),
                     WORD_BYTES);
}

void words_number(struct words *w, int64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, number);
    words_add(w, text);
}

/* The library as it is, but for its clock. */
static void load(struct real *r)
{
    static const char real[] = "redis.call('TIME')";
    static const char ours[] = "redis.call('MGET', 'clock:s', 'clock:us')";
    struct buf text = buf_make(LIBRARY_MAX);
    const char *from = library_text, *at = strstr(from, real);
    size_t len;

    ck_assert_ptr_nonnull(at);
    for (; at; at = strstr(from, real)) {
        len = (size_t)(at - from);
        ck_assert_int_eq(buf_add(&text, from, len), ERR_OK);
        ck_assert_int_eq(buf_add_text(&text, ours), ERR_OK);
        from = at + sizeof real - 1;
    }
    ck_assert_int_eq(buf_add_text(&text, from), ERR_OK);
    ck_assert_str_eq(
        redis_server_ask(r->server, "FUNCTION", "LOAD", text.at, NULL),
        library_name);
    buf_clear(&text);
}

void real_open(struct real *r)
{
    static const char *const words[] = {"--appendonly", "no", NULL};
    struct why why;

    *r = (struct real){.server = redis_server_start(false, words)};
    keys_of_queue(&r->keys, "extq", "q");
    load(r);
    ck_assert_msg(!redis_sync_open(redis_server_address(r->server), REPLY_MS,
                                   &r->link, &why),
                  "%s", why.text);
}

void real_close(struct real *r)
{
    redis_sync_close(&r->link);
    redis_server_close(&r->server);
}

void real_reset(struct real *r)
{
    (void)redis_server_ask(r->server, "FLUSHALL", NULL);
}

static void queue(struct real *r, const struct words *w)
{
    const char *argv[WORDS_MAX];

    for (int i = 0; i < w->count; i++)
        argv[i] = w->at[i];
    ck_assert_int_eq(redis_sync_queue(r->link, w->count, argv, NULL), ERR_OK);
}

static const struct reply *next(struct real *r)
{
    const struct reply *reply;

    ck_assert_int_eq(redis_sync_next(r->link, &reply), ERR_OK);
    return reply;
}

/* Only what the functions refuse may be refused. */
static void expect_ours(const struct reply *reply)
{
    struct span text = reply_span(reply);

    if (reply_kind(reply) != REPLY_ERROR)
        return;
    if (reply_fault(reply) == FAULT_LEASE ||
        (text.len > 10 && memcmp(text.at, "GENERATION", 10) == 0) ||
        (text.len > 6 && memcmp(text.at, "PAUSED", 6) == 0) ||
        memmem(text.at, text.len, "was not taken", 13))
        return;
    ck_abort_msg("Redis: %.*s", (int)text.len, text.at);
}

const char *real_run(struct real *r, const struct words *w, int64_t now_us)
{
    const char *const look[] = {"EVAL", describe, "0"};
    struct words clock = {.count = 0};
    struct span text;

    words_add(&clock, "MSET");
    words_add(&clock, "clock:s");
    words_number(&clock, now_us / 1000000);
    words_add(&clock, "clock:us");
    words_number(&clock, now_us % 1000000);
    queue(r, &clock);
    if (w->count > 0)
        queue(r, w);
    ck_assert_int_eq(
        redis_sync_queue(r->link, 3, (const char **)(uintptr_t)look, NULL),
        ERR_OK);
    (void)next(r);
    if (w->count > 0)
        expect_ours(next(r));
    text = reply_span(next(r));
    return text.at ? text.at : "";
}

void real_keep(struct real *r)
{
    (void)redis_server_ask(r->server, "EVAL", keep, "0", NULL);
}

void real_fall_back(struct real *r)
{
    (void)redis_server_ask(r->server, "EVAL", fall_back, "0", NULL);
}
