#include "stages/resolve_search.h"

#include "base/rand.h"
#include "stages/resolve_body.h"

#include <stdio.h>

/* Keeps k in process for a while: never longer than its freshness. */
static void keep_local(struct resolver *r, struct known *k, int64_t left_ms)
{
    int64_t keep_ms = r->options->local_ms;

    k->until_ms = resolver_now_ms(r) + (left_ms < keep_ms ? left_ms : keep_ms);
    local_put(&r->local, k);
}

/* The entry that `find` showed, ready for use. */
static enum err open_entry(const struct search *s,
                           const struct shared_found *entry, struct known **ret,
                           struct why *why)
{
    const struct resolve_options *o = s->owner->options;
    const struct body_place place = {o->seal, o->prefix, &s->key, entry->stamp};
    struct extension *x = NULL;
    enum err e = body_read(&place, entry->body, &x);

    if (e)
        return why_set(why, e, "the cached entry is %s", err_text(e));
    e = known_open(o->http, &s->packed, x, ret, why);
    extension_drop(&x);
    if (e)
        return e;
    span_copy(entry->stamp, (*ret)->stamp, sizeof(*ret)->stamp);
    (*ret)->made_ms = entry->made_ms;
    return ERR_OK;
}

static bool is_refused(const struct search *s, const struct known *k)
{
    return s->refused && resolve_tag(k->stamp) == s->refused;
}

/* Remembers an entry past its time for the case that discovery fails. */
static void keep_stale(struct search *s, const struct shared_found *entry)
{
    struct why why;

    known_drop(&s->stale);
    /* Redis drops an entry at its end; one that is there again was put back. */
    if (entry->stamp.len == 0 ||
        entry->left_ms < -s->owner->options->stale_ms ||
        open_entry(s, entry, &s->stale, &why))
        return;
    /* Serving "no extension" would drop jobs on old news; and what was refused
     * would be refused again. */
    if (!s->stale->extension || is_refused(s, s->stale))
        known_drop(&s->stale);
}

/* Discovery has no answer now: what was known before, or a failure for who
 * asked for news. */
static void end_stale(struct search *s, const char *why)
{
    struct resolver *r = s->owner;

    if (!s->stale || s->anew) {
        search_end_failed(s, why);
        return;
    }
    keep_local(r, s->stale, r->options->retry_ms);
    search_end(s, s->stale, SOURCE_STALE);
}

static void discovery_failed(struct search *s, const char *why)
{
    search_release(s, s->owner->options->retry_ms, why);
    end_stale(s, why);
}

static int64_t jittered(struct resolver *r, int64_t ms)
{
    uint64_t spread = (uint64_t)ms * r->options->jitter / 100;

    return ms - (int64_t)(spread ? rand_u32(&r->dice) % (spread + 1) : 0);
}

static void end_found(struct search *s)
{
    keep_local(s->owner, s->found, s->fresh_ms);
    search_end(s, s->found, SOURCE_DISCOVERY);
}

/* Whatever became of the shared entry, discovery's answer is good. */
static void on_kept(void *arg, enum err e, const struct reply *reply,
                    const struct why *why)
{
    struct search *s = arg;

    (void)e;
    (void)reply;
    (void)why;
    if (s->owner)
        end_found(s);
    else
        search_free(s);
}

static void stamp(struct search *s)
{
    struct known *k = s->found;
    long long until = resolver_now_ms(s->owner) + s->server_ms + s->fresh_ms;

    k->made_ms = s->asked_ms;
    /* What is new must not look like what was refused. */
    do {
        snprintf(k->stamp, sizeof k->stamp, "%lld-%lld", until--,
                 (long long)k->made_ms);
    } while (is_refused(s, k));
}

static void share(struct search *s)
{
    struct shared_call to = search_call(s, on_kept);
    const struct resolve_options *o = s->owner->options;
    bool some = s->found->extension != NULL;

    s->fresh_ms = jittered(s->owner, some ? o->fresh_ms : o->none_ms);
    stamp(s);
    if (s->marked && shared_keep(&to, s->token, s->found->stamp,
                                 s->fresh_ms + (some ? o->stale_ms : 0),
                                 s->found->extension) == ERR_OK)
        return;
    /* Without the mark nothing can be kept, but what is there is old news. */
    to.done = NULL;
    shared_forget(&to, "");
    end_found(s);
}

