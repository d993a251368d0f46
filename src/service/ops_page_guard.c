#include "service/ops_page.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_LEN = 256 };

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* Of "name:port", "[address]:port" or either without a port. */
static bool host_of(const char *value, char dst[NAME_MAX_LEN])
{
    struct span rest = span_of(value), name;

    if (value[0] == '[') {
        rest.at++;
        rest.len--;
        name = span_cut(&rest, ']');
    } else {
        name = span_cut(&rest, ':');
    }
    if (name.len > 1 && name.at[name.len - 1] == '.')
        name.len--;
    return name.len > 0 && span_copy(name, dst, NAME_MAX_LEN);
}

/* A page from elsewhere can give its own name our address, but it cannot have
 * an address for its name. */
static bool is_address(const char *host)
{
    struct in6_addr six;
    struct in_addr four;

    return inet_pton(AF_INET, host, &four) == 1 ||
           inet_pton(AF_INET6, host, &six) == 1;
}

static bool is_local_name(const char *host)
{
    static const char suffix[] = ".localhost";
    size_t len = strlen(host), behind = sizeof suffix - 1;

    return strcasecmp(host, suffix + 1) == 0 ||
           (len > behind && strcasecmp(host + len - behind, suffix) == 0);
}

static bool is_listed(const char *names, const char *host)
{
    struct span rest = span_of(names);
    char name[NAME_MAX_LEN];

    while (rest.len > 0)
        if (span_copy(span_cut(&rest, ','), name, sizeof name) &&
            strcasecmp(name, host) == 0)
            return true;
    return false;
}

static bool is_configured(struct page *p, const char *host)
{
    struct ops *o = p->ops;
    char own[NAME_MAX_LEN] = "";
    bool found = false;

    uv_mutex_lock(&o->lock);
    if (o->pools[0]) {
        const struct config *c = pool_config(o->pools[0]);

        (void)host_of(c->ops_listen, own);
        found = is_listed(c->ops_hosts, host);
    }
    uv_mutex_unlock(&o->lock);
    return found || strcasecmp(own, host) == 0;
}

unsigned page_refuses_host(struct page *p, struct MHD_Connection *connection)
{
    const char *value = header(connection, "Host");
    char host[NAME_MAX_LEN];

    if (value && host_of(value, host) &&
        (is_address(host) || is_local_name(host) || is_configured(p, host)))
        return 0;
    return MHD_HTTP_MISDIRECTED_REQUEST;
}

/* A browser says where a request comes from: only our own page may ask, and
 * whoever typed the address. */
unsigned page_refuses_origin(struct MHD_Connection *connection)
{
    const char *site = header(connection, "Sec-Fetch-Site");
    const char *origin = header(connection, "Origin");
    const char *host = header(connection, "Host");
    char own[NAME_MAX_LEN + 16];

    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return MHD_HTTP_FORBIDDEN;
    if (!origin)
        return 0;
    for (int secure = 0; secure < 2; secure++) {
        (void)snprintf(own, sizeof own, "http%s://%s", secure ? "s" : "",
                       host ? host : "");
        if (strcasecmp(own, origin) == 0)
            return 0;
    }
    return MHD_HTTP_FORBIDDEN;
}

static bool is_token(const char *given, const char *token)
{
    size_t len = strlen(token);

    return len > 0 && strlen(given) == len &&
           CRYPTO_memcmp(given, token, len) == 0;
}

/* 403: there is no token to have; 401: another one. */
unsigned page_refuses_token(struct page *p, struct MHD_Connection *connection)
{
    static const char scheme[] = "Bearer ";
    const char *value = header(connection, "Authorization");
    unsigned status = MHD_HTTP_FORBIDDEN;
    struct ops *o = p->ops;

    if (!value || strncasecmp(value, scheme, sizeof scheme - 1) != 0)
        value = scheme;
    value += sizeof scheme - 1;
    uv_mutex_lock(&o->lock);
    if (o->pools[0] && pool_config(o->pools[0])->ops_token[0]) {
        const char *token = pool_config(o->pools[0])->ops_token;

        status = is_token(value, token) ? 0 : MHD_HTTP_UNAUTHORIZED;
    }
    uv_mutex_unlock(&o->lock);
    return status;
}
