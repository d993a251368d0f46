#include "cli/suggest.h"

#include "base/distance.h"

#include <string.h>

void suggest(const char *word, const char *candidate, const char **nearest,
             size_t *distance)
{
    size_t len = strlen(word), d = distance_of(word, candidate);

    /* What is typed in front of it is meant as well: "out" for "outcomes". */
    if (len >= 3 && strncmp(word, candidate, len) == 0)
        d = 1;
    if (d > 1 + len / 4 || (*nearest && d >= *distance))
        return;
    *nearest = candidate;
    *distance = d;
}
