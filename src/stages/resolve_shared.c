#include "stages/resolve_shared.h"

#include "link/keys.h"
#include "link/library.h"
#include "stages/resolve_body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 4, ARGC_MAX = 5 + WORDS_MAX + 1, LOADS_MAX = 3 };
enum { BODY_MAX = 64 << 10 };

/* A call under way, with all that it takes to repeat it. */
struct call {
    struct redis *redis; /* NULL = its way there is not known yet */
    shared_done *done;
    void *arg;
    const char *function;
    char entry[KEY_MAX], ask[KEY_MAX];
    char words[WORDS_MAX][TOKEN_MAX];
    int word_count;
    struct buf body; /* one more argument unless empty; may hold a secret */
    unsigned loads;
};

static struct call *call_open(const struct shared_call *to,
                              const char *function)
{
    struct call *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->done = to->done;
    c->arg = to->arg;
    c->function = function;
    keys_of_extension(c->entry, c->ask, to->prefix, to->key->container,
                      to->key->point);
    c->redis = redis_links_to(to->links, c->entry);
    c->body = buf_make(BODY_MAX);
    return c;
}

static void call_close(struct call *c)
{
    buf_wipe(&c->body);
    free(c);
}

static void add_word(struct call *c, const char *word)
{
    snprintf(c->words[c->word_count++], TOKEN_MAX, "%s", word);
}

static void add_number(struct call *c, int64_t n)
{
    snprintf(c->words[c->word_count++], TOKEN_MAX, "%lld", (long long)n);
}

static void replied(void *arg, const struct reply *reply);

static enum err call_send(struct call *c)
{
    const char *argv[ARGC_MAX] = {"FCALL", c->function, "2", c->entry, c->ask};
    size_t lens[ARGC_MAX];
    int argc = 5;

    if (!c->redis)
        return ERR_REDIS;
    for (int i = 0; i < c->word_count; i++)
        argv[argc++] = c->words[i];
    for (int i = 0; i < argc; i++)
        lens[i] = strlen(argv[i]);
    if (c->body.len > 0) {
        argv[argc] = c->body.at;
        lens[argc++] = c->body.len;
    }
    return redis_send(c->redis, replied, c,
                      &(struct redis_words){argc, argv, lens});
}

/* Sends a new call, or frees it. */
static enum err call_start(struct call *c)
{
    enum err e = call_send(c);

    if (e)
        call_close(c);
    return e;
}

/* ERR_REPLY where the call itself is at fault, so that it will not help to ask
 * again; ERR_REDIS for what Redis says of itself. */
static enum err judge(const struct reply *reply, struct why *why)
{
    enum err e = ERR_REDIS;
    struct span text;

    if (!reply)
        return why_set(why, ERR_REDIS, "%s", err_text(ERR_REDIS));
    if (reply_fault(reply) == FAULT_NONE)
        return ERR_OK;
    if (reply_fault(reply) == FAULT_OTHER)
        e = ERR_REPLY;
    text = reply_span(reply);
    return why_set(why, e, "Redis refused the discovery cache: %.*s",
                   text.len < 200 ? (int)text.len : 200, text.at);
}

static void replied(void *arg, const struct reply *reply)
{
    struct call *c = arg;
    struct why why = {""};
    enum err e = judge(reply, &why);

    /* The load goes out first on the same connection, so the repeated call
     * finds the library unless loading failed. */
    if (reply && reply_fault(reply) == FAULT_NO_FUNCTION &&
        c->loads++ < LOADS_MAX) {
        redis_load_library(c->redis);
        if (call_send(c) == ERR_OK)
            return;
    }
    if (c->done)
        c->done(c->arg, e, e ? NULL : reply, &why);
    call_close(c);
}

enum err shared_find(const struct shared_call *to, const char *token,
                     int64_t mark_ms, bool anew, uint32_t refused)
{
    struct call *c = call_open(to, library_find);

    if (!c)
        return ERR_MEMORY;
    add_word(c, token);
    add_number(c, mark_ms > 0 ? mark_ms : 1);
    add_word(c, anew ? "1" : "0");
    add_number(c, refused);
    return call_start(c);
}

enum err shared_keep(const struct shared_call *to, const char *token,
                     const char *stamp, int64_t total_ms,
                     const struct extension *x)
{
    struct call *c = call_open(to, library_keep);
    enum err e;

    if (!c)
        return ERR_MEMORY;
    add_word(c, token);
    add_word(c, stamp);
    add_number(c, total_ms > 0 ? total_ms : 1);
    e = body_write(&(struct body_place){to->seal, to->prefix, to->key,
                                        span_of(c->words[1])},
                   x, &c->body);
    if (!e)
        return call_start(c);
    call_close(c);
    return e;
}

void shared_fail(const struct shared_call *to, const char *token,
                 int64_t cool_ms, const char *why)
{
    struct call *c = call_open(to, library_fail);

    if (!c)
        return;
    add_word(c, token);
    add_number(c, cool_ms > 0 ? cool_ms : 1);
    if (buf_add_text(&c->body, why) || call_send(c))
        call_close(c);
}

void shared_renew(const struct shared_call *to, const char *token,
                  int64_t mark_ms)
{
    struct call *c = call_open(to, library_renew);

    if (!c)
        return;
    add_word(c, token);
    add_number(c, mark_ms > 0 ? mark_ms : 1);
    if (call_send(c))
        call_close(c);
}

void shared_forget(const struct shared_call *to, const char *stamp)
{
    struct call *c = call_open(to, library_forget);

    if (!c)
        return;
    add_word(c, stamp);
    if (call_send(c))
        call_close(c);
}

static bool state_read(struct span word, enum shared_state *ret)
{
    static const char *const words[] = {
        [SHARED_FRESH] = "fresh",
        [SHARED_ASK] = "ask",
        [SHARED_WAIT] = "wait",
        [SHARED_FAILED] = "failed",
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!span_is(word, words[i]))
            continue;
        *ret = (enum shared_state)i;
        return true;
    }
    return false;
}

enum err shared_found_read(const struct reply *reply, struct shared_found *ret)
{
    struct shared_found found = {.state = SHARED_WAIT};
    struct span stamp, made, body;
    uint64_t fresh_until, made_ms;

    if (reply_kind(reply) != REPLY_LIST || reply_count(reply) < 3 ||
        !state_read(reply_span(reply_at(reply, 0)), &found.state))
        return ERR_REPLY;
    body = reply_span(reply_at(reply, 2));
    found.now_ms = reply_number(reply_at(reply, 1));
    found.why = reply_span(reply_at(reply, 3));
    made = stamp = span_cut(&body, ' ');
    /* An entry that is not ours counts as none. */
    if (span_number(span_cut(&made, '-'), &fresh_until) &&
        fresh_until < INT64_MAX) {
        if (span_number(made, &made_ms) && made_ms < INT64_MAX)
            found.made_ms = (int64_t)made_ms;
        found.stamp = stamp;
        found.body = body;
        found.left_ms = (int64_t)fresh_until - found.now_ms;
    }
    *ret = found;
    return ERR_OK;
}
