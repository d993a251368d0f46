#include "service/config_check.h"

#include "base/ident.h"
#include "link/redis.h"
#include "model/address.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool has_space(const char *text)
{
    return strpbrk(text, " \t") != NULL;
}

/* The socket lies in the folder, and the system takes only short names for
 * sockets: better said here than by bind(2) at the first start. */
static enum err check_folder(const char *folder, struct why *why)
{
    struct sockaddr_un longest;
    size_t max = sizeof longest.sun_path - sizeof "/redis.sock";

    if (folder[0] != '/' || folder[1] == '\0')
        return why_set(why, ERR_SYNTAX,
                       "the folder must be absolute, as in "
                       "embedded:///var/lib/extq");
    if (strlen(folder) > max)
        return why_set(why, ERR_SYNTAX,
                       "the folder's path has %zu bytes; at most %zu leave "
                       "room for the socket in it",
                       strlen(folder), max);
    return ERR_OK;
}

enum err check_redis_url(const char *text, struct why *why)
{
    struct redis_address address;

    if (text[0] == '\0')
        return ERR_OK;
    if (begins(text, "embedded://"))
        return check_folder(text + strlen("embedded://"), why);
    return redis_address_read(text, &address, why);
}

enum err check_queue_name(const char *text, struct why *why)
{
    if (!ident_is_queue(span_of(text)))
        return why_set(why, ERR_SYNTAX,
                       "expected 1 to 64 of the characters A-Z a-z 0-9 . _ -");
    return ERR_OK;
}

enum err check_name(const char *text, struct why *why)
{
    if (!ident_is_name(span_of(text)))
        return why_set(
            why, ERR_SYNTAX,
            "expected 1 to 128 of the characters A-Z a-z 0-9 . _ ~ -");
    return ERR_OK;
}

/* A first look, for a message with a place: link/http.h vets what is really
 * called, with curl's own parser. */
enum err check_url(const char *text, struct why *why)
{
    const char *host = strstr(text, "://");
    size_t len;

    if (!begins(text, "http://") && !begins(text, "https://"))
        return why_set(why, ERR_SYNTAX,
                       "expected a URL that begins with https:// or http://");
    host += 3;
    len = strcspn(host, "/?#");
    if (memchr(host, '@', len))
        return why_set(why, ERR_SYNTAX,
                       "a user or password does not belong in a URL");
    if (len == 0 || host[0] == ':')
        return why_set(why, ERR_SYNTAX, "the URL has no host");
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '#' || *c == '\\')
            return why_set(why, ERR_SYNTAX,
                           "a URL holds no space, no backslash, no # and "
                           "nothing outside ASCII");
    return ERR_OK;
}

enum err check_url_or_none(const char *text, struct why *why)
{
    return text[0] == '\0' ? ERR_OK : check_url(text, why);
}

enum err check_pointer(const char *text, struct why *why)
{
    const char *tilde = text;

    if (text[0] != '/')
        return why_set(why, ERR_SYNTAX,
                       "expected a JSON pointer, which begins with a slash");
    /* A bare ~ would name a member that no answer has. */
    while ((tilde = strchr(tilde, '~'))) {
        tilde++;
        if (*tilde != '0' && *tilde != '1')
            return why_set(why, ERR_SYNTAX,
                           "in a JSON pointer ~ is written ~0 and / is "
                           "written ~1");
    }
    return ERR_OK;
}

enum err check_pointer_or_none(const char *text, struct why *why)
{
    return text[0] == '\0' ? ERR_OK : check_pointer(text, why);
}

/* Goes into a header: a line break would begin another one. */
enum err check_content_type(const char *text, struct why *why)
{
    const char *slash = strchr(text, '/');

    for (const char *c = text; *c; c++)
        if (*c < ' ' || *c > '~')
            slash = NULL;
    if (!slash || slash == text || slash[1] == '\0' || text[0] == ' ')
        return why_set(why, ERR_SYNTAX,
                       "expected a type such as application/json");
    return ERR_OK;
}

