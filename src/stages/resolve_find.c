#include "stages/resolve_flight.h"

#include "base/rand.h"

/* Keeps k in process for a while: never longer than its freshness. */
static void keep_local(struct resolver *r, struct known *k, int64_t left_ms)
{
    int64_t keep_ms = r->options->local_ms;

    k->until_ms = resolver_now_ms(r) + (left_ms < keep_ms ? left_ms : keep_ms);
    local_put(&r->local, k);
}

/* The entry that `find` showed, ready for use. */
static enum err open_entry(const struct flight *f,
                           const struct shared_found *entry, struct known **ret,
                           struct why *why)
{
    struct extension *x = NULL;
    enum err e = shared_body_read(&f->key, entry->body, &x);

    if (e)
        return why_set(why, e, "the cached entry is %s", err_text(e));
    e = known_open(f->owner->options->http, &f->packed, x, ret, why);
    extension_drop(&x);
    if (!e)
        span_copy(entry->stamp, (*ret)->stamp, sizeof(*ret)->stamp);
    return e;
}

/* Remembers an entry past its time for the case that discovery fails. */
static void keep_stale(struct flight *f, const struct shared_found *entry)
{
    struct why why;

    known_drop(&f->stale);
    if (entry->stamp.len == 0 || open_entry(f, entry, &f->stale, &why))
        return;
    /* Serving "no extension" would drop jobs on old news. */
    if (!f->stale->extension)
        known_drop(&f->stale);
}

/* Discovery has no answer now: what was known before, or a failure for who
 * asked for news. */
static void end_stale(struct flight *f, const char *why)
{
    struct resolver *r = f->owner;

    if (!f->stale || f->anew) {
        flight_end_failed(f, why);
        return;
    }
    keep_local(r, f->stale, r->options->retry_ms);
    flight_end(f, f->stale, SOURCE_STALE);
}

static void discovery_failed(struct flight *f, const char *why)
{
    flight_release(f, f->owner->options->retry_ms);
    end_stale(f, why);
}

static int64_t jittered(struct resolver *r, int64_t ms)
{
    uint64_t spread = (uint64_t)ms * r->options->jitter / 100;

    return ms - (int64_t)(spread ? rand_u32(&r->dice) % (spread + 1) : 0);
}

static void end_found(struct flight *f)
{
    keep_local(f->owner, f->found, f->fresh_ms);
    flight_end(f, f->found, SOURCE_DISCOVERY);
}

/* Whatever became of the shared entry, discovery's answer is good. */
static void on_kept(void *arg, enum err e, const struct reply *reply,
                    const struct why *why)
{
    struct flight *f = arg;

    (void)why;
    if (!f->owner) {
        flight_free(f);
        return;
    }
    if (e == ERR_OK && reply_kind(reply) == REPLY_TEXT)
        span_copy(reply_span(reply), f->found->stamp, sizeof f->found->stamp);
    end_found(f);
}

static void share(struct flight *f)
{
    struct shared_call to = flight_call(f, on_kept);
    const struct resolve_options *o = f->owner->options;
    bool some = f->found->extension != NULL;

    f->fresh_ms = jittered(f->owner, some ? o->fresh_ms : o->none_ms);
    if (f->marked && shared_keep(&to, f->token, f->fresh_ms,
                                 f->fresh_ms + (some ? o->stale_ms : 0),
                                 f->found->extension) == ERR_OK)
        return;
    /* Without the mark nothing can be kept, but what is there is old news. */
    to.done = NULL;
    shared_forget(&to, "");
    end_found(f);
}

static void on_discovered(void *arg, const struct finding *finding)
{
    struct flight *f = arg;
    struct why why;

    if (!f->owner) {
        flight_free(f);
        return;
    }
    f->asking = false;
    if (finding->kind == FINDING_FAILED)
        discovery_failed(f, finding->why.text);
    else if (known_open(f->owner->options->http, &f->packed, finding->extension,
                        &f->found, &why))
        discovery_failed(f, why.text);
    else
        share(f);
}

static void ask(struct flight *f)
{
    f->asking = true;
    discovery_ask(f->owner->discovery, &f->key, on_discovered, f);
}

/* Redis has no answer: what this process knows, however old. */
static void end_unreachable(struct flight *f, const char *why)
{
    struct known *k = local_find(&f->owner->local, &f->packed);

    if (f->anew) {
        ask(f);
    } else if (k) {
        f->found = known_hold(k);
        flight_end(f, f->found, SOURCE_LOCAL);
    } else {
        flight_end_failed(f, why);
    }
}

static void on_fresh(struct flight *f, const struct shared_found *entry)
{
    struct why why = {""};
    enum err e;

    if (f->anew && !f->skipped) {
        flight_find(f);
        return;
    }
    e = open_entry(f, entry, &f->found, &why);
    if (e == ERR_SYNTAX && !f->skipped) {
        /* Not readable, or not to be called by this process's rules. */
        f->unusable = true;
        flight_find(f);
    } else if (e) {
        flight_end_failed(f, why.text);
    } else {
        keep_local(f->owner, f->found, entry->left_ms);
        flight_end(f, f->found, SOURCE_SHARED);
    }
}

static void on_wait(struct flight *f, const struct shared_found *entry)
{
    if (resolver_now_ms(f->owner) < f->give_up_ms) {
        flight_sleep(f);
        return;
    }
    keep_stale(f, entry);
    end_stale(f, "somebody else is asking discovery and has no answer yet");
}

static void on_state(struct flight *f, const struct shared_found *entry)
{
    switch (entry->state) {
    case SHARED_FRESH:
        on_fresh(f, entry);
        break;
    case SHARED_ASK:
        f->marked = true;
        keep_stale(f, entry);
        ask(f);
        break;
    case SHARED_WAIT:
        on_wait(f, entry);
        break;
    case SHARED_FAILED:
        keep_stale(f, entry);
        if (f->anew)
            ask(f);
        else
            end_stale(f, "discovery failed a moment ago and is left alone");
        break;
    }
}

static void on_found(void *arg, enum err e, const struct reply *reply,
                     const struct why *why)
{
    struct flight *f = arg;
    struct shared_found entry;

    if (!f->owner)
        flight_free(f);
    else if (e)
        end_unreachable(f, why->text);
    else if (shared_found_read(reply, &entry))
        end_unreachable(f, "Redis gave an unexpected reply");
    else
        on_state(f, &entry);
}

void flight_find(struct flight *f)
{
    struct shared_call to = flight_call(f, on_found);
    enum err e;

    f->skipped = f->anew || f->unusable;
    e = shared_find(&to, f->token, f->mark_ms, f->skipped);
    if (e)
        end_unreachable(f, err_text(e));
}