static void on_discovered(void *arg, const struct finding *finding)
{
    struct search *s = arg;
    struct why why;

    if (!s->owner) {
        search_free(s);
        return;
    }
    s->asking = false;
    search_wake(s);
    if (finding->kind == FINDING_FAILED)
        discovery_failed(s, finding->why.text);
    else if (known_open(s->owner->options->http, &s->packed, finding->extension,
                        &s->found, &why))
        discovery_failed(s, why.text);
    else
        share(s);
}

static void ask(struct search *s)
{
    s->asking = true;
    s->asked_ms = resolver_now_ms(s->owner) + s->server_ms;
    if (s->marked)
        search_sleep(s);
    discovery_ask(s->owner->discovery, &s->key, on_discovered, s);
}

/* Redis has no answer: what this process knows, however old. */
static void end_unreachable(struct search *s, enum err e, const char *why)
{
    struct known *k = local_find(&s->owner->local, &s->packed);

    if (s->anew) {
        ask(s);
    } else if (k && !is_refused(s, k)) {
        s->found = known_hold(k);
        search_end(s, s->found, SOURCE_LOCAL);
    } else if (e == ERR_REPLY) {
        search_end_failed(s, why);
    } else {
        search_end_unasked(s, why);
    }
}

static void on_fresh(struct search *s, const struct shared_found *entry)
{
    struct why why = {""};
    enum err e;

    if (s->anew && !s->skipped) {
        search_find(s);
        return;
    }
    e = open_entry(s, entry, &s->found, &why);
    if (e == ERR_SYNTAX && !s->skipped) {
        /* Not readable, or not to be called by this process's rules. */
        s->unusable = true;
        search_find(s);
    } else if (e) {
        search_end_failed(s, why.text);
    } else {
        keep_local(s->owner, s->found, entry->left_ms);
        search_end(s, s->found, SOURCE_SHARED);
    }
}

static void on_wait(struct search *s, const struct shared_found *entry)
{
    if (resolver_now_ms(s->owner) < s->give_up_ms) {
        search_sleep(s);
        return;
    }
    keep_stale(s, entry);
    end_stale(s, "somebody else is asking discovery and has no answer yet");
}

static void on_failed(struct search *s, const struct shared_found *entry)
{
    struct why why = {""};

    keep_stale(s, entry);
    if (s->anew) {
        ask(s);
        return;
    }
    (void)why_set(&why, ERR_IO,
                  "discovery failed a moment ago and is left alone: %.*s",
                  (int)(entry->why.len < 200 ? entry->why.len : 200),
                  entry->why.len ? entry->why.at : "");
    end_stale(s, why.text);
}

static void on_state(struct search *s, const struct shared_found *entry)
{
    switch (entry->state) {
    case SHARED_FRESH:
        on_fresh(s, entry);
        break;
    case SHARED_ASK:
        s->marked = true;
        keep_stale(s, entry);
        ask(s);
        break;
    case SHARED_WAIT:
        on_wait(s, entry);
        break;
    case SHARED_FAILED:
        on_failed(s, entry);
        break;
    }
}

static void on_found(void *arg, enum err e, const struct reply *reply,
                     const struct why *why)
{
    struct search *s = arg;
    struct shared_found entry;

    if (!s->owner)
        search_free(s);
    else if (e)
        end_unreachable(s, e, why->text);
    else if (shared_found_read(reply, &entry))
        end_unreachable(s, ERR_REDIS, "Redis gave an unexpected reply");
    else {
        s->server_ms = entry.now_ms - resolver_now_ms(s->owner);
        on_state(s, &entry);
    }
}

void search_find(struct search *s)
{
    struct shared_call to = search_call(s, on_found);
    enum err e;

    s->skipped = s->anew || s->unusable;
    e = shared_find(&to, s->token, search_mark_ms(s->owner), s->skipped,
                    s->refused);
    if (e)
        end_unreachable(s, e, err_text(e));
}
