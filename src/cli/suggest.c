#include "cli/suggest.h"

#include <string.h>

enum { WORD_MAX = 48 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Levenshtein's distance, one row at a time. */
static size_t distance_between(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t a_len = strlen(a), b_len = strlen(b);

    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1,
                           diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_len];
}

void suggest(const char *word, const char *candidate, const char **nearest,
             size_t *distance)
{
    size_t len = strlen(word);
    size_t d;

    if (len > WORD_MAX || strlen(candidate) > WORD_MAX)
        return;
    d = distance_between(word, candidate);
    /* What is typed in front of it is meant as well: "out" for "outcomes". */
    if (len >= 3 && strncmp(word, candidate, len) == 0)
        d = 1;
    if (d > 1 + len / 4 || (*nearest && d >= *distance))
        return;
    *nearest = candidate;
    *distance = d;
}
