#include "link/redis_address.h"

#include "base/span.h"
#include "link/redis_tls.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

enum {
    PORT_DEFAULT = 6379,
    SENTINEL_PORT = 26379,
    PORT_MAX = 65535,
    DB_MAX = 1 << 20
};

/* No message here repeats any part of the URL: what looks like a host may be
 * half of a password. */
static enum err refuse(struct why *why, const char *what)
{
    return why_set(why, ERR_SYNTAX, "%s", what);
}

/* Moves *s behind the prefix when it begins with it. */
static bool skip(struct span *s, const char *prefix)
{
    size_t len = strlen(prefix);

    if (s->len < len || memcmp(s->at, prefix, len) != 0)
        return false;
    s->at += len;
    s->len -= len;
    return true;
}

static bool holds(struct span s, char c)
{
    return s.len > 0 && memchr(s.at, c, s.len);
}

static bool is_printable(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] > '~')
            return false;
    return true;
}

static enum err read_number(struct span text, uint64_t max, int *ret)
{
    uint64_t n;

    if (text.len > 10 || !span_number(text, &n) || n > max)
        return ERR_SYNTAX;
    *ret = (int)n;
    return ERR_OK;
}

static enum err read_port(struct span text, int *ret, struct why *why)
{
    if (!skip(&text, ":"))
        return refuse(why, "only a port may follow the IPv6 address");
    if (read_number(text, PORT_MAX, ret) || *ret == 0)
        return refuse(why, "the port must be a number from 1 to 65535");
    return ERR_OK;
}

static enum err read_db(struct span text, int *ret, struct why *why)
{
    if (read_number(text, DB_MAX, ret))
        return refuse(why, "the database must be a number, as in "
                           "redis://host:6379/0");
    return ERR_OK;
}

/* What stands between the slashes' end and the last @: a user alone. The last
 * one, because a password may hold an @ and must not end up in a host name. */
static enum err read_user(struct span *rest, struct redis_address *a,
                          struct why *why)
{
    const char *at = rest->len ? memrchr(rest->at, '@', rest->len) : NULL;
    struct span user;

    if (!at)
        return ERR_OK;
    user = (struct span){rest->at, (size_t)(at - rest->at)};
    rest->len -= user.len + 1;
    rest->at = at + 1;
    if (holds(user, ':'))
        return refuse(why, "a password does not belong in the URL: write it "
                           "to a file and name that in redis.password_file");
    if (user.len == 0 || holds(user, '%') || holds(user, '/') ||
        holds(user, '@') || !span_copy(user, a->user, sizeof a->user))
        return refuse(why, "the user before @ must be 1 to 127 characters "
                           "without %, / and @");
    return ERR_OK;
}

/* The underscore is for names in Compose files, which have it often. */
static bool is_host_name(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        bool digit = c >= '0' && c <= '9';

        if (!letter && !digit && c != '.' && c != '-' && c != '_')
            return false;
    }
    return s.len > 0 && s.at[0] != '-';
}

/* "[::1]:6379"; what follows the bracket is left in *rest. */
static enum err read_ipv6(struct span *rest, struct redis_place *p,
                          struct why *why)
{
    struct span text = {rest->at + 1, rest->len - 1};
    unsigned char bytes[16];
    struct span host;

    if (!holds(text, ']'))
        return refuse(why, "the bracket of the IPv6 address is not closed");
    host = span_cut(&text, ']');
    if (!span_copy(host, p->host, sizeof p->host) ||
        inet_pton(AF_INET6, p->host, bytes) != 1)
        return refuse(why, "what stands in brackets is not an IPv6 address");
    *rest = text;
    return ERR_OK;
}

static enum err read_host(struct span *rest, struct redis_place *p,
                          struct why *why)
{
    size_t len = 0;

    if (rest->len > 0 && rest->at[0] == '[')
        return read_ipv6(rest, p, why);
    while (len < rest->len && rest->at[len] != ':')
        len++;
    if (!is_host_name((struct span){rest->at, len}) ||
        !span_copy((struct span){rest->at, len}, p->host, sizeof p->host))
        return refuse(why, "the host is missing or is not a host name "
                           "(expected redis://host:port/db)");
    rest->at += len;
    rest->len -= len;
    return ERR_OK;
}

/* "host:port"; without a port it is the default. */
static enum err read_place(struct span text, int port, struct redis_place *ret,
                           struct why *why)
{
    enum err e = read_host(&text, ret, why);

    ret->port = port;
    return e || text.len == 0 ? e : read_port(text, &ret->port, why);
}

static enum err read_tcp(struct span rest, struct redis_address *a,
                         struct why *why)
{
    enum err e = read_user(&rest, a, why);

    if (!e)
        e = read_place(span_cut(&rest, '/'), PORT_DEFAULT, &a->place, why);
    if (!e && rest.len > 0)
        e = read_db(rest, &a->db, why);
    return e;
}

static enum err read_primary(struct span name, struct redis_address *a,
                             struct why *why)
{
    if (name.len == 0 || !span_copy(name, a->primary, sizeof a->primary))
        return refuse(why, "the primary's name of 1 to 127 characters is "
                           "missing (expected sentinel://host:port,.../name)");
    return ERR_OK;
}

/* "host:port,host:port". */
static enum err read_guides(struct span places, int port,
                            struct redis_address *a, struct why *why)
{
    enum err e = ERR_OK;

