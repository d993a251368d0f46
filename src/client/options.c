/* Options: checked, with their defaults, before anything else is done. */
#include "base/file.h"
#include "client/client.h"
#include "link/redis_nodes.h"
#include "link/redis_slot.h"

#include <string.h>

enum { TIMEOUT_MS = 5000, TIMEOUT_MIN_MS = 10, TIMEOUT_MAX_MS = 3600 * 1000 };

bool client_struct(const void *given, void *ret, size_t size)
{
    size_t said;

    memcpy(&said, given, sizeof said);
    if (said < sizeof said || said % sizeof(void *) != 0)
        return false;
    memset(ret, 0, size);
    memcpy(ret, given, said < size ? said : size);
    return true;
}

bool client_options(const struct extq_options *given, struct extq_options *ret)
{
    const struct extq_options defaults = EXTQ_OPTIONS_INIT;

    return client_struct(given ? given : &defaults, ret, sizeof *ret);
}

static enum extq_status set_names(struct client *c,
                                  const struct extq_options *o)
{
    const char *prefix = o->prefix ? o->prefix : "extq";
    const char *queue = o->queue ? o->queue : "default";

    if (!ident_is_queue(span_of(prefix)) || !ident_is_queue(span_of(queue)))
        return client_fail(c, EXTQ_INVALID,
                           "%s: must be 1 to 64 characters of A-Z a-z 0-9 . _ "
                           "-",
                           ident_is_queue(span_of(prefix)) ? "queue"
                                                           : "prefix");
    keys_of_queue(&c->keys, prefix, queue);
    return EXTQ_OK;
}

static enum extq_status set_times(struct client *c,
                                  const struct extq_options *o)
{
    c->timeout_ms = o->timeout_ms ? o->timeout_ms : TIMEOUT_MS;
    if (c->timeout_ms < TIMEOUT_MIN_MS || c->timeout_ms > TIMEOUT_MAX_MS)
        return client_fail(c, EXTQ_INVALID, "timeout_ms: must be %d to %d",
                           TIMEOUT_MIN_MS, TIMEOUT_MAX_MS);
    return EXTQ_OK;
}

static enum extq_status set_file(struct client *c, const char *path,
                                 char ret[REDIS_FILE_MAX])
{
    if (path && !span_copy(span_of(path), ret, REDIS_FILE_MAX))
        return client_fail(c, EXTQ_INVALID, "a path has more than %d bytes",
                           REDIS_FILE_MAX - 1);
    return EXTQ_OK;
}

/* Each connect reads it again; that it cannot be read is told now. */
static enum extq_status set_password(struct client *c, const char *path,
                                     char ret[REDIS_FILE_MAX])
{
    struct buf text = buf_make(REDIS_PASSWORD_MAX);
    enum err e = ERR_OK;

    if (path)
        e = file_read_secret(path, &text, &c->why);
    buf_wipe(&text);
    if (e)
        return e == ERR_MEMORY ? EXTQ_NO_MEMORY : EXTQ_INVALID;
    return set_file(c, path, ret);
}

static enum extq_status set_files(struct client *c,
                                  const struct extq_options *o)
{
    struct redis_files *f = &c->address.files;
    enum extq_status s = set_password(c, o->password_file, f->password);

    if (s == EXTQ_OK)
        s = set_password(c, o->sentinel_password_file, f->sentinel_password);
    if (s == EXTQ_OK)
        s = set_file(c, o->ca_file, f->ca);
    if (s == EXTQ_OK)
        s = set_file(c, o->cert_file, f->cert);
    if (s == EXTQ_OK)
        s = set_file(c, o->key_file, f->key);
    if (s == EXTQ_OK && !f->cert[0] != !f->key[0])
        s = client_fail(c, EXTQ_INVALID, "cert_file and key_file go together");
    return s;
}

enum extq_status client_set_up(struct client *c, const struct extq_options *o)
{
    const char *url = o->url ? o->url : "redis://127.0.0.1:6379/0";
    enum extq_status s = set_names(c, o);

    if (s == EXTQ_OK)
        s = set_times(c, o);
    if (s == EXTQ_OK && redis_address_read(url, &c->address, &c->why))
        s = EXTQ_INVALID;
    c->address.slot = redis_slot(span_of(c->keys.jobs));
    if (s == EXTQ_OK)
        s = set_files(c, o);
    if (s == EXTQ_OK && c->address.cluster &&
        !(c->address.nodes = redis_nodes_open()))
        s = EXTQ_NO_MEMORY;
    return s;
}
