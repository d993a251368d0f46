#include "model/extension.h"

#include "base/check.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Secrets shorter than this show no character at all. */
enum { MASK_SHOW_MIN = 16 };

static bool is_printable(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] > '~')
            return false;
    return s.len > 0;
}

static void wipe_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static enum err make_checked(struct span url, struct span secret,
                             struct extension **ret)
{
    struct extension *x = calloc(1, sizeof(*x));

    if (!x)
        return ERR_MEMORY;
    x->refs = 1;
    x->url = strndup(url.at, url.len);
    if (secret.len > 0)
        x->secret = strndup(secret.at, secret.len);
    if (!x->url || (secret.len > 0 && !x->secret)) {
        extension_drop(&x);
        return ERR_MEMORY;
    }
    *ret = x;
    return ERR_OK;
}

enum err extension_make(struct span url, struct span secret,
                        struct extension **ret)
{
    if (url.len > URL_MAX || secret.len > SECRET_MAX)
        return ERR_LIMIT;
    if (!is_printable(url) || (secret.len > 0 && !ident_is_secret(secret)))
        return ERR_SYNTAX;
    return make_checked(url, secret, ret);
}

struct extension *extension_hold(struct extension *x)
{
    check(x->refs > 0);
    x->refs++;
    return x;
}

void extension_drop(struct extension **x)
{
    struct extension *old = *x;

    *x = NULL;
    if (!old)
        return;
    check(old->refs > 0);
    if (--old->refs > 0)
        return;
    /* Some deployments carry their token in the URL's query. */
    wipe_free(old->url);
    wipe_free(old->secret);
    free(old);
}

enum err extension_write(const struct extension *x, struct buf *out)
{
    enum err e;

    if (!x)
        return buf_add_text(out, "{}");
    e = buf_add_text(out, "{\"url\":");
    if (!e)
        e = json_quote(out, span_of(x->url));
    if (!e && x->secret)
        e = buf_add_text(out, ",\"secret\":");
    if (!e && x->secret)
        e = json_quote(out, span_of(x->secret));
    if (!e && x->envelope)
        e = buf_add_text(out, ",\"envelope\":true");
    if (!e)
        e = buf_add_text(out, "}");
    return e;
}

/* A buffer that never has to move a secret, which would leave a copy. */
static enum err reserve(struct buf *b)
{
    static const char zeros[SECRET_MAX];
    enum err e = buf_add(b, zeros, sizeof(zeros));

    buf_reset(b);
    return e;
}

static enum err decode_text(const struct json_member *m, struct buf *out)
{
    if (!m)
        return ERR_OK;
    if (m->value.kind != JSON_STRING)
        return ERR_SYNTAX;
    return json_decode(m->value, out);
}

static enum err read_texts(const struct json_member *members, size_t count,
                           struct extension **ret)
{
    struct buf url = buf_make(URL_MAX), secret = buf_make(SECRET_MAX);
    const struct json_member *m = json_find(members, count, "secret");
    enum err e = decode_text(json_find(members, count, "url"), &url);

    if (!e && m)
        e = reserve(&secret);
    if (!e)
        e = decode_text(m, &secret);
    if (!e)
        e = extension_make(buf_span(&url), buf_span(&secret), ret);
    buf_wipe(&url);
    buf_wipe(&secret);
    return e == ERR_LIMIT ? ERR_SYNTAX : e;
}

enum err extension_read(struct span text, struct extension **ret)
{
    struct json_member members[JSON_MEMBERS_MAX];
    const struct json_member *envelope;
    struct json_flaw flaw;
    size_t count;
    enum err e = json_object(text, members, &count, &flaw);

    if (e)
        return e;
    *ret = NULL;
    if (count == 0)
        return ERR_OK;
    envelope = json_find(members, count, "envelope");
    if (envelope && envelope->value.kind != JSON_BOOL)
        return ERR_SYNTAX;
    e = read_texts(members, count, ret);
    if (!e)
        (*ret)->envelope = envelope && span_is(envelope->value.raw, "true");
    return e;
}

void extension_mask(const struct extension *x, char *dst, size_t size)
{
    size_t len = x->secret ? strlen(x->secret) : 0;

    if (len == 0)
        snprintf(dst, size, "none");
    else if (len < MASK_SHOW_MIN)
        snprintf(dst, size, "(length %zu)", len);
    else
        snprintf(dst, size, "%.2s... (length %zu)", x->secret, len);
}