    while (!e && (places.len > 0 || a->guide_count == 0)) {
        if (a->guide_count == REDIS_GUIDES_MAX)
            return refuse(why, "more than 8 hosts: name some of them");
        e = read_place(span_cut(&places, ','), port,
                       &a->guides[a->guide_count++], why);
    }
    return e;
}

static enum err read_sentinels(struct span rest, struct redis_address *a,
                               struct why *why)
{
    enum err e = read_user(&rest, a, why);

    if (!e)
        e = read_guides(span_cut(&rest, '/'), SENTINEL_PORT, a, why);
    if (!e)
        e = read_primary(span_cut(&rest, '/'), a, why);
    if (!e && rest.len > 0)
        e = read_db(rest, &a->db, why);
    return e;
}

static enum err read_cluster(struct span rest, struct redis_address *a,
                             struct why *why)
{
    enum err e = read_user(&rest, a, why);

    a->cluster = true;
    if (!e)
        e = read_guides(span_cut(&rest, '/'), PORT_DEFAULT, a, why);
    if (!e && rest.len > 0)
        e = refuse(why, "a Redis Cluster has one database: nothing may follow "
                        "its hosts");
    return e;
}

static enum err read_unix(struct span rest, struct redis_address *a,
                          struct why *why)
{
    struct sockaddr_un longest;
    struct span path = span_cut(&rest, '?');

    if (path.len < 2 || path.at[0] != '/')
        return refuse(why, "the socket's path must be absolute, as in "
                           "unix:///run/redis.sock");
    if (path.len >= sizeof longest.sun_path ||
        !span_copy(path, a->socket, sizeof a->socket))
        return why_set(why, ERR_SYNTAX,
                       "the socket's path has %zu bytes; the system takes "
                       "at most %zu",
                       path.len, sizeof longest.sun_path - 1);
    if (rest.len == 0)
        return ERR_OK;
    if (!skip(&rest, "db="))
        return refuse(why, "only ?db=NUMBER may follow the socket's path");
    return read_db(rest, &a->db, why);
}

typedef enum err read_rest(struct span rest, struct redis_address *a,
                           struct why *why);

static const struct scheme {
    const char *prefix;
    read_rest *read;
    bool tls;
} schemes[] = {
    {"redis://", read_tcp, false},
    {"rediss://", read_tcp, true},
    {"unix://", read_unix, false},
    {"sentinel://", read_sentinels, false},
    {"sentinels://", read_sentinels, true},
    {"cluster://", read_cluster, false},
    {"clusters://", read_cluster, true},
};

static enum err read_scheme(struct span rest, struct redis_address *a,
                            struct why *why)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (!skip(&rest, schemes[i].prefix))
            continue;
        a->tls = schemes[i].tls;
        if (a->tls && !redis_tls_is_built())
            return refuse(why, "TLS needs hiredis 1.0 or newer with its TLS "
                               "part, as Debian 13 has it; this extq was "
                               "built without");
        return schemes[i].read(rest, a, why);
    }
    if (skip(&rest, "embedded:"))
        return refuse(why, "embedded:// is a server to start, not an address");
    return refuse(why, "expected redis://host:port/db, rediss:// for TLS, "
                       "unix:///path, sentinel://host:port,.../name or "
                       "cluster://host:port,...");
}

enum err redis_address_read(const char *url, struct redis_address *ret,
                            struct why *why)
{
    struct redis_address a = {.db = 0};
    enum err e;

    if (!is_printable(span_of(url)))
        return refuse(why, "spaces, control characters and letters outside "
                           "ASCII do not belong in the URL");
    e = read_scheme(span_of(url), &a, why);
    if (!e)
        *ret = a;
    return e;
}

void redis_place_text(const struct redis_place *p, char *dst, size_t size)
{
    (void)snprintf(dst, size, strchr(p->host, ':') ? "[%s]:%d" : "%s:%d",
                   p->host, p->port);
}

/* Appends; cut to size. */
static void put(char *dst, size_t size, const char *text)
{
    size_t used = strlen(dst);

    (void)snprintf(dst + used, size - used, "%s", text);
}

static void put_place(char *dst, size_t size, const struct redis_place *p)
{
    char text[REDIS_PLACE_TEXT_MAX];

    redis_place_text(p, text, sizeof text);
    put(dst, size, text);
}

static void put_guides(char *dst, size_t size, const struct redis_address *a)
{
    for (unsigned i = 0; i < a->guide_count; i++) {
        put(dst, size, i > 0 ? "," : "");
        put_place(dst, size, &a->guides[i]);
    }
    if (!a->cluster) {
        put(dst, size, "/");
        put(dst, size, a->primary);
    }
}

static const char *scheme_of(const struct redis_address *a)
{
    if (a->socket[0])
        return "unix";
    if (a->cluster)
        return "cluster";
    return a->primary[0] ? "sentinel" : "redis";
}

void redis_address_text(const struct redis_address *a, char *dst, size_t size)
{
    char db[24];

    (void)snprintf(dst, size, "%s%s://", scheme_of(a), a->tls ? "s" : "");
    if (a->socket[0])
        put(dst, size, a->socket);
    else if (a->guide_count > 0)
        put_guides(dst, size, a);
    else
        put_place(dst, size, &a->place);
    (void)snprintf(db, sizeof db, a->socket[0] ? "?db=%d" : "/%d", a->db);
    if (a->db != 0 || (!a->socket[0] && a->guide_count == 0))
        put(dst, size, db);
}
