#include "service/gates_internal.h"

#include <stdlib.h>

enum { FIRST_SIZE = 16 };

static void put(struct times *t, size_t index, struct gate_line *line)
{
    t->heap[index] = line;
    line->index = index;
}

static void rise(struct times *t, size_t index, struct gate_line *line)
{
    while (index > 0) {
        size_t above = (index - 1) / 2;

        if (t->heap[above]->when_us <= line->when_us)
            break;
        put(t, index, t->heap[above]);
        index = above;
    }
    put(t, index, line);
}

static void sink(struct times *t, size_t index, struct gate_line *line)
{
    size_t below;

    while ((below = 2 * index + 1) < t->count) {
        if (below + 1 < t->count &&
            t->heap[below + 1]->when_us < t->heap[below]->when_us)
            below++;
        if (line->when_us <= t->heap[below]->when_us)
            break;
        put(t, index, t->heap[below]);
        index = below;
    }
    put(t, index, line);
}

bool times_reserve(struct times *t, size_t count)
{
    size_t size = t->size ? t->size : FIRST_SIZE;
    struct gate_line **heap;

    if (count <= t->size)
        return true;
    while (size < count)
        size *= 2;
    heap = realloc(t->heap, size * sizeof(struct gate_line *));
    if (!heap)
        return false;
    t->heap = heap;
    t->size = size;
    return true;
}

void times_add(struct times *t, struct gate_line *line)
{
    rise(t, t->count++, line);
}

void times_remove(struct times *t, struct gate_line *line)
{
    struct gate_line *last = t->heap[--t->count];
    size_t index = line->index;

    if (last == line)
        return;
    if (index > 0 && t->heap[(index - 1) / 2]->when_us > last->when_us)
        rise(t, index, last);
    else
        sink(t, index, last);
}

void times_close(struct times *t)
{
    free(t->heap);
}
