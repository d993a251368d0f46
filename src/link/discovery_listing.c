#include "link/discovery_backend.h"

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION     HASH_OAT /* the default falls through silently */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uthash.h>

/* A webtask's name: pages overlap when webtasks come and go between them. */
struct seen {
    UT_hash_handle hh;
    char name[];
};

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool is_text(const cJSON *value, const char *text)
{
    return cJSON_IsString(value) && strcmp(value->valuestring, text) == 0;
}

/* ERR_OK with *ret_new false for a name that was there before. */
static enum err see(struct listing *l, const char *name, bool *ret_new)
{
    size_t len = strlen(name);
    struct seen *seen;

    HASH_FIND(hh, l->seen, name, len, seen);
    *ret_new = !seen;
    if (seen)
        return ERR_OK;
    seen = malloc(sizeof *seen + len + 1);
    if (!seen)
        return ERR_MEMORY;
    memcpy(seen->name, name, len + 1);
    HASH_ADD_KEYPTR(hh, l->seen, seen->name, len, seen);
    if (seen->hh.tbl)
        return ERR_OK;
    free(seen);
    return ERR_MEMORY;
}

/* The properties are texts by contract; other types are read for what they
 * must mean, because calling a disabled extension is the worse error. */
static bool is_disabled(const cJSON *meta)
{
    const cJSON *value = member(meta, "auth0-extension-disabled");

    if (!value || cJSON_IsNull(value) || cJSON_IsFalse(value))
        return false;
    if (cJSON_IsNumber(value))
        return value->valuedouble < 0 || value->valuedouble > 0;
    if (!cJSON_IsString(value))
        return true;
    return value->valuestring[0] != '\0' && !is_text(value, "0") &&
           strcasecmp(value->valuestring, "false") != 0;
}

/* The platform filters already; one that ignores the filter must not make us
 * call the extension of another point. */
static bool is_match(const struct listing *l, const cJSON *item)
{
    const cJSON *meta = member(item, "meta");

    return is_text(member(meta, l->meta_key), l->key->point) &&
           !is_disabled(meta);
}

/* Two names for one thing; which one a webtask checks depends on its
 * middleware. */
static enum err secret_of(const cJSON *meta, const char **ret)
{
    const cJSON *middleware = member(meta, "wt-middleware");
    const char *newer, *older;

    if (answer_text(member(meta, "wt-auth-secret"), &newer) ||
        answer_text(member(meta, "auth0-extension-secret"), &older))
        return ERR_SYNTAX;
    *ret = older;
    if (newer && (!older || (cJSON_IsString(middleware) &&
                             strstr(middleware->valuestring, "bearer-auth"))))
        *ret = newer;
    return ERR_OK;
}

static bool is_enveloped(const cJSON *meta)
{
    static const char family[] = "auth0-ext-compilers/";
    const cJSON *compiler = member(meta, "wt-compiler");

    return cJSON_IsString(compiler) &&
           strncmp(compiler->valuestring, family, sizeof family - 1) == 0;
}

/* The webtask's URL, or where the deployment runs a webtask of that name. */
static enum err url_of(const struct listing *l, const cJSON *item,
                       struct buf *out, struct why *why)
{
    const cJSON *url = member(item, "webtask_url");
    const char *name;
    enum err e;

    if (url && !cJSON_IsNull(url))
        return cJSON_IsString(url)
                   ? buf_add_text(out, url->valuestring)
                   : why_set(why, ERR_SYNTAX, "webtask_url is not a text");
    if (answer_text(member(item, "name"), &name) || !name ||
        strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return why_set(why, ERR_SYNTAX,
                       "the webtask has neither webtask_url nor a usable name");
    e = buf_add(out, l->base.at, l->base.len);
    if (!e)
        e = buf_printf(out, "/api/run/%s/", l->key->container);
    return e ? e : uri_encode(out, span_of(name));
}

static enum err keep(struct listing *l, const cJSON *item, struct why *why)
{
    const cJSON *meta = member(item, "meta");
    struct buf url = buf_make(URL_MAX);
    struct finding finding = {.kind = FINDING_NONE};
    const char *secret = NULL;
    enum err e = url_of(l, item, &url, why);

    if (e == ERR_LIMIT)
        why_set(why, e, "webtask_url is longer than %d bytes", URL_MAX);
    if (!e && secret_of(meta, &secret))
        e = why_set(why, ERR_SYNTAX, "the webtask's secret is not a text");
    if (!e) {
        finding_make(&finding, url.at ? url.at : "", secret,
                     is_enveloped(meta));
        if (finding.kind == FINDING_FAILED)
            e = why_set(why, ERR_SYNTAX, "%s", finding.why.text);
        l->extension = finding.extension;
    }
    buf_clear(&url);
    return e;
}

static enum err add_item(struct listing *l, const cJSON *item, bool *ret_new,
                         struct why *why)
{
    const cJSON *container = member(item, "container");
    const char *name;
    enum err e = ERR_OK;

    *ret_new = true;
    if (!cJSON_IsObject(item) || answer_text(member(item, "name"), &name))
        return why_set(why, ERR_SYNTAX, "the answer lists what is no webtask");
    if (container && !cJSON_IsNull(container) &&
        !is_text(container, l->key->container))
        return why_set(why, ERR_SYNTAX,
                       "the answer is about another container");
    if (name)
        e = see(l, name, ret_new);
    if (e || !*ret_new || !is_match(l, item))
        return e;
    l->matches++;
    return l->matches == 1 ? keep(l, item, why) : ERR_OK;
}

static enum err add_items(struct listing *l, const cJSON *answer,
                          bool *ret_more, struct why *why)
{
    size_t items = 0, fresh = 0;
    const cJSON *item;

    if (!cJSON_IsArray(answer))
        return why_set(why, ERR_SYNTAX, "the answer is not a list of webtasks");
    cJSON_ArrayForEach(item, answer)
    {
        bool is_new;
        enum err e = add_item(l, item, &is_new, why);

        if (e)
            return e;
        items++;
        fresh += is_new;
    }
    /* A platform that ignores `offset` sends its first page for ever. */
    *ret_more = items >= LISTING_PAGE && fresh > 0;
    return ERR_OK;
}

enum err listing_add(struct listing *l, struct span page, bool *ret_more,
                     struct why *why)
{
    cJSON *answer;
    enum err e;

    why->text[0] = '\0';
    answer = answer_open(page, why);
    if (!answer)
        return ERR_SYNTAX;
    e = add_items(l, answer, ret_more, why);
    if (e && why->text[0] == '\0')
        why_set(why, e, "the answer cannot be read: %s", err_text(e));
    answer_close(&answer);
    return e;
}

void listing_end(struct listing *l, struct finding *ret)
{
    *ret = (struct finding){.kind = FINDING_NONE};
    if (l->matches > 1) {
        finding_fail(ret, "inconsistent configuration: %zu extensions",
                     l->matches);
    } else if (l->matches == 1) {
        ret->kind = FINDING_EXTENSION;
        ret->extension = l->extension;
        l->extension = NULL;
    }
}

void listing_clear(struct listing *l)
{
    struct seen *seen, *next;

    HASH_ITER(hh, l->seen, seen, next)
    {
        HASH_DEL(l->seen, seen);
        free(seen);
    }
    extension_drop(&l->extension);
    l->matches = 0;
}
