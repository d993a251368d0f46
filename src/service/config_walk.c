#include "service/config_reading.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 256 };

/* parent.name, printable whatever the file holds, cut to fit. */
static void join(char *dst, size_t size, const char *parent, struct span name)
{
    size_t len =
        (size_t)snprintf(dst, size, "%s%s", parent, parent[0] ? "." : "");

    if (len >= size)
        return;
    for (size_t i = 0; i < name.len && len < size - 1; i++)
        dst[len++] = name.at[i] > ' ' && name.at[i] <= '~' ? name.at[i] : '?';
    dst[len] = '\0';
}

/* In the words of people who do not know YAML's. */
static const char *kind_text(enum node_kind kind)
{
    static const char *const texts[] = {"nothing", "a single value", "a list",
                                        "a group of keys"};

    return texts[kind];
}

/* The earlier of two equal keys, or NULL. */
static const struct node *find_twin(const struct document *tree,
                                    const struct node *map, size_t i)
{
    struct span name = node_text(node_key(tree, map, i));

    for (size_t j = 0; j < i; j++) {
        struct span other = node_text(node_key(tree, map, j));

        if (other.len == name.len && memcmp(other.at, name.at, name.len) == 0)
            return node_key(tree, map, j);
    }
    return NULL;
}

static bool is_name(struct reading *r, const char *shown,
                    const struct node *map, size_t i)
{
    const struct node *key = node_key(r->tree, map, i);
    const struct node *twin;
    char path[SHOWN_MAX];

    if (node_kind(key) != NODE_SCALAR) {
        reading_complain(r, node_place(key), shown, "expected a key, found %s",
                         kind_text(node_kind(key)));
        return false;
    }
    twin = find_twin(r->tree, map, i);
    if (!twin)
        return true;
    join(path, sizeof path, shown, node_text(key));
    reading_complain(r, node_place(key), path, "given twice, first on line %zu",
                     node_place(twin).line);
    return false;
}

bool reading_is_map(struct reading *r, const char *shown,
                    const struct node *node, size_t *ret_count)
{
    enum node_kind kind = node_kind(node);

    *ret_count = 0;
    if (kind == NODE_NOTHING)
        return true;
    if (kind != NODE_MAP) {
        reading_complain(r, node_place(node), shown,
                         "expected a group of keys, found %s", kind_text(kind));
        return false;
    }
    /* Comparing all with all is quadratic; no known group is larger. */
    if (node_count(node) > POINTS_LISTED_MAX) {
        reading_complain(r, node_place(node), shown, "more than %d keys",
                         (int)POINTS_LISTED_MAX);
        return false;
    }
    for (size_t i = 0; i < node_count(node); i++)
        if (!is_name(r, shown, node, i))
            return false;
    *ret_count = node_count(node);
    return true;
}

static void read_list(struct reading *r, const struct section *at,
                      const struct config_key *key, const struct node *node)
{
    struct why why;

    config_list_clear(key, at->target.base);
    for (size_t i = 0; i < node_count(node); i++) {
        const struct node *item = node_item(r->tree, node, i);

        if (node_kind(item) != NODE_SCALAR) {
            reading_complain(r, node_place(item), at->shown,
                             "expected a single value, found %s",
                             kind_text(node_kind(item)));
            return;
        }
        if (config_item_read(key, node_text(item), &at->target, &why)) {
            reading_complain(r, node_place(item), at->shown, "%s", why.text);
            return;
        }
    }
}

/* Whether the value has the shape of the key: one value, or a list. */
static bool fits(struct reading *r, const struct section *at,
                 const struct config_key *key, const struct node *node)
{
    bool list = config_key_is_list(key);
    enum node_kind kind = node_kind(node);
    char accepted[128];

    if (node_has_tag(node)) {
        reading_complain(r, node_place(node), at->shown,
                         "tags have no meaning here");
        return false;
    }
    if (kind == (list ? NODE_LIST : NODE_SCALAR) ||
        (list && kind == NODE_NOTHING))
        return true;
    config_key_accepts(key, accepted, sizeof accepted);
    reading_complain(r, node_place(node), at->shown,
                     list ? "expected a %s, found %s"
                          : "expected a single value (%s), found %s",
                     accepted, kind_text(kind));
    return false;
}

static void read_key(struct reading *r, const struct section *at,
                     const struct config_key *key, const struct node *node)
{
    struct why why;

    if (!fits(r, at, key, node))
        return;
    if (config_key_is_list(key))
        read_list(r, at, key, node);
    else if (config_value_read(key, node_text(node), &at->target, &why))
        reading_complain(r, node_place(node), at->shown, "%s", why.text);
}

/* Says what was meant in the words of the place: "points.*.retry" becomes
 * "points.on-new-lead.retry" in the section of that point. */
static void complain_unknown(struct reading *r, const struct section *at,
                             const struct section *parent, struct place place)
{
    char near[KEY_PATH_MAX];
    size_t len = strlen(parent->path);
    const char *refusal = config_key_refusal(at->path);

    if (refusal)
        reading_complain(r, place, at->shown, "%s", refusal);
    else if (!config_key_nearest(at->path, near))
        reading_complain(r, place, at->shown, "unknown key");
    else if (len > 0 && strncmp(near, parent->path, len) == 0 &&
             near[len] == '.')
        reading_complain(r, place, at->shown,
                         "unknown key (did you mean %s%s?)", parent->shown,
                         near + len);
    else
        reading_complain(r, place, at->shown, "unknown key (did you mean %s?)",
                         near);
}

/* Collections are read later; where they are is noted. */
static bool is_collection(struct reading *r, const char *path,
                          const struct node *node)
{
    if (strcmp(path, "queues") == 0)
        r->queues = node;
    else if (strcmp(path, "points") == 0)
        r->points = node;
    else if (strcmp(path, "extensions") == 0)
        r->extensions = node;
    else
        return false;
    return true;
}

static void read_member(struct reading *r, const struct section *parent,
                        const struct node *map, size_t i)
{
    const struct node *name = node_key(r->tree, map, i);
    const struct node *value = node_value(r->tree, map, i);
    char path[SHOWN_MAX], shown[SHOWN_MAX];
    struct section at = {path, shown, parent->target};
    const struct config_key *key;

    join(path, sizeof path, parent->path, node_text(name));
    join(shown, sizeof shown, parent->shown, node_text(name));
    key = config_key_find(path);
    /* Or "points.*" would find the table's own key, with nowhere to write. */
    if (strpbrk(node_text(name).at, ".*"))
        reading_complain(r, node_place(name), shown,
                         "unknown key (keys are nested, not joined by dots)");
    else if (key)
        read_key(r, &at, key, value);
    else if (is_collection(r, path, value))
        return;
    else if (config_key_is_section(path))
        reading_section(r, &at, value);
    else
        complain_unknown(r, &at, parent, node_place(name));
}

/* Recursion ends with the table's paths, however deep the file goes. */
void reading_section(struct reading *r, const struct section *section,
                     const struct node *node)
{
    size_t count;

    if (!reading_is_map(r, section->shown, node, &count))
        return;
    for (size_t i = 0; i < count; i++)
        read_member(r, section, node, i);
}

void reading_service_keys(struct reading *r)
{
    const struct section top = {"", "", {r->config, r->folder}};

    reading_section(r, &top, document_root(r->tree));
}
