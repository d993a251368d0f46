#include "cli/tally.h"

#include "base/clean.h"

#include <stdlib.h>
#include <string.h>

static struct tally_name name_of(const struct tally_fact *f)
{
    struct tally_name name;

    /* All of it is the key. */
    memset(&name, 0, sizeof name);
    (void)span_copy(f->container, name.container, sizeof name.container);
    (void)span_copy(f->point, name.point, sizeof name.point);
    (void)span_copy(f->class, name.class, sizeof name.class);
    return name;
}

/* The row of that name; a new one while there is room. NULL when out of
 * memory. */
static struct tally_row *row_of(struct tally *t, const struct tally_name *name)
{
    struct tally_row *row;

    HASH_FIND(hh, t->rows, name, sizeof *name, row);
    if (row)
        return row;
    if (HASH_COUNT(t->rows) >= TALLY_ROWS_MAX)
        return &t->others;
    row = calloc(1, sizeof *row);
    if (!row)
        return NULL;
    row->name = *name;
    HASH_ADD(hh, t->rows, name, sizeof row->name, row);
    if (!row->hh.tbl) {
        free(row);
        return NULL;
    }
    return row;
}

static void widen(struct tally_row *row, int64_t first_ms, int64_t last_ms)
{
    if (row->count == 0 || first_ms < row->first_ms)
        row->first_ms = first_ms;
    if (last_ms > row->last_ms)
        row->last_ms = last_ms;
}

enum err tally_add(struct tally *t, const struct tally_fact *f)
{
    const struct tally_name name = name_of(f);
    struct tally_row *row = row_of(t, &name);

    if (!row)
        return ERR_MEMORY;
    widen(row, f->at_ms, f->at_ms);
    t->count++;
    row->count++;
    if (f->ms >= 0)
        spread_add(&row->times, (uint64_t)f->ms);
    if (f->error.len > 0)
        (void)clean_text(f->error, row->sample, sizeof row->sample);
    return ERR_OK;
}

static void merge_row(struct tally_row *row, const struct tally_row *from)
{
    if (from->sample[0] && from->last_ms >= row->last_ms)
        memcpy(row->sample, from->sample, sizeof row->sample);
    widen(row, from->first_ms, from->last_ms);
    row->count += from->count;
    spread_merge(&row->times, &from->times);
}

enum err tally_merge(struct tally *t, const struct tally *from)
{
    for (const struct tally_row *r = from->rows; r; r = r->hh.next) {
        struct tally_row *row = row_of(t, &r->name);

        if (!row)
            return ERR_MEMORY;
        merge_row(row, r);
    }
    if (from->others.count > 0)
        merge_row(&t->others, &from->others);
    t->count += from->count;
    return ERR_OK;
}

static int most_first(const struct tally_row *a, const struct tally_row *b)
{
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return memcmp(&a->name, &b->name, sizeof a->name);
}

void tally_sort(struct tally *t)
{
    HASH_SORT(t->rows, most_first);
}

void tally_clear(struct tally *t)
{
    struct tally_row *row, *next;

    HASH_ITER(hh, t->rows, row, next)
    {
        HASH_DEL(t->rows, row);
        free(row);
    }
}