enum err check_domains(const char *text, struct why *why)
{
    struct span rest = span_of(text);

    while (rest.len > 0) {
        struct span domain = span_cut(&rest, ',');
        size_t len = 0;

        while (len < domain.len &&
               (domain.at[len] == '-' || domain.at[len] == '.' ||
                isalnum((unsigned char)domain.at[len])))
            len++;
        if (!span_is(domain, "*") &&
            (len == 0 || len < domain.len || domain.at[0] == '.' ||
             domain.at[len - 1] == '.'))
            return why_set(why, ERR_SYNTAX,
                           "expected domains such as "
                           "run.example.com,tasks.example.net, or *");
    }
    return ERR_OK;
}

enum err check_meta_key(const char *text, struct why *why)
{
    if (text[0] == '\0' || strpbrk(text, ": \t"))
        return why_set(why, ERR_SYNTAX,
                       "expected a name without colon and space");
    return ERR_OK;
}

enum err check_word(const char *text, struct why *why)
{
    if (has_space(text))
        return why_set(why, ERR_SYNTAX, "expected a name without spaces");
    return ERR_OK;
}

enum err check_listen(const char *text, struct why *why)
{
    struct span port = span_of(text);
    struct span host = span_of(text);
    const char *colon = strrchr(text, ':');
    uint64_t n = 0;
    bool bracket = text[0] == '[';

    if (text[0] == '\0')
        return ERR_OK;
    /* The last colon: those of an IPv6 address stand in brackets. */
    if (colon) {
        host.len = (size_t)(colon - text);
        port = span_of(colon + 1);
    }
    if (!colon || host.len == 0 || has_space(text) || !span_number(port, &n) ||
        n < 1 || n > 65535 || (bracket && host.at[host.len - 1] != ']') ||
        (!bracket && memchr(host.at, ':', host.len)))
        return why_set(why, ERR_SYNTAX,
                       "expected host:port, such as 127.0.0.1:9464 or "
                       "[::1]:9464");
    return ERR_OK;
}

/* A name or an address, as a browser has it between the slashes. */
static bool is_host(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.at[i]) && !strchr("-._", text.at[i]))
            return false;
    return text.len > 0 && text.len <= 253;
}

enum err check_hosts(const char *text, struct why *why)
{
    struct span rest = span_of(text);

    while (rest.len > 0)
        if (!is_host(span_cut(&rest, ',')))
            return why_set(why, ERR_SYNTAX,
                           "expected names without ports, such as "
                           "extq-1.example.net,extq.example.net");
    return ERR_OK;
}

/* 192.0.2.1, 192.0.2.1:53, 2001:db8::1, [2001:db8::1], [2001:db8::1]:53 */
static bool is_server(struct span text)
{
    struct span address = text, port = {"53", 2};
    struct address_range range;
    uint64_t n = 0;

    if (text.len > 0 && text.at[0] == '[') {
        address.at++, address.len--;
        port = address;
        address = span_cut(&port, ']');
        if (address.len + 2 == text.len)
            port = (struct span){":53", 3};
        if (port.len == 0 || port.at[0] != ':')
            return false;
        port.at++, port.len--;
    } else if (address_range_read(text, &range)) {
        port = text;
        address = span_cut(&port, ':');
    }
    return !memchr(address.at, '/', address.len) &&
           address_range_read(address, &range) == ERR_OK &&
           span_number(port, &n) && n >= 1 && n <= 65535;
}

enum err check_servers(const char *text, struct why *why)
{
    struct span rest = span_of(text);

    while (rest.len > 0)
        if (!is_server(span_cut(&rest, ',')))
            return why_set(why, ERR_SYNTAX,
                           "expected addresses of name servers, such as "
                           "192.0.2.1,[2001:db8::1]:5353");
    return ERR_OK;
}
