#include "support/outing.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

struct outing outing_start(const char *const *words, const char *variable)
{
    struct outing o = {.tmp = temp_dir()};
    char folder[sizeof o.tmp + 8];
    const char *env[] = {folder, variable, NULL};

    (void)snprintf(folder, sizeof folder, "TMPDIR=%s", o.tmp.text);
    o.process = process_start(words, env);
    return o;
}

bool outing_said(struct outing *o, const char *text)
{
    return strstr(process_out(o->process), text) != NULL;
}

size_t outing_left(const struct outing *o)
{
    DIR *open = opendir(o->tmp.text);
    size_t count = 0;

    ck_assert_ptr_nonnull(open);
    for (const struct dirent *e = readdir(open); e; e = readdir(open))
        count += e->d_name[0] != '.';
    (void)closedir(open);
    return count;
}
