#include "service/config_changes.h"

#include "service/config_show.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = KEY_PATH_MAX + IDENT_MAX + 1 };

struct comparison {
    const struct config *before, *after;
    config_tell *tell;
    void *arg;
    size_t count;
};

static void tell(struct comparison *c, const char *key, const char *what,
                 const char *from, const char *to)
{
    const struct config_change change = {key, what, from, to};

    c->tell(c->arg, &change);
    c->count++;
}

/* "points.*.rate" of on-lead is "points.on-lead.rate". */
static void name_key(const struct config_key *key, const char *member,
                     char dst[NAME_MAX_BYTES])
{
    const char *star = strchr(key->path, '*');
    int before = star ? (int)(star - key->path) : (int)strlen(key->path);

    (void)snprintf(dst, NAME_MAX_BYTES, "%.*s%s%s", before, key->path,
                   star ? member : "", star ? star + 1 : "");
}

/* All keys of a scope, in the structs that have them. */
static void compare_scope(struct comparison *c, enum config_scope scope,
                          const char *member, const void *before,
                          const void *after)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++) {
        char name[NAME_MAX_BYTES], from[SHOWN_MAX], to[SHOWN_MAX];

        if (keys[i].scope != scope || config_is_same(&keys[i], before, after))
            continue;
        name_key(&keys[i], member, name);
        config_show(&keys[i], before, from);
        config_show(&keys[i], after, to);
        if (strcmp(from, to) == 0)
            tell(c, name, "changed", NULL, NULL);
        else
            tell(c, name, "changed", from, to);
    }
}

static const struct queue_config *find_queue(const struct config *c,
                                             const char *name)
{
    for (size_t i = 0; i < c->queue_count; i++)
        if (strcmp(c->queues[i].name, name) == 0)
            return &c->queues[i];
    return NULL;
}

static void tell_member(struct comparison *c, const char *of, const char *name,
                        const char *what)
{
    char key[NAME_MAX_BYTES];

    (void)snprintf(key, sizeof key, "%s.%s", of, name);
    tell(c, key, what, NULL, NULL);
}

static void compare_queues(struct comparison *c)
{
    for (size_t i = 0; i < c->before->queue_count; i++) {
        const struct queue_config *q = &c->before->queues[i];
        const struct queue_config *now = find_queue(c->after, q->name);

        if (now)
            compare_scope(c, SCOPE_QUEUE, q->name, q, now);
        else
            tell_member(c, "queues", q->name, "removed");
    }
    for (size_t i = 0; i < c->after->queue_count; i++)
        if (!find_queue(c->before, c->after->queues[i].name))
            tell_member(c, "queues", c->after->queues[i].name, "added");
}

static bool has_point(const struct config *c, const char *name)
{
    return config_policy(c, name) != &c->default_policy;
}

static void compare_points(struct comparison *c)
{
    compare_scope(c, SCOPE_POINT, "default", &c->before->default_policy,
                  &c->after->default_policy);
    for (size_t i = 0; i < c->before->point_count; i++) {
        const struct point_config *p = &c->before->points[i];

        if (has_point(c->after, p->name))
            compare_scope(c, SCOPE_POINT, p->name, &p->policy,
                          config_policy(c->after, p->name));
        else
            tell_member(c, "points", p->name, "removed");
    }
    for (size_t i = 0; i < c->after->point_count; i++)
        if (!has_point(c->before, c->after->points[i].name))
            tell_member(c, "points", c->after->points[i].name, "added");
}

static bool are_same_extensions(const struct config *a, const struct config *b)
{
    return a->extension_count == b->extension_count &&
           (a->extension_count == 0 ||
            memcmp(a->extensions, b->extensions,
                   a->extension_count * sizeof *a->extensions) == 0);
}

static void compare_extensions(struct comparison *c)
{
    char from[32], to[32];

    if (are_same_extensions(c->before, c->after))
        return;
    (void)snprintf(from, sizeof from, "%zu of them",
                   c->before->extension_count);
    (void)snprintf(to, sizeof to, "%zu of them", c->after->extension_count);
    if (strcmp(from, to) == 0)
        tell(c, "extensions", "changed", NULL, NULL);
    else
        tell(c, "extensions", "changed", from, to);
}

/* What is in the files, where their names are the same. */
static void compare_secrets(struct comparison *c)
{
    const struct config *a = c->before, *b = c->after;

    if (strcmp(a->ops_token_file, b->ops_token_file) == 0 &&
        strcmp(a->ops_token, b->ops_token) != 0)
        tell(c, "ops.token_file", "its content changed", NULL, NULL);
    if (strcmp(a->cache_key_file, b->cache_key_file) == 0 &&
        (a->seal.count != b->seal.count ||
         memcmp(a->seal.keys, b->seal.keys, sizeof a->seal.keys) != 0))
        tell(c, "cache.key_file", "its content changed", NULL, NULL);
}

size_t config_changes(const struct config *before, const struct config *after,
                      config_tell *tell_one, void *arg)
{
    struct comparison c = {before, after, tell_one, arg, 0};

    compare_scope(&c, SCOPE_SERVICE, "", before, after);
    compare_queues(&c);
    compare_points(&c);
    compare_extensions(&c);
    compare_secrets(&c);
    return c.count;
}
