#include "link/discovery_backend.h"

#include <string.h>
#include <strings.h>

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c));
}

enum err uri_encode(struct buf *out, struct span text)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < text.len && !e; i++) {
        if (is_unreserved(text.at[i]))
            e = buf_add(out, &text.at[i], 1);
        else
            e = buf_printf(out, "%%%02X", (unsigned char)text.at[i]);
    }
    return e;
}

/* The value of the placeholder that *rest begins with, and moves behind it. */
static const char *placeholder(struct span *rest,
                               const struct extension_key *key)
{
    static const char container[] = "{container}", point[] = "{point}";
    size_t len = 0;
    const char *value = NULL;

    if (strncmp(rest->at, container, sizeof container - 1) == 0) {
        len = sizeof container - 1;
        value = key->container;
    } else if (strncmp(rest->at, point, sizeof point - 1) == 0) {
        len = sizeof point - 1;
        value = key->point;
    }
    rest->at += len;
    rest->len -= len;
    return value;
}

enum err uri_fill(struct buf *out, const char *template,
                  const struct extension_key *key)
{
    struct span rest = span_of(template);

    while (rest.len > 0) {
        size_t plain = strcspn(rest.at, "{}");
        enum err e = buf_add(out, rest.at, plain);
        const char *value;

        if (e)
            return e;
        rest.at += plain;
        rest.len -= plain;
        if (rest.len == 0)
            break;
        value = placeholder(&rest, key);
        e = value ? uri_encode(out, span_of(value)) : ERR_SYNTAX;
        if (e)
            return e;
    }
    return ERR_OK;
}

static bool is_in(const char *host, struct span domain)
{
    size_t len = strlen(host);

    if (domain.len == 0 || len < domain.len ||
        strncasecmp(host + len - domain.len, domain.at, domain.len) != 0)
        return false;
    return len == domain.len || host[len - domain.len - 1] == '.';
}

bool host_is_ours(const char *host, const char *deployment, const char *domains)
{
    struct span rest = span_of(domains);

    if (!strchr(deployment, '.') || is_in(host, span_of(deployment)))
        return true;
    while (rest.len > 0) {
        struct span domain = span_cut(&rest, ',');

        if (span_is(domain, "*") || is_in(host, domain))
            return true;
    }
    return false;
}
