#include "service/config_table.h"

#include "service/config_units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool config_key_is_list(const struct config_key *key)
{
    return key->type == CONFIG_RANGES || key->type == CONFIG_PORTS ||
           key->type == CONFIG_SCHEMES || key->type == CONFIG_WAITS ||
           key->type == CONFIG_FILES;
}

const struct config_key *config_key_find(const char *path)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].path, path) == 0)
            return &keys[i];
    return NULL;
}

bool config_key_is_section(const char *path)
{
    size_t count;
    size_t len = strlen(path);
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++)
        if (strncmp(keys[i].path, path, len) == 0 && keys[i].path[len] == '.')
            return true;
    return false;
}

const char *config_key_refusal(const char *path)
{
    static const struct {
        const char *path, *why;
    } refusals[] = {
        {"points.*.rules.ok", "what was delivered is not called again"},
        {"points.*.rules.malformed", "what is no job cannot be called"},
        {"points.*.rules.expired", "what has expired is not called again"},
        {"points.*.rules.worker_killer",
         "a job that kills its workers is not tried again"},
    };

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcmp(refusals[i].path, path) == 0)
            return refusals[i].why;
    return NULL;
}

bool config_key_variable(const struct config_key *key, char ret[KEY_PATH_MAX])
{
    size_t len = strlen("EXTQ_");

    if (key->scope != SCOPE_SERVICE)
        return false;
    memcpy(ret, "EXTQ_", len);
    for (const char *c = key->path; *c && len < KEY_PATH_MAX - 1; c++) {
        bool lower = *c >= 'a' && *c <= 'z';

        ret[len++] = *c == '.' ? '_' : lower ? (char)(*c - 'a' + 'A') : *c;
    }
    ret[len] = '\0';
    return true;
}

/* "one of a, b, c" */
static void write_words(const char *const *words, char *dst, size_t size)
{
    int len = snprintf(dst, size, "one of ");

    for (; *words && (size_t)len < size; words++)
        len += snprintf(dst + len, size - (size_t)len, "%s%s", words[0],
                        words[1] ? ", " : "");
}

bool config_key_range(const struct config_key *key, char ret[KEY_RANGE_MAX])
{
    char min[UNITS_TEXT_MAX], max[UNITS_TEXT_MAX];

    if (key->type == CONFIG_DURATION || key->type == CONFIG_WAITS) {
        config_duration_text(key->min, min);
        config_duration_text(key->max, max);
    } else if (key->type == CONFIG_BYTES) {
        config_size_text((uint64_t)key->min, min);
        config_size_text((uint64_t)key->max, max);
    } else if (key->type == CONFIG_RULE) {
        snprintf(min, sizeof min, "1");
        snprintf(max, sizeof max, "%" PRId64, key->max);
    } else if (key->type == CONFIG_COUNT) {
        snprintf(min, sizeof min, "%" PRId64, key->min);
        snprintf(max, sizeof max, "%" PRId64, key->max);
    } else {
        return false;
    }
    snprintf(ret, KEY_RANGE_MAX, "%s to %s", min, max);
    return true;
}

void config_key_accepts(const struct config_key *key, char *dst, size_t size)
{
    char range[KEY_RANGE_MAX];

    if (key->words)
        write_words(key->words, dst, size);
    else if (config_key_range(key, range))
        snprintf(dst, size, "%s, %s", key->unit, range);
    else
        snprintf(dst, size, "%s", key->unit);
}
