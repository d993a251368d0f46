#include "stages/resolve_search.h"

#include "base/rand.h"
#include "stages/resolve_body.h"

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
    if (!e)
        span_copy(entry->stamp, (*ret)->stamp, sizeof(*ret)->stamp);
    return e;
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
    /* Serving "no extension" would drop jobs on old news. */
    if (!s->stale->extension)
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
    search_release(s, s->owner->options->retry_ms);
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

    (void)why;
    if (!s->owner) {
        search_free(s);
        return;
    }
    if (e == ERR_OK && reply_kind(reply) == REPLY_TEXT)
        span_copy(reply_span(reply), s->found->stamp, sizeof s->found->stamp);
    end_found(s);
}

static void share(struct search *s)
{
    struct shared_call to = search_call(s, on_kept);
    const struct resolve_options *o = s->owner->options;
    bool some = s->found->extension != NULL;

    s->fresh_ms = jittered(s->owner, some ? o->fresh_ms : o->none_ms);
    if (s->marked &&
        shared_keep(&to, s->token,
                    resolver_now_ms(s->owner) + s->server_ms + s->fresh_ms,
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
    discovery_ask(s->owner->discovery, &s->key, on_discovered, s);
}

/* Redis has no answer: what this process knows, however old. */
static void end_unreachable(struct search *s, enum err e, const char *why)
{
    struct known *k = local_find(&s->owner->local, &s->packed);

    if (s->anew) {
        ask(s);
    } else if (k) {
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
        keep_stale(s, entry);
        if (s->anew)
            ask(s);
        else
            end_stale(s, "discovery failed a moment ago and is left alone");
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
    e = shared_find(&to, s->token, s->mark_ms, s->skipped);
    if (e)
        end_unreachable(s, e, err_text(e));
}
