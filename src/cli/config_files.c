#include "cli/config_files.h"

#include <unistd.h>

struct seeker {
    void (*missing)(void *arg, const char *key, const char *path);
    void *arg;
    size_t count;
};

static void look(struct seeker *s, const char *key, const char *path)
{
    if (path[0] == '\0' || access(path, R_OK) == 0)
        return;
    s->count++;
    s->missing(s->arg, key, path);
}

size_t config_files_missing(const struct config *c,
                            void (*missing)(void *arg, const char *key,
                                            const char *path),
                            void *arg)
{
    struct seeker s = {missing, arg, 0};

    look(&s, "redis.password_file", c->redis.files.password);
    look(&s, "redis.sentinel_password_file", c->redis.files.sentinel_password);
    look(&s, "redis.ca_file", c->redis.files.ca);
    look(&s, "redis.cert_file", c->redis.files.cert);
    look(&s, "redis.key_file", c->redis.files.key);
    look(&s, "discovery.token_file", c->discovery.token_file);
    look(&s, "cache.key_file", c->cache_key_file);
    look(&s, "cache.old_key_file", c->cache_old_key_file);
    look(&s, "network.ca_file", c->http.ca_file);
    for (size_t i = 0; i < c->extension_count; i++)
        look(&s, "extensions secret_file", c->extensions[i].secret_file);
    return s.count;
}
