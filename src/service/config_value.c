#include "service/config_value.h"

#include "base/check.h"
#include "model/address.h"
#include "model/policy.h"
#include "service/config.h"
#include "service/config_units.h"

#include <stdio.h>
#include <string.h>

enum { QUOTE_MAX = 40 };

/* The text as it may appear in a message: short, printable. */
static void quote(struct span text, char dst[QUOTE_MAX + 4])
{
    size_t len = text.len < QUOTE_MAX ? text.len : QUOTE_MAX;

    for (size_t i = 0; i < len; i++)
        dst[i] = text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?';
    snprintf(dst + len, 4, "%s", len < text.len ? "..." : "");
}

/* Quotes what was found: of numbers and choices only, never of texts, which
 * may be secrets in the wrong place. */
static enum err unexpected(struct span text, const char *expected,
                           struct why *why)
{
    char quoted[QUOTE_MAX + 4];

    if (text.len == 0)
        return why_set(why, ERR_SYNTAX, "expected %s, found nothing", expected);
    quote(text, quoted);
    return why_set(why, ERR_SYNTAX, "expected %s, found \"%s\"", expected,
                   quoted);
}

static enum err check_printable(struct span text, struct why *why)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
            return why_set(why, ERR_SYNTAX,
                           "control characters do not belong here");
    return ERR_OK;
}

static enum err read_text(const struct config_key *key, struct span text,
                          char *at, struct why *why)
{
    enum err e = check_printable(text, why);

    if (e)
        return e;
    if (!span_copy(text, at, key->size))
        return why_set(why, ERR_SYNTAX, "longer than %zu bytes", key->size - 1);
    return key->form ? key->form(at, why) : ERR_OK;
}

/* Writes the path, behind its folder when it is relative, to at. */
static enum err place_file(char *at, size_t size, struct span text,
                           const char *folder, struct why *why)
{
    bool relative = text.len > 0 && text.at[0] != '/' && folder[0] != '\0';
    int len = snprintf(at, size, "%s%s%.*s", relative ? folder : "",
                       relative ? "/" : "", (int)text.len, text.at);

    if (len >= 0 && (size_t)len < size)
        return ERR_OK;
    return why_set(why, ERR_SYNTAX, "with its folder longer than %zu bytes",
                   size - 1);
}

static enum err read_file(const struct config_key *key, struct span text,
                          const struct config_target *target, struct why *why)
{
    char *at = (char *)target->base + key->offset;
    enum err e = read_text(key, text, at, why);

    return e ? e : place_file(at, key->size, text, target->folder, why);
}

/* One more path behind those that are there, on a line of its own. */
static enum err add_file(const struct config_key *key, struct span text,
                         const struct config_target *target, struct why *why)
{
    char *at = (char *)target->base + key->offset;
    size_t used = strlen(at);
    enum err e = check_printable(text, why);

    if (e)
        return e;
    if (text.len == 0)
        return unexpected(text, "a path", why);
    if (used + 2 >= key->size)
        return why_set(why, ERR_SYNTAX, "longer than %zu bytes in all",
                       key->size - 1);
    if (used > 0)
        at[used++] = '\n';
    return place_file(at + used, key->size - used, text, target->folder, why);
}

static enum err find_word(const struct config_key *key, struct span text,
                          size_t *ret, struct why *why)
{
    char expected[128];

    for (*ret = 0; key->words[*ret]; (*ret)++)
        if (span_is(text, key->words[*ret]))
            return ERR_OK;
    config_key_accepts(key, expected, sizeof expected);
    return unexpected(text, expected, why);
}

/* The table says how wide the member is; enums and unsigned have 4 bytes. */
static void store(const struct config_key *key, uint64_t n, void *base)
{
    char *at = (char *)base + key->offset;
    uint32_t small = (uint32_t)n;
    bool flag = n != 0;

    check(key->size == sizeof n || key->size == sizeof small ||
          key->size == sizeof flag);
    if (key->size == sizeof n)
        memcpy(at, &n, sizeof n);
    else if (key->size == sizeof small)
        memcpy(at, &small, sizeof small);
    else
        memcpy(at, &flag, sizeof flag);
}

static enum err read_number(const struct config_key *key, struct span text,
                            uint64_t *ret, struct why *why)
{
    int64_t ms = 0;
    size_t bytes = 0;

    switch (key->type) {
    case CONFIG_DURATION:
    case CONFIG_WAITS:
        if (config_duration(text, &ms))
            return unexpected(text, "a duration such as 20s", why);
        *ret = (uint64_t)ms;
        return ERR_OK;
    case CONFIG_BYTES:
        if (config_size(text, &bytes))
            return unexpected(text, "a size such as 64KiB", why);
        *ret = bytes;
        return ERR_OK;
    default:
        if (!span_number(text, ret))
            return unexpected(text, "a whole number", why);
        return ERR_OK;
    }
}

static enum err read_within(const struct config_key *key, struct span text,
                            uint64_t *ret, struct why *why)
{
    char range[KEY_RANGE_MAX];
    enum err e = read_number(key, text, ret, why);

    if (e)
        return e;
    if (*ret >= (uint64_t)key->min && *ret <= (uint64_t)key->max)
        return ERR_OK;
    config_key_range(key, range);
    return why_set(why, ERR_SYNTAX, "must be from %s", range);
}

