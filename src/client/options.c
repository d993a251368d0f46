/* Options: checked, with their defaults, before anything else is done. */
#include "base/file.h"
#include "client/client.h"

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

static enum extq_status set_password(struct client *c, const char *path)
{
    struct buf text = buf_make(sizeof c->address.password - 1);
    enum err e = file_read_secret(path, &text, &c->why);

    if (!e)
        (void)span_copy(buf_span(&text), c->address.password,
                        sizeof c->address.password);
    buf_wipe(&text);
    return e == ERR_MEMORY ? EXTQ_NO_MEMORY : e ? EXTQ_INVALID : EXTQ_OK;
}

enum extq_status client_set_up(struct client *c, const struct extq_options *o)
{
    const char *url = o->url ? o->url : "redis://127.0.0.1:6379/0";
    enum extq_status s = set_names(c, o);

    if (s == EXTQ_OK)
        s = set_times(c, o);
    if (s == EXTQ_OK && redis_address_read(url, &c->address, &c->why))
        s = EXTQ_INVALID;
    if (s == EXTQ_OK && o->password_file)
        s = set_password(c, o->password_file);
    return s;
}
