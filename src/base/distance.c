#include "base/distance.h"

#include <stdint.h>
#include <string.h>

enum { WORD_MAX = 255 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Three rows of the table are needed at a time; row[i % 3] is that of the first
 * i letters of a. */
size_t distance_of(const char *a, const char *b)
{
    size_t row[3][WORD_MAX + 1];
    size_t a_len = strlen(a), b_len = strlen(b);

    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *here = row[i % 3];
        const size_t *above = row[(i + 2) % 3], *second = row[(i + 1) % 3];

        here[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            here[j] = least(least(above[j], here[j - 1]) + 1,
                            above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                here[j] = least(here[j], second[j - 2] + 1);
        }
    }
    return row[a_len % 3][b_len];
}
