#include "link/http_internal.h"

#include "base/clean.h"

#include <string.h>
#include <strings.h>

enum {
    MASK_LEAST = 8, /* shorter bearers are found in innocent words */
    LINE_KEEP = 512,
};

void evidence_mask(const struct http_ticket *t, char *at, size_t len, bool cut)
{
    struct span secret = target_bearer(t->target);
    char *from = at, *end;

    if (secret.len < MASK_LEAST || len < MASK_LEAST)
        return;
    end = at + len;
    while ((from = memmem(from, (size_t)(end - from), secret.at, secret.len))) {
        memset(from, '*', secret.len);
        from += secret.len;
    }
    for (size_t n = secret.len; cut && n-- > MASK_LEAST;)
        if (n <= len && memcmp(end - n, secret.at, n) == 0)
            memset(end - n, '*', n);
}

static bool has_prefix(struct span name, const char *prefix)
{
    size_t len = strlen(prefix);

    return name.len > len && strncasecmp(name.at, prefix, len) == 0;
}

static bool is_name(struct span name, const char *text)
{
    return name.len == strlen(text) &&
           strncasecmp(name.at, text, name.len) == 0;
}

/* What webtask's proxy and its peers tell of a request: where it ran, how long
 * it took, and the id by which their support finds it. Its guide prints
 * s-auth0-stats. */
static bool is_evidence(struct span name)
{
    return has_prefix(name, "x-auth0-") || has_prefix(name, "x-wt-") ||
           is_name(name, "s-auth0-stats") || is_name(name, "x-request-id") ||
           is_name(name, "request-id");
}

/* "name=value" without the bearer, on one line that no terminal obeys. */
static size_t write_pair(const struct http_ticket *t, struct span name,
                         struct span value, char dst[LINE_KEEP])
{
    char pair[LINE_KEEP];
    size_t len = name.len < LINE_KEEP / 2 ? name.len : LINE_KEEP / 2;
    size_t room = sizeof pair - len - 1;

    memcpy(pair, name.at, len);
    evidence_mask(t, pair, len, len < name.len);
    pair[len++] = '=';
    if (value.len < room)
        room = value.len;
    memcpy(pair + len, value.at, room);
    len += room;
    evidence_mask(t, pair, len, room < value.len);
    return clean_text((struct span){pair, len}, dst, LINE_KEEP);
}

void evidence_header(struct http_ticket *t, struct span line)
{
    char *at = t->attempt.headers, pair[LINE_KEEP];
    size_t used = strlen(at), len;
    struct span value = line, name = span_cut(&value, ':');

    if (!is_evidence(name))
        return;
    value = span_trim(value);
    if (value.len == 0)
        return;
    len = write_pair(t, name, value, pair);
    if (used + 2 + len >= sizeof t->attempt.headers)
        return;
    if (used > 0) {
        memcpy(at + used, "; ", 2);
        used += 2;
    }
    memcpy(at + used, pair, len + 1);
}
