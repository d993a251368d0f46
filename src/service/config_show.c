#include "service/config_show.h"

#include "model/address.h"
#include "model/policy.h"
#include "service/config_units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const void *value_of(const struct config_key *key, const void *base)
{
    return (const char *)base + key->offset;
}

static uint64_t number_of(const struct config_key *key, const void *base)
{
    const void *at = value_of(key, base);
    uint64_t n = 0;
    uint32_t small = 0;
    bool flag = false;

    if (key->size == sizeof n)
        memcpy(&n, at, sizeof n);
    else if (key->size == sizeof small)
        n = (memcpy(&small, at, sizeof small), small);
    else
        n = (memcpy(&flag, at, sizeof flag), flag);
    return n;
}

static void show_rule(uint64_t n, char dst[SHOWN_MAX])
{
    if (n == RULE_DEAD || n == RULE_RETRY || n == RULE_SKIP)
        (void)snprintf(dst, SHOWN_MAX, "%s",
                       n == RULE_DEAD    ? "dead"
                       : n == RULE_RETRY ? "retry"
                                         : "skip");
    else
        (void)snprintf(dst, SHOWN_MAX, "%" PRIu64, n);
}

static void show_waits(const struct retry *retry, char dst[SHOWN_MAX])
{
    char wait[UNITS_TEXT_MAX];
    size_t len = 0;

    dst[0] = '\0';
    for (uint32_t i = 0; i < retry->schedule_len && len < SHOWN_MAX; i++) {
        config_duration_text(retry->schedule_ms[i], wait);
        len += (size_t)snprintf(dst + len, SHOWN_MAX - len, "%s%s",
                                i > 0 ? ", " : "", wait);
    }
}

/* A password in front of the host, and a token behind "?", stay out of sight.
 */
static void show_url(const char *url, char dst[SHOWN_MAX])
{
    const char *host = strstr(url, "://"), *at;
    size_t secret = 0;

    host = host ? host + 3 : url;
    at = memrchr(host, '@', strcspn(host, "/?#"));
    if (at)
        secret = (size_t)(at - host);
    (void)snprintf(dst, SHOWN_MAX, "%.*s%s%.*s", (int)(host - url), url,
                   at ? "..." : "", (int)strcspn(host + secret, "?"),
                   host + secret);
}

static void show_text(const struct config_key *key, const char *text,
                      char dst[SHOWN_MAX])
{
    if (strcmp(key->unit, "URL") == 0)
        show_url(text, dst);
    else
        (void)snprintf(dst, SHOWN_MAX, "%.*s", SHOWN_MAX - 1, text);
}

static void show_count(size_t count, char dst[SHOWN_MAX])
{
    (void)snprintf(dst, SHOWN_MAX, "%zu of them", count);
}

void config_show(const struct config_key *key, const void *base,
                 char dst[SHOWN_MAX])
{
    const void *at = value_of(key, base);

    switch (key->type) {
    case CONFIG_TEXT:
    case CONFIG_FILE:
    case CONFIG_FILES:
        show_text(key, at, dst);
        break;
    case CONFIG_WORD:
        show_text(key, key->words[number_of(key, base)], dst);
        break;
    case CONFIG_COUNT:
        (void)snprintf(dst, SHOWN_MAX, "%" PRIu64, number_of(key, base));
        break;
    case CONFIG_BYTES:
        config_size_text(number_of(key, base), dst);
        break;
    case CONFIG_DURATION:
        config_duration_text((int64_t)number_of(key, base), dst);
        break;
    case CONFIG_RANGES:
        show_count(((const struct address_policy *)at)->allow_count, dst);
        break;
    case CONFIG_PORTS:
        show_count(((const struct port_policy *)at)->allow_count, dst);
        break;
    case CONFIG_SCHEMES:
        (void)snprintf(dst, SHOWN_MAX, "https%s",
                       *(const bool *)at ? ", http" : "");
        break;
    case CONFIG_WAITS:
        show_waits(at, dst);
        break;
    case CONFIG_RULE:
        show_rule(number_of(key, base), dst);
        break;
    }
}

static bool are_same_waits(const struct retry *a, const struct retry *b)
{
    return a->schedule_len == b->schedule_len &&
           memcmp(a->schedule_ms, b->schedule_ms,
                  a->schedule_len * sizeof *a->schedule_ms) == 0;
}

static bool are_same_ranges(const struct address_policy *a,
                            const struct address_policy *b)
{
    return a->allow_count == b->allow_count &&
           memcmp(a->allow, b->allow, a->allow_count * sizeof *a->allow) == 0;
}

static bool are_same_ports(const struct port_policy *a,
                           const struct port_policy *b)
{
    return a->allow_count == b->allow_count &&
           memcmp(a->allow, b->allow, a->allow_count * sizeof *a->allow) == 0;
}

bool config_is_same(const struct config_key *key, const void *one,
                    const void *other)
{
    const void *a = value_of(key, one), *b = value_of(key, other);

    switch (key->type) {
    case CONFIG_TEXT:
    case CONFIG_FILE:
    case CONFIG_FILES:
        return strcmp(a, b) == 0;
    case CONFIG_RANGES:
        return are_same_ranges(a, b);
    case CONFIG_PORTS:
        return are_same_ports(a, b);
    case CONFIG_WAITS:
        return are_same_waits(a, b);
    default:
        return memcmp(a, b, key->size) == 0;
    }
}
