/* The one table of configuration keys: what each is called, where its value
 * goes, what is accepted, what holds when it is absent. The reader, the
 * environment, the defaults and the manual (config/extq.yaml) follow it. */
#ifndef EXTQ_SERVICE_CONFIG_TABLE_H
#define EXTQ_SERVICE_CONFIG_TABLE_H

#include "base/err.h"
#include "base/span.h"

enum config_type {
    CONFIG_TEXT,     /* char[]: one of words if there are any */
    CONFIG_FILE,     /* char[]: a path, relative to the file's folder */
    CONFIG_WORD,     /* enum or bool: the index of the text in words */
    CONFIG_COUNT,    /* an integer of 4 or 8 bytes */
    CONFIG_BYTES,    /* size_t */
    CONFIG_DURATION, /* int64_t, milliseconds */
    CONFIG_RANGES,   /* list of CIDRs: struct address_policy */
    CONFIG_PORTS,    /* list of ports and ranges: struct port_policy */
    CONFIG_SCHEMES,  /* list of http, https: bool, true when http is in it */
    CONFIG_WAITS,    /* list of durations: struct retry */
    CONFIG_FILES,    /* list of paths: char[], one to a line */
    CONFIG_RULE,     /* retry, dead or a number of calls: uint32_t; skip as well
                        where min is 0 */
};

/* Which struct the offset counts in: struct config, queue_config,
 * listed_extension or policy. All but the first have a * in their path. */
enum config_scope {
    SCOPE_SERVICE,
    SCOPE_QUEUE,
    SCOPE_EXTENSION,
    SCOPE_POINT,
};

struct config_key {
    const char *path; /* "redis.url", "points.*.retry.base" */
    enum config_type type;
    enum config_scope scope;
    size_t offset, size;
    int64_t min, max;         /* numbers only, both accepted */
    const char *text;         /* the default as written in the file; lists with
                                 commas; NULL = the key is required */
    const char *unit;         /* in a word: "duration", "jobs", "URL" */
    const char *sentence;     /* what it is, for the manual */
    const char *const *words; /* NULL-terminated, in the enum's order */
    enum err (*form)(const char *text, struct why *why); /* of texts; NULL =
                              anything printable */
};

enum { KEY_PATH_MAX = 64, KEY_RANGE_MAX = 72 };

/* The table; static. */
const struct config_key *config_keys(size_t *ret_count);

bool config_key_is_list(const struct config_key *key);

/* The key of that path, or NULL. */
const struct config_key *config_key_find(const char *path);

/* True when keys lie below the path: "redis", "points.*.retry". */
bool config_key_is_section(const char *path);

/* Why there is no such key, for names that people will look for; or NULL. */
const char *config_key_refusal(const char *path);

/* The nearest key or section by edit distance, for "did you mean". Returns
 * false when nothing is near. */
bool config_key_nearest(const char *path, char ret[KEY_PATH_MAX]);

/* "1s to 5m", or false for what is no number. */
bool config_key_range(const struct config_key *key, char ret[KEY_RANGE_MAX]);

/* What is accepted, in words: "duration, 1s to 5m", "one of a, b". */
void config_key_accepts(const struct config_key *key, char *dst, size_t size);

/* The environment variable that overrides the key ("EXTQ_REDIS_URL"). Returns
 * false for keys with a *, which have none. */
bool config_key_variable(const struct config_key *key, char ret[KEY_PATH_MAX]);

#endif
