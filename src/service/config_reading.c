#include "service/config_reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By line and column; what has no place comes after all that has one. */
static bool is_before(struct place a, struct place b)
{
    if (a.line == 0 || b.line == 0)
        return a.line != 0 && b.line == 0;
    return a.line < b.line || (a.line == b.line && a.column < b.column);
}

/* Of many problems the first one: those behind it often follow from it. */
static void keep(struct reading *r, struct place place, const char *where,
                 const char *key, const char *what)
{
    if (r->problems++ > 0 && !is_before(place, r->first))
        return;
    r->first = place;
    (void)why_set(&r->why, ERR_CONFIG, "%s%s%s%s%s", where,
                  where[0] ? ": " : "", key, key[0] ? ": " : "", what);
}

static void keep_at(struct reading *r, struct place place, const char *key,
                    const char *what)
{
    char where[CONFIG_PATH_MAX + 64] = "";

    if (place.line > 0)
        snprintf(where, sizeof where, "%s:%zu:%zu", r->file, place.line,
                 place.column);
    keep(r, place, where, key, what);
}

void reading_complain(struct reading *r, struct place place, const char *key,
                      const char *fmt, ...)
{
    struct why what;
    va_list args;

    va_start(args, fmt);
    vsnprintf(what.text, sizeof what.text, fmt, args);
    va_end(args);
    keep_at(r, place, key, what.text);
}

const struct node *reading_member(const struct reading *r,
                                  const struct node *map, struct span name)
{
    for (size_t i = 0; i < node_count(map); i++) {
        const struct node *key = node_key(r->tree, map, i);
        struct span text;

        if (node_kind(key) != NODE_SCALAR)
            continue;
        text = node_text(key);
        if (text.len == name.len && memcmp(text.at, name.at, name.len) == 0)
            return node_value(r->tree, map, i);
    }
    return NULL;
}

/* Where the key's value stands, or the nearest section around it. */
static struct place locate(const struct reading *r, const char *key)
{
    struct place place = {0, 0};
    struct span rest = span_of(key);
    const struct node *node = r->tree ? document_root(r->tree) : NULL;

    while (node && rest.len > 0 && node_kind(node) == NODE_MAP) {
        struct span name = span_cut(&rest, '.');

        node = reading_member(r, node, name);
        if (node)
            place = node_place(node);
    }
    return place;
}

void reading_complain_key(struct reading *r, const char *key, const char *fmt,
                          ...)
{
    const struct config_key *known = config_key_find(key);
    char variable[KEY_PATH_MAX];
    const char *value = NULL;
    struct why what;
    va_list args;

    va_start(args, fmt);
    vsnprintf(what.text, sizeof what.text, fmt, args);
    va_end(args);
    if (known && config_key_variable(known, variable))
        value = getenv(variable);
    if (value && value[0] != '\0')
        keep(r, (struct place){0, 0}, "", variable, what.text);
    else
        keep_at(r, locate(r, key), key, what.text);
}

void reading_environment(struct reading *r)
{
    /* Paths in variables start where the process does. */
    const struct config_target target = {r->config, ""};
    char variable[KEY_PATH_MAX];
    struct why why;
    size_t count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++) {
        const char *value = NULL;

        if (config_key_variable(&keys[i], variable))
            value = getenv(variable);
        if (!value || value[0] == '\0')
            continue;
        if (config_value_read(&keys[i], span_of(value), &target, &why))
            keep(r, (struct place){0, 0}, "", variable, why.text);
    }
}
