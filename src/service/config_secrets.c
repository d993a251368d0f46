#include "service/config_secrets.h"

#include "base/file.h"
#include "link/signature.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum err try_password(const char *path, struct why *why)
{
    struct buf secret = buf_make(REDIS_PASSWORD_MAX);
    enum err e;

    if (path[0] == '\0')
        return ERR_OK;
    e = file_read_secret(path, &secret, why);
    buf_wipe(&secret);
    return e;
}

enum err config_read_password(struct config *c, struct why *why)
{
    enum err e = try_password(c->redis.files.password, why);

    return e ? e : try_password(c->redis.files.sentinel_password, why);
}

static enum err add_cache_key(struct seal *seal, const char *path,
                              struct why *why)
{
    struct buf text = buf_make(SECRET_MAX);
    enum err e;

    if (path[0] == '\0')
        return ERR_OK;
    e = file_read_secret(path, &text, why);
    if (!e && seal_add_key(seal, buf_span(&text)))
        e = why_set(why, ERR_SYNTAX,
                    "%s: not a key: base64 of 32 bytes, as openssl rand "
                    "-base64 32 makes it",
                    path);
    buf_wipe(&text);
    return e;
}

enum err config_read_cache_keys(struct config *c, struct why *why)
{
    enum err e = add_cache_key(&c->seal, c->cache_key_file, why);

    return e ? e : add_cache_key(&c->seal, c->cache_old_key_file, why);
}

static enum err add_signing_key(struct signer *s, const char *path,
                                struct why *why)
{
    struct buf text = buf_make(SECRET_MAX);
    struct why what = {""};
    enum err e = file_read_secret(path, &text, why);

    if (!e) {
        e = signer_add_key(s, buf_span(&text), &what);
        if (e)
            e = why_set(why, e, "%s: %s", path,
                        what.text[0] ? what.text : err_text(e));
    }
    buf_wipe(&text);
    return e;
}

/* *ret is NULL when no file is named. */
static enum err read_signer(const char *paths, struct signer **ret,
                            struct why *why)
{
    struct span rest = span_of(paths);
    char path[CONFIG_PATH_MAX];
    enum err e = ERR_OK;

    *ret = NULL;
    if (rest.len == 0)
        return ERR_OK;
    *ret = signer_open();
    if (!*ret)
        return why_set(why, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
    while (!e && rest.len > 0) {
        (void)span_copy(span_cut(&rest, '\n'), path, sizeof path);
        e = add_signing_key(*ret, path, why);
    }
    if (e)
        signer_close(ret);
    return e;
}

static int compare(const void *a, const void *b)
{
    const struct signed_extension *x = a, *y = b;
    int order = strcmp(x->key->container, y->key->container);

    return order ? order : strcmp(x->key->point, y->key->point);
}

static enum err read_extension_signers(struct config *c, struct why *why)
{
    size_t count = 0;
    enum err e = ERR_OK;

    for (size_t i = 0; i < c->extension_count; i++)
        count += c->extensions[i].signing_keys[0] != '\0';
    if (count == 0)
        return ERR_OK;
    c->signed_extensions = calloc(count, sizeof *c->signed_extensions);
    if (!c->signed_extensions)
        return why_set(why, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
    for (size_t i = 0; !e && i < c->extension_count; i++) {
        const struct listed_extension *x = &c->extensions[i];
        struct signed_extension *s = &c->signed_extensions[c->signed_count];

        if (x->signing_keys[0] == '\0')
            continue;
        s->key = &x->key;
        e = read_signer(x->signing_keys, &s->signer, why);
        c->signed_count++;
    }
    qsort(c->signed_extensions, c->signed_count, sizeof *c->signed_extensions,
          compare);
    return e;
}

static enum err read_signing_keys(struct config *c, struct why *why)
{
    struct policy *p = &c->default_policy;
    enum err e = read_signer(p->signing_keys, &p->signer, why);

