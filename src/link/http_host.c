#include "link/http_internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 63, NAME_MAX_BYTES = 253 };

static const char hex[] = "0123456789abcdefABCDEF";
static const char digits[] = "0123456789";
static const char label_bytes[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_";

/* Encoded bytes and scope ids: whoever reads them decides what they mean. */
static enum err check_plain(const char *url, struct why *why)
{
    const char *at = strstr(url, "://");

    at = at ? at + 3 : url;
    if (!memchr(at, '%', strcspn(at, "/?#")))
        return ERR_OK;
    return why_set(why, ERR_SYNTAX,
                   "the URL's host holds a percent sign: encoded bytes and "
                   "scope ids are refused");
}

/* Between dots, 1 to 63 letters, digits, hyphens and underscores. */
static bool is_name(const char *host)
{
    if (strlen(host) > NAME_MAX_BYTES)
        return false;
    for (;;) {
        size_t len = strspn(host, label_bytes);

        if (len == 0 || len > LABEL_MAX)
            return false;
        host += len;
        if (*host == '\0')
            return true;
        if (*host++ != '.')
            return false;
    }
}

/* As WHATWG's URL standard has it: no name ends in a number, so that nobody
 * takes one for an address. */
static bool ends_in_number(const char *name)
{
    const char *last = strrchr(name, '.');

    last = last ? last + 1 : name;
    if (last[0] == '0' && (last[1] | 0x20) == 'x')
        return last[2 + strspn(last + 2, hex)] == '\0';
    return last[strspn(last, digits)] == '\0';
}

/* curl_url has written the odd forms of IPv4 as four numbers. */
static bool is_literal(const char *host)
{
    struct in_addr v4;

    return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

static enum err take_dot_off(CURLU *url, const char *host,
                             struct http_target *target)
{
    char *text = NULL;

    if (curl_url_set(url, CURLUPART_HOST, host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK)
        return ERR_MEMORY;
    target->url = strdup(text);
    curl_free(text);
    return target->url ? ERR_OK : ERR_MEMORY;
}

static enum err keep_name(const char *host, struct http_target *target)
{
    target->host = strdup(host);
    if (!target->host)
        return ERR_MEMORY;
    for (char *c = target->host; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    if (asprintf(&target->pin_key, "%s:%d", target->host, target->port) < 0) {
        target->pin_key = NULL;
        return ERR_MEMORY;
    }
    return ERR_OK;
}

static enum err read_name(CURLU *url, char *host, struct http_target *target,
                          struct why *why)
{
    size_t len = strlen(host);
    bool dot = len > 0 && host[len - 1] == '.';
    enum err e = ERR_OK;

    if (dot)
        host[len - 1] = '\0';
    if (!is_name(host))
        return why_set(why, ERR_SYNTAX, "the URL's host is not a host name");
    if (ends_in_number(host))
        return why_set(why, ERR_SYNTAX,
                       "the URL's host ends in a number and is no address");
    if (dot)
        e = take_dot_off(url, host, target);
    return e ? e : keep_name(host, target);
}

static enum err read_port(CURLU *url, const struct http_options *options,
                          struct http_target *target, struct why *why)
{
    char *text = NULL;
    uint64_t port = 0;

    if (curl_url_get(url, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT) !=
        CURLUE_OK)
        return ERR_MEMORY;
    if (!span_number(span_of(text), &port) || port > 65535)
        port = 0;
    curl_free(text);
    target->port = (uint16_t)port;
    if (port > 0 && port_allowed(&options->ports, target->port))
        return ERR_OK;
    return why_set(why, ERR_SYNTAX,
                   "the URL's port is not one of network.ports");
}

enum err host_read(CURLU *url, const char *text,
                   const struct http_options *options,
                   struct http_target *target, struct why *why)
{
    char *host = NULL;
    enum err e = check_plain(text, why);

    if (!e)
        e = read_port(url, options, target, why);
    if (e)
        return e;
    if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return why_set(why, ERR_SYNTAX, "the URL has no host");
    if (!is_literal(host))
        e = read_name(url, host, target, why);
    curl_free(host);
    return e;
}