static enum err add_range(struct address_policy *policy, struct span text,
                          struct why *why)
{
    if (policy->allow_count == ADDRESS_RANGES_MAX)
        return why_set(why, ERR_SYNTAX, "more than %d ranges",
                       (int)ADDRESS_RANGES_MAX);
    if (address_range_read(text, &policy->allow[policy->allow_count]))
        return unexpected(text, "an address or a range such as 10.1.2.0/24",
                          why);
    policy->allow_count++;
    return ERR_OK;
}

static enum err add_ports(struct port_policy *policy, struct span text,
                          struct why *why)
{
    if (policy->allow_count == PORT_RANGES_MAX)
        return why_set(why, ERR_SYNTAX, "more than %d ranges",
                       (int)PORT_RANGES_MAX);
    if (port_range_read(text, &policy->allow[policy->allow_count]))
        return unexpected(text, "a port or a range such as 8000-8999", why);
    policy->allow_count++;
    return ERR_OK;
}

static enum err add_wait(const struct config_key *key, struct span text,
                         struct retry *retry, struct why *why)
{
    uint64_t ms = 0;
    enum err e = read_within(key, text, &ms, why);

    if (e)
        return e;
    if (retry->schedule_len == POLICY_SCHEDULE_MAX)
        return why_set(why, ERR_SYNTAX, "more than %d waits",
                       (int)POLICY_SCHEDULE_MAX);
    retry->schedule_ms[retry->schedule_len++] = (int64_t)ms;
    return ERR_OK;
}

/* https is always allowed, in the list or not. */
static enum err add_scheme(struct span text, bool *allow_http, struct why *why)
{
    if (span_is(text, "http"))
        *allow_http = true;
    else if (!span_is(text, "https"))
        return unexpected(text, "http or https", why);
    return ERR_OK;
}

static enum err read_rule(const struct config_key *key, struct span text,
                          uint64_t *ret, struct why *why)
{
    char expected[128];

    if (span_is(text, "dead"))
        *ret = RULE_DEAD;
    else if (span_is(text, "retry"))
        *ret = RULE_RETRY;
    else if (span_is(text, "skip") && key->min == RULE_SKIP)
        *ret = RULE_SKIP;
    else if (!span_number(text, ret) || *ret < RULE_DEAD ||
             *ret > (uint64_t)key->max) {
        config_key_accepts(key, expected, sizeof expected);
        return unexpected(text, expected, why);
    }
    return ERR_OK;
}

void config_list_clear(const struct config_key *key, void *base)
{
    void *at = (char *)base + key->offset;

    if (key->type == CONFIG_RANGES)
        ((struct address_policy *)at)->allow_count = 0;
    else if (key->type == CONFIG_PORTS)
        ((struct port_policy *)at)->allow_count = 0;
    else if (key->type == CONFIG_WAITS)
        ((struct retry *)at)->schedule_len = 0;
    else if (key->type == CONFIG_FILES)
        *(char *)at = '\0';
    else
        *(bool *)at = false;
}

enum err config_item_read(const struct config_key *key, struct span text,
                          const struct config_target *target, struct why *why)
{
    void *at = (char *)target->base + key->offset;

    if (key->type == CONFIG_RANGES)
        return add_range(at, text, why);
    if (key->type == CONFIG_PORTS)
        return add_ports(at, text, why);
    if (key->type == CONFIG_WAITS)
        return add_wait(key, text, at, why);
    if (key->type == CONFIG_FILES)
        return add_file(key, text, target, why);
    return add_scheme(text, at, why);
}

static struct span trim(struct span s)
{
    while (s.len > 0 && s.at[0] == ' ') {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && s.at[s.len - 1] == ' ')
        s.len--;
    return s;
}

/* From a variable or a default; the file has its lists item by item. */
static enum err read_list(const struct config_key *key, struct span text,
                          const struct config_target *target, struct why *why)
{
    enum err e = ERR_OK;

    config_list_clear(key, target->base);
    while (!e && text.len > 0)
        e = config_item_read(key, trim(span_cut(&text, ',')), target, why);
    return e;
}

enum err config_value_read(const struct config_key *key, struct span text,
                           const struct config_target *target, struct why *why)
{
    char *at = (char *)target->base + key->offset;
    uint64_t n = 0;
    size_t word = 0;
    enum err e;

    if (key->words && (e = find_word(key, text, &word, why)))
        return e;
    switch (key->type) {
    case CONFIG_TEXT:
        return read_text(key, text, at, why);
    case CONFIG_FILE:
        return read_file(key, text, target, why);
    case CONFIG_WORD:
        store(key, word, target->base);
        return ERR_OK;
    case CONFIG_COUNT:
    case CONFIG_BYTES:
    case CONFIG_DURATION:
    case CONFIG_RULE:
        e = key->type == CONFIG_RULE ? read_rule(key, text, &n, why)
                                     : read_within(key, text, &n, why);
        if (!e)
            store(key, n, target->base);
        return e;
    default:
        return read_list(key, text, target, why);
    }
}

/* A default that its own key refuses is a bug in the table. */
void config_defaults(enum config_scope scope, void *base)
{
    const struct config_target target = {base, ""};
    size_t count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++)
        if (keys[i].scope == scope && keys[i].text)
            check(config_value_read(&keys[i], span_of(keys[i].text), &target,
                                    NULL) == ERR_OK);
}
