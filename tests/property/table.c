#include "property/table.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rows_free(struct rows *r)
{
    free(r->at);
    *r = (struct rows){0};
}

void rows_copy(struct rows *to, const struct rows *from)
{
    rows_free(to);
    if (from->count == 0)
        return;
    to->at = malloc(from->count * sizeof *to->at);
    check(to->at);
    memcpy(to->at, from->at, from->count * sizeof *to->at);
    to->count = to->size = from->count;
}

/* An empty row in that place. */
static struct row *insert(struct rows *r, size_t i)
{
    if (r->count == r->size) {
        r->size = r->size ? 2 * r->size : 8;
        r->at = realloc(r->at, r->size * sizeof *r->at);
        check(r->at);
    }
    memmove(&r->at[i + 1], &r->at[i], (r->count - i) * sizeof *r->at);
    r->count++;
    r->at[i] = (struct row){.score = 0};
    return &r->at[i];
}

static void put(char *dst, size_t size, const char *text)
{
    check((size_t)snprintf(dst, size, "%s", text) < size);
}

void rows_push(struct rows *r, const char *text)
{
    put(insert(r, r->count)->text, ROW_TEXT, text);
}

void rows_unshift(struct rows *r, const char *text)
{
    put(insert(r, 0)->text, ROW_TEXT, text);
}

struct row rows_take(struct rows *r, size_t i)
{
    struct row row = r->at[i];

    r->count--;
    memmove(&r->at[i], &r->at[i + 1], (r->count - i) * sizeof *r->at);
    return row;
}

/* Where the key is, or would be. */
static size_t place_of(const struct rows *r, const char *key, bool *ret_there)
{
    size_t i = 0;
    int order = 1;

    while (i < r->count && (order = strcmp(r->at[i].key, key)) < 0)
        i++;
    *ret_there = i < r->count && order == 0;
    return i;
}

void rows_set(struct rows *r, const char *key, const char *text)
{
    bool there;
    size_t i = place_of(r, key, &there);

    if (!there)
        put(insert(r, i)->key, ROW_KEY, key);
    put(r->at[i].text, ROW_TEXT, text);
}

const char *rows_get(const struct rows *r, const char *key)
{
    bool there;
    size_t i = place_of(r, key, &there);

    return there ? r->at[i].text : NULL;
}

bool rows_unset(struct rows *r, const char *key)
{
    bool there;
    size_t i = place_of(r, key, &there);

    if (there)
        (void)rows_take(r, i);
    return there;
}

int64_t rows_increase(struct rows *r, const char *key, int64_t by)
{
    const char *old = rows_get(r, key);
    int64_t now = (old ? strtoll(old, NULL, 10) : 0) + by;
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, now);
    rows_set(r, key, text);
    return now;
}

static size_t member(const struct rows *r, const char *text)
{
    size_t i = 0;

    while (i < r->count && strcmp(r->at[i].text, text) != 0)
        i++;
    return i;
}

int64_t rows_score(const struct rows *r, const char *text)
{
    size_t i = member(r, text);

    return i < r->count ? r->at[i].score : -1;
}

void rows_unrank(struct rows *r, const char *text)
{
    size_t i = member(r, text);

    if (i < r->count)
        (void)rows_take(r, i);
}

void rows_rank(struct rows *r, const char *text, int64_t score)
{
    char copy[ROW_TEXT]; /* it may be a row's own */
    size_t i = 0;
    struct row *row;

    put(copy, sizeof copy, text);
    text = copy;
    rows_unrank(r, text);
    while (i < r->count &&
           (r->at[i].score < score ||
            (r->at[i].score == score && strcmp(r->at[i].text, text) < 0)))
        i++;
    row = insert(r, i);
    row->score = score;
    put(row->text, ROW_TEXT, text);
}
