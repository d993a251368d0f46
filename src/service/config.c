#include "service/config.h"

#include "base/file.h"
#include "link/redis_nodes.h"
#include "service/config_reading.h"
#include "service/config_secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set_folder(struct reading *r)
{
    const char *slash = strrchr(r->file, '/');
    size_t len = slash ? (size_t)(slash - r->file) : 0;

    /* "/extq.yaml" lies in "", and "" + "/" + name is right for it; but "" also
     * means no folder, so that one is written with its dot. */
    if (slash && len == 0)
        snprintf(r->folder, sizeof r->folder, "/.");
    else
        snprintf(r->folder, sizeof r->folder, "%.*s", (int)len, r->file);
}

static enum err set_path(struct reading *r, struct why *why)
{
    if (strlen(r->file) >= sizeof r->config->path)
        return why_set(why, ERR_CONFIG, "the path of the file is too long");
    memcpy(r->config->path, r->file, strlen(r->file) + 1);
    set_folder(r);
    return ERR_OK;
}

/* A file that is not YAML has no keys to name: the place and the reason. */
static enum err parse(struct reading *r, struct span text, struct why *why)
{
    struct place at;
    struct why what;
    enum err e = document_open(text, &r->tree, &at, &what);

    if (e == ERR_SYNTAX)
        return why_set(why, ERR_CONFIG, "%s:%zu:%zu: %s", r->file, at.line,
                       at.column, what.text);
    return e;
}

static enum err load(struct reading *r, struct why *why)
{
    struct buf text = buf_make(YAML_BYTES_MAX);
    struct why what;
    enum err e = set_path(r, why);

    if (e)
        return e;
    e = file_read(r->file, &text, &what);
    if (!e)
        e = parse(r, buf_span(&text), why);
    else if (e == ERR_LIMIT)
        e = why_set(why, ERR_CONFIG, "%s: larger than %d MiB", r->file,
                    YAML_BYTES_MAX >> 20);
    else if (e != ERR_MEMORY)
        e = why_set(why, ERR_CONFIG, "%s", what.text);
    /* Secrets do not belong in it; one may be there all the same. */
    buf_wipe(&text);
    return e;
}

/* Found while the service runs; see link/redis_nodes.h. */
static enum err keep_nodes(struct config *c)
{
    if (!c->redis.cluster)
        return ERR_OK;
    c->redis.nodes = c->http.nodes = redis_nodes_open();
    return c->redis.nodes ? ERR_OK : ERR_MEMORY;
}

static enum err fill(struct reading *r, struct why *why)
{
    enum err e;

    config_defaults(SCOPE_SERVICE, r->config);
    config_defaults(SCOPE_POINT, &r->config->default_policy);
    if (r->tree)
        reading_service_keys(r);
    reading_environment(r);
    e = reading_collections(r);
    if (e)
        return e;
    if (r->problems == 0)
        reading_derive(r);
    if (r->problems == 0)
        reading_cross_check(r);
    if (r->problems > 0)
        return why_set(why, ERR_CONFIG, "%s", r->why.text);
    return keep_nodes(r->config);
}

enum err config_read(const char *path, struct config **ret, struct why *why)
{
    struct reading r = {.file = path ? path : ""};
    enum err e = ERR_OK;

    r.config = calloc(1, sizeof *r.config);
    if (!r.config)
        return ERR_MEMORY;
    if (r.file[0] != '\0')
        e = load(&r, why);
    if (!e)
        e = fill(&r, why);
    document_close(&r.tree);
    if (e)
        config_close(&r.config);
    else
        *ret = r.config;
    return e;
}

const struct policy *config_policy(const struct config *c, const char *point)
{
    for (size_t i = 0; i < c->point_count; i++)
        if (strcmp(c->points[i].name, point) == 0)
            return &c->points[i].policy;
    return &c->default_policy;
}

void config_inherit(struct config *c, const struct config *from)
{
    if (strcmp(c->redis_url, from->redis_url) != 0)
        return;
    redis_nodes_drop(&c->redis.nodes);
    c->redis.nodes = c->http.nodes = redis_nodes_share(from->redis.nodes);
}

void config_close(struct config **c)
{
    if (!*c)
        return;
    config_forget_secrets(*c);
    free((*c)->extensions);
    free((*c)->points);
    redis_nodes_drop(&(*c)->redis.nodes);
    explicit_bzero(*c, sizeof **c);
    free(*c);
    *c = NULL;
}

const char *config_find(const char *option)
{
    const char *variable = getenv("EXTQ_CONFIG");

    if (option)
        return option;
    if (variable && variable[0] != '\0')
        return variable;
    if (access("/etc/extq/extq.yaml", F_OK) == 0)
        return "/etc/extq/extq.yaml";
    if (access("config/extq.yaml", F_OK) == 0)
        return "config/extq.yaml";
    return "";
}