    for (size_t i = 0; !e && i < c->point_count; i++) {
        p = &c->points[i].policy;
        e = read_signer(p->signing_keys, &p->signer, why);
    }
    return e ? e : read_extension_signers(c, why);
}

/* What is shorter could be guessed. */
enum { TOKEN_LEAST = 16 };

static enum err read_ops_token(struct config *c, struct why *why)
{
    struct buf token = buf_make(sizeof c->ops_token - 1);
    enum err e;

    if (c->ops_token_file[0] == '\0')
        return ERR_OK;
    e = file_read_secret(c->ops_token_file, &token, why);
    if (!e && token.len < TOKEN_LEAST)
        e = why_set(why, ERR_SYNTAX,
                    "%s: not a token: %d characters or more, as openssl rand "
                    "-hex 32 makes them",
                    c->ops_token_file, TOKEN_LEAST);
    if (!e)
        (void)span_copy(buf_span(&token), c->ops_token, sizeof c->ops_token);
    buf_wipe(&token);
    return e;
}

/* "name: value" of printable characters, and no header that is ours. */
static bool is_header(struct span line)
{
    static const char *const ours[] = {"content-", "host:", "transfer-",
                                       "connection:", "expect:"};
    struct span name = span_cut(&line, ':');

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strncasecmp(name.at, ours[i], strlen(ours[i])) == 0)
            return false;
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.at[i]) && !strchr("-_.", name.at[i]))
            return false;
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] < ' ' || line.at[i] > '~')
            return false;
    return name.len > 0 && line.len > 1 && line.at[0] == ' ' &&
           line.at[1] != ' ';
}

enum { TRACE_HEADERS_MAX = 8 };

static enum err check_headers(struct span text, const char *path,
                              struct why *why)
{
    for (int number = 1; text.len > 0; number++)
        if (number > TRACE_HEADERS_MAX || !is_header(span_cut(&text, '\n')))
            return why_set(why, ERR_SYNTAX,
                           "%s: line %d is no header for a collector: at most "
                           "%d lines such as \"Authorization: Bearer TOKEN\", "
                           "none of Content-*, Host, Connection",
                           path, number, TRACE_HEADERS_MAX);
    return ERR_OK;
}

static enum err read_trace_headers(struct config *c, struct why *why)
{
    const char *path = c->tracing.headers_file;
    struct buf text = buf_make(sizeof c->tracing.headers - 1);
    enum err e;

    if (path[0] == '\0')
        return ERR_OK;
    e = file_read(path, &text, why);
    while (!e && text.len > 0 && isspace((unsigned char)text.at[text.len - 1]))
        buf_cut(&text, text.len - 1);
    if (!e)
        e = check_headers(buf_span(&text), path, why);
    if (!e)
        (void)span_copy(buf_span(&text), c->tracing.headers,
                        sizeof c->tracing.headers);
    buf_wipe(&text);
    return e;
}

enum err config_read_secrets(struct config *c, struct why *why)
{
    enum err e = config_read_password(c, why);

    if (!e)
        e = config_read_cache_keys(c, why);
    if (!e)
        e = read_ops_token(c, why);
    if (!e)
        e = read_trace_headers(c, why);
    return e ? e : read_signing_keys(c, why);
}

const struct signer *config_signer(const struct config *c,
                                   const struct policy *policy,
                                   const char *container, const char *point)
{
    const struct signed_extension *own;
    struct extension_key key;

    if (c->signed_count == 0)
        return policy->signer;
    (void)span_copy(span_of(container), key.container, sizeof key.container);
    (void)span_copy(span_of(point), key.point, sizeof key.point);
    own = bsearch(&(struct signed_extension){&key, NULL}, c->signed_extensions,
                  c->signed_count, sizeof *own, compare);
    return own ? own->signer : policy->signer;
}

void config_forget_secrets(struct config *c)
{
    signer_close(&c->default_policy.signer);
    for (size_t i = 0; i < c->point_count; i++)
        signer_close(&c->points[i].policy.signer);
    for (size_t i = 0; i < c->signed_count; i++)
        signer_close(&c->signed_extensions[i].signer);
    free(c->signed_extensions);
}
