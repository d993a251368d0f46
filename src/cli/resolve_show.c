#include "cli/resolve_show.h"

#include "base/json.h"
#include "cli/term.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 64 << 10, MASK_MAX = 64, FACTS_MAX = 8 };

/* One line of the answer. */
struct fact {
    const char *name, *text;
};

struct facts {
    struct fact list[FACTS_MAX];
    size_t count;
    char mask[MASK_MAX];
};

static void add_fact(struct facts *f, const char *name, const char *text)
{
    f->list[f->count++] = (struct fact){name, text};
}

static const char *kind_text(enum finding_kind kind)
{
    switch (kind) {
    case FINDING_EXTENSION:
        return "extension";
    case FINDING_NONE:
        return "none";
    default:
        return "failed";
    }
}

static const char *source_text(enum resolve_source source)
{
    switch (source) {
    case SOURCE_STALE:
        return "stale";
    case SOURCE_DISCOVERY:
        return "discovery";
    default:
        return "cache";
    }
}

static void gather(const struct extension_key *key,
                   const struct resolved *resolved, struct facts *f)
{
    const struct extension *x = resolved->extension;

    add_fact(f, "container", key->container);
    add_fact(f, "point", key->point);
    add_fact(f, "kind", kind_text(resolved->kind));
    add_fact(f, "source", source_text(resolved->source));
    if (resolved->kind == FINDING_FAILED)
        add_fact(f, "reason", resolved->why);
    if (resolved->kind != FINDING_EXTENSION || !x)
        return;
    extension_mask(x, f->mask, sizeof f->mask);
    add_fact(f, "url", x->url);
    add_fact(f, "secret", f->mask);
    add_fact(f, "envelope", x->envelope ? "yes" : "no");
}

static enum err write_json(const struct facts *f, struct buf *out)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < f->count; i++) {
        e = buf_printf(out, "%s\"%s\":", i > 0 ? "," : "{", f->list[i].name);
        if (!e)
            e = json_quote(out, span_of(f->list[i].text));
    }
    return e ? e : buf_add_text(out, "}");
}

static enum err add_json(const struct facts *f, struct buf *out)
{
    struct buf raw = buf_make(ANSWER_MAX);
    enum err e = write_json(f, &raw);

    if (!e)
        e = term_clean(out, buf_span(&raw));
    buf_clear(&raw);
    return e ? e : buf_add_text(out, "\n");
}

static enum err add_lines(const struct facts *f, struct buf *out)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < f->count; i++) {
        e = buf_printf(out, "%-10s ", f->list[i].name);
        if (!e)
            e = term_clean(out, span_of(f->list[i].text));
        if (!e)
            e = buf_add_text(out, "\n");
    }
    return e;
}

enum err resolve_show(const struct extension_key *key,
                      const struct resolved *resolved, bool json)
{
    struct facts facts = {.count = 0};
    struct buf out = buf_make(ANSWER_MAX);
    enum err e;

    gather(key, resolved, &facts);
    e = json ? add_json(&facts, &out) : add_lines(&facts, &out);
    if (!e)
        (void)fwrite(out.at, 1, out.len, stdout);
    buf_clear(&out);
    return e;
}
