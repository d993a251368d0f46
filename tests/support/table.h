/* What table-driven tests share. */
#ifndef EXTQ_SUPPORT_TABLE_H
#define EXTQ_SUPPORT_TABLE_H

#include "base/span.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* A literal that may hold NUL bytes, as a struct span's initializer. */
#define BYTES(literal)                                                         \
    {                                                                          \
        (literal), sizeof(literal) - 1                                         \
    }

/* A copy with nothing behind it, so that sanitizers see a read past the end.
 * The caller frees .at with exact_free. */
static inline struct span exact_copy(struct span s)
{
    char *at = malloc(s.len ? s.len : 1);

    ck_assert_ptr_nonnull(at);
    memcpy(at, s.at, s.len);
    return (struct span){at, s.len};
}

static inline void exact_free(struct span s)
{
    union {
        const char *at;
        void *memory;
    } pointer = {s.at};

    free(pointer.memory);
}

#endif
