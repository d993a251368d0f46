#include "model/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FLAG_SAMPLED = 1, FLAG_RANDOM = 2, TRACESTATE_PART = 256 };

/* Lower case alone, as the specification has it. */
static bool is_hex(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!memchr("0123456789abcdef", s.at[i], 16))
            return false;
    return true;
}

static bool is_zero(struct span s)
{
    return strspn(s.at, "0") >= s.len;
}

/* What follows the first 55 bytes: nothing in version 00, in later ones more
 * fields. */
static bool ends_well(struct span text, struct span version)
{
    if (text.len == TRACEPARENT_LEN)
        return true;
    return !is_zero(version) && text.at[TRACEPARENT_LEN] == '-';
}

static unsigned flags_of(struct span hex)
{
    const char *digits = "0123456789abcdef";

    return (unsigned)(strchr(digits, hex.at[1]) - digits);
}

bool trace_read(struct span text, struct trace *ret)
{
    static const size_t lens[] = {2, TRACE_ID_LEN, SPAN_ID_LEN, 2};
    char head[TRACEPARENT_LEN + 1];
    struct span parts[4], rest;

    *ret = (struct trace){.id = ""};
    if (text.len < TRACEPARENT_LEN ||
        !span_copy((struct span){text.at, TRACEPARENT_LEN}, head, sizeof head))
        return false;
    rest = span_of(head);
    for (size_t i = 0; i < 4; i++) {
        parts[i] = span_cut(&rest, '-');
        if (parts[i].len != lens[i] || !is_hex(parts[i]))
            return false;
    }
    if (span_is(parts[0], "ff") || !ends_well(text, parts[0]) ||
        is_zero(parts[1]) || is_zero(parts[2]))
        return false;
    (void)span_copy(parts[1], ret->id, sizeof ret->id);
    (void)span_copy(parts[2], ret->parent, sizeof ret->parent);
    ret->sampled = flags_of(parts[3]) & FLAG_SAMPLED;
    ret->random = flags_of(parts[3]) & FLAG_RANDOM;
    return true;
}

static bool is_key(struct span s)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";

    for (size_t i = 0; i < s.len; i++)
        if (!memchr(first, s.at[i], sizeof first - 1) &&
            (i == 0 || !memchr("_-*/@", s.at[i], 5)))
            return false;
    return s.len > 0 && s.len <= TRACESTATE_PART;
}

static bool is_value(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < ' ' || s.at[i] > '~' || s.at[i] == '=')
            return false;
    return s.len > 0 && s.len <= TRACESTATE_PART;
}

static bool is_among(struct span key, const struct span *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (key.len == keys[i].len && memcmp(key.at, keys[i].at, key.len) == 0)
            return true;
    return false;
}

/* Tabs are allowed as well, but not in the requests that are sent. */
static struct span without_blanks(struct span s)
{
    while (s.len > 0 && s.at[s.len - 1] == ' ')
        s.len--;
    while (s.len > 0 && s.at[0] == ' ') {
        s.at++;
        s.len--;
    }
    return s;
}

/* Empty ones are allowed, and count. */
static size_t count_members(struct span text)
{
    size_t count = 1;

    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == ',';
    return count;
}

bool tracestate_is_good(struct span text)
{
    struct span keys[TRACESTATE_MEMBERS];
    size_t count = 0;

    if (text.len > TRACESTATE_MAX || count_members(text) > TRACESTATE_MEMBERS)
        return false;
    while (text.len > 0) {
        struct span value = without_blanks(span_cut(&text, ',')), key;

        if (value.len == 0)
            continue;
        key = span_cut(&value, '=');
        if (!is_key(key) || !is_value(value) || is_among(key, keys, count))
            return false;
        keys[count++] = key;
    }
    return count > 0;
}

/* FNV-1a; the length parts the texts from each other. */
static uint64_t mix_text(uint64_t hash, struct span text)
{
    hash = (hash ^ text.len) * 1099511628211u;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * 1099511628211u;
    return hash;
}

/* The last step of splitmix64: spreads what differs in few bits. */
static uint64_t spread(uint64_t n)
{
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
    n = (n ^ n >> 27) * 0x94d049bb133111ebu;
    return n ^ n >> 31;
}

void trace_start(const struct trace_seed *seed, uint32_t share,
                 struct trace *ret)
{
    uint64_t hash = 14695981039346656037u, high, low;

    hash = mix_text(hash, seed->queue);
    hash = mix_text(hash, seed->seq);
    hash = mix_text(hash, seed->id);
    high = spread(hash + (uint64_t)seed->first_ms);
    low = spread(high + hash);
    *ret = (struct trace){.sampled = low % TRACE_SHARE_ALL < share};
    (void)snprintf(ret->id, sizeof ret->id, "%016" PRIx64 "%016" PRIx64, high,
                   low ? low : 1);
}

void trace_enter(struct trace *t, uint64_t dice)
{
    (void)snprintf(t->span, sizeof t->span, "%016" PRIx64, dice ? dice : 1);
}

void trace_write(const struct trace *t, char dst[TRACEPARENT_LEN + 1])
{
    unsigned flags =
        (t->sampled ? FLAG_SAMPLED : 0) | (t->random ? FLAG_RANDOM : 0);

    (void)snprintf(dst, TRACEPARENT_LEN + 1, "00-%s-%s-%02x", t->id, t->span,
                   flags);
}
