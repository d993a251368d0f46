#include "service/config_table.h"

#include "base/distance.h"

#include <stdio.h>
#include <string.h>

static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot ? dot + 1 : path;
}

/* Keeps the candidate when it is nearer than what is in ret. A key of the
 * same name in another section counts as near: it stands in the wrong place. */
static void consider(const char *path, const char *candidate, size_t *best,
                     char ret[KEY_PATH_MAX])
{
    size_t far = distance_of(path, candidate);

    if (far > 1 && strcmp(last_part(path), last_part(candidate)) == 0)
        far = 1;
    if (far >= *best)
        return;
    *best = far;
    snprintf(ret, KEY_PATH_MAX, "%s", candidate);
}

bool config_key_nearest(const char *path, char ret[KEY_PATH_MAX])
{
    char asked[KEY_PATH_MAX], section[KEY_PATH_MAX];
    size_t limit, best;
    size_t count;
    const struct config_key *keys = config_keys(&count);

    snprintf(asked, sizeof asked, "%s", path);
    /* Half of the name may be wrong; more is another name. */
    limit = strlen(last_part(asked)) / 2 + 1;
    best = limit;
    for (size_t i = 0; i < count; i++) {
        snprintf(section, sizeof section, "%s", keys[i].path);
        for (char *dot = section; (dot = strchr(dot, '.')); *dot++ = '.') {
            *dot = '\0';
            consider(asked, section, &best, ret);
        }
        consider(asked, keys[i].path, &best, ret);
    }
    return best < limit;
}
