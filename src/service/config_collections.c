#include "service/config_check.h"
#include "service/config_reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 256 };

static bool is_default(struct span name)
{
    return span_is(name, "default");
}

/* Copies a member's name when its form is right; complains when not. */
static bool take_name(struct reading *r, const char *shown,
                      const struct node *key, char *dst, size_t size)
{
    enum err (*form)(const char *, struct why *) =
        strcmp(shown, "queues") == 0 ? check_queue_name : check_name;
    struct why why;

    /* A name that ends early, or is too long, is as wrong as an empty one. */
    if (memchr(node_text(key).at, '\0', node_text(key).len) ||
        !span_copy(node_text(key), dst, size))
        dst[0] = '\0';
    if (!form(dst, &why))
        return true;
    reading_complain(r, node_place(key), shown, "a name is wrong: %s",
                     why.text);
    return false;
}

static void read_queue(struct reading *r, size_t i)
{
    struct config *c = r->config;
    struct queue_config *queue = &c->queues[c->queue_count];
    char shown[SHOWN_MAX];
    const struct section at = {"queues.*", shown, {queue, r->folder}};

    if (!take_name(r, "queues", node_key(r->tree, r->queues, i), queue->name,
                   sizeof queue->name))
        return;
    c->queue_count++;
    config_defaults(SCOPE_QUEUE, queue);
    snprintf(shown, sizeof shown, "queues.%s", queue->name);
    reading_section(r, &at, node_value(r->tree, r->queues, i));
}

static void read_queues(struct reading *r)
{
    size_t count;

    if (node_kind(r->queues) == NODE_NOTHING) {
        r->config->queue_count = 1;
        snprintf(r->config->queues[0].name, sizeof r->config->queues[0].name,
                 "default");
        config_defaults(SCOPE_QUEUE, &r->config->queues[0]);
        return;
    }
    if (!reading_is_map(r, "queues", r->queues, &count))
        return;
    if (count == 0)
        reading_complain(r, node_place(r->queues), "queues",
                         "at least one queue is needed");
    if (count > QUEUES_MAX)
        reading_complain(r, node_place(r->queues), "queues",
                         "more than %d queues", (int)QUEUES_MAX);
    for (size_t i = 0; i < count && i < QUEUES_MAX; i++)
        read_queue(r, i);
}

/* Before all others, wherever it stands: they begin as copies of it. */
static void read_default_point(struct reading *r, size_t count)
{
    const struct section at = {
        "points.*", "points.default", {&r->config->default_policy, r->folder}};

    for (size_t i = 0; i < count; i++)
        if (is_default(node_text(node_key(r->tree, r->points, i))))
            reading_section(r, &at, node_value(r->tree, r->points, i));
}

static void read_point(struct reading *r, size_t i)
{
    struct config *c = r->config;
    struct point_config *point = &c->points[c->point_count];
    const struct node *key = node_key(r->tree, r->points, i);
    char shown[SHOWN_MAX];
    const struct section at = {"points.*", shown, {&point->policy, r->folder}};

    if (is_default(node_text(key)) ||
        !take_name(r, "points", key, point->name, sizeof point->name))
        return;
    c->point_count++;
    point->policy = c->default_policy;
    snprintf(shown, sizeof shown, "points.%s", point->name);
    reading_section(r, &at, node_value(r->tree, r->points, i));
}

static enum err read_points(struct reading *r)
{
    size_t count;

    if (!reading_is_map(r, "points", r->points, &count) || count == 0)
        return ERR_OK;
    r->config->points = calloc(count, sizeof *r->config->points);
    if (!r->config->points)
        return ERR_MEMORY;
    read_default_point(r, count);
    for (size_t i = 0; i < count; i++)
        read_point(r, i);
    return ERR_OK;
}

/* What the table gives no default must be in the map. */
static void require_keys(struct reading *r, const char *shown,
                         const struct node *map)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++) {
        const char *name = keys[i].path + strlen("extensions.*.");

        if (keys[i].scope == SCOPE_EXTENSION && !keys[i].text &&
            !reading_member(r, map, span_of(name)))
            reading_complain(r, node_place(map), shown, "%s is missing", name);
    }
}

