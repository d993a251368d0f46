#include "faults/places.h"

#include "faults/binaries.h"
#include "support/temp.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct places *p, const char *name, size_t len)
{
    for (size_t i = 0; i < p->count; i++)
        if (strlen(p->names[i]) == len && strncmp(p->names[i], name, len) == 0)
            return;
    ck_assert(p->count < PLACES_MAX && len < sizeof p->names[0]);
    (void)snprintf(p->names[p->count++], sizeof p->names[0], "%.*s", (int)len,
                   name);
}

/* All texts in the first argument: failpoint(mine ? "a" : "b", NULL). */
static void add_call(struct places *p, const char *at)
{
    const char *end = strchr(at, ',');

    while (end && (at = strchr(at, '"')) && at < end) {
        const char *close = strchr(at + 1, '"');

        ck_assert_ptr_nonnull(close);
        add(p, at + 1, (size_t)(close - at - 1));
        at = close + 1;
    }
}

static void read_source(struct places *p, const char *path)
{
    static const char call[] = "failpoint(";
    char *text = temp_read(path);

    for (const char *at = strstr(text, call); at; at = strstr(at, call)) {
        at += sizeof call - 1;
        add_call(p, at);
    }
    free(text);
}

void places_read(struct places *p)
{
    glob_t found;

    p->count = 0;
    if (glob(SOURCES "/*/*.c", 0, NULL, &found) != 0)
        ck_abort_msg("no sources in " SOURCES);
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (!strstr(found.gl_pathv[i], "/base/failpoint.c"))
            read_source(p, found.gl_pathv[i]);
    globfree(&found);
    ck_assert_uint_gt(p->count, 0);
}