static void read_extension(struct reading *r, size_t i)
{
    struct listed_extension *extension = &r->config->extensions[i];
    const struct node *node = node_item(r->tree, r->extensions, i);
    size_t before = r->problems;
    char shown[SHOWN_MAX];
    const struct section at = {"extensions.*", shown, {extension, r->folder}};

    snprintf(shown, sizeof shown, "extensions[%zu]", i);
    if (node_kind(node) != NODE_MAP) {
        reading_complain(r, node_place(node), shown,
                         "expected {container: ..., point: ..., url: ...}");
        return;
    }
    config_defaults(SCOPE_EXTENSION, extension);
    reading_section(r, &at, node);
    /* A misspelt key is not missing too. */
    if (r->problems == before)
        require_keys(r, shown, node);
    if (!r->config->http.allow_http &&
        strncmp(extension->url, "http://", strlen("http://")) == 0)
        reading_complain(r, node_place(reading_member(r, node, span_of("url"))),
                         shown, "an http:// URL needs http in network.schemes");
}

static int compare_keys(const void *a, const void *b)
{
    const struct listed_extension *const *x = a, *const *y = b;
    int order = strcmp((*x)->key.container, (*y)->key.container);

    if (order == 0)
        order = strcmp((*x)->key.point, (*y)->key.point);
    /* Equal ones in the order of the file: addresses grow with it. */
    return order ? order : (*x > *y) - (*x < *y);
}

static void complain_twins(struct reading *r,
                           const struct listed_extension *const *sorted)
{
    const struct config *c = r->config;

    for (size_t i = 1; i < c->extension_count; i++) {
        const struct extension_key *a = &sorted[i - 1]->key;
        const struct extension_key *b = &sorted[i]->key;
        size_t at = (size_t)(sorted[i] - c->extensions);
        size_t first = (size_t)(sorted[i - 1] - c->extensions);

        /* Those that could not be read are empty, and said so. */
        if (a->container[0] != '\0' &&
            strcmp(a->container, b->container) == 0 &&
            strcmp(a->point, b->point) == 0)
            reading_complain(
                r, node_place(node_item(r->tree, r->extensions, at)),
                "extensions", "%s/%s is given twice, first as extensions[%zu]",
                b->container, b->point, first);
    }
}

/* Two URLs for one extension: whichever was taken, somebody would be
 * surprised. Sorted, because there may be thousands. */
static enum err check_twins(struct reading *r)
{
    const struct config *c = r->config;
    const struct listed_extension **sorted =
        calloc(c->extension_count, sizeof *sorted);

    if (!sorted)
        return ERR_MEMORY;
    for (size_t i = 0; i < c->extension_count; i++)
        sorted[i] = &c->extensions[i];
    qsort(sorted, c->extension_count, sizeof *sorted, compare_keys);
    complain_twins(r, sorted);
    free(sorted);
    return ERR_OK;
}

static size_t count_extensions(struct reading *r)
{
    enum node_kind kind = node_kind(r->extensions);
    size_t count;

    if (kind == NODE_NOTHING)
        return 0;
    count = node_count(r->extensions);
    if (kind == NODE_LIST && count <= EXTENSIONS_LISTED_MAX)
        return count;
    if (kind == NODE_LIST)
        reading_complain(r, node_place(r->extensions), "extensions",
                         "more than %d extensions; use discovery.backend http",
                         (int)EXTENSIONS_LISTED_MAX);
    else
        reading_complain(r, node_place(r->extensions), "extensions",
                         "expected a list");
    return 0;
}

static enum err read_extensions(struct reading *r)
{
    struct config *c = r->config;
    size_t count = count_extensions(r);

    if (count == 0)
        return ERR_OK;
    c->extensions = calloc(count, sizeof *c->extensions);
    if (!c->extensions)
        return ERR_MEMORY;
    c->extension_count = count;
    for (size_t i = 0; i < count; i++)
        read_extension(r, i);
    return check_twins(r);
}

enum err reading_collections(struct reading *r)
{
    enum err e;

    read_queues(r);
    e = read_points(r);
    return e ? e : read_extensions(r);
}
