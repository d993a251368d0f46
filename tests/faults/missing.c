#include "faults/missing.h"

#include "faults/witness.h"
#include "support/temp.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void mark(bool *there, size_t count, uint32_t job)
{
    if (job < count)
        there[job] = true;
}

/* Whatever ended, or is in a key, by number. */
static bool *find_there(const struct books *b, size_t count)
{
    bool *there = calloc(count + 1, sizeof *there);

    ck_assert_ptr_nonnull(there);
    for (size_t i = 0; i < b->entry_count; i++)
        if (b->entries[i].terminal)
            mark(there, count, b->entries[i].job);
    for (size_t i = 0; i < b->present_count; i++)
        mark(there, count, b->present[i]);
    return there;
}

static void add(struct missing *m, uint32_t job, int64_t at_us)
{
    if (m->count % 1024 == 0) {
        m->jobs = realloc(m->jobs, (m->count + 1024) * sizeof *m->jobs);
        m->at_us = realloc(m->at_us, (m->count + 1024) * sizeof *m->at_us);
        ck_assert(m->jobs && m->at_us);
    }
    m->jobs[m->count] = job;
    m->at_us[m->count++] = at_us;
}

void missing_read(struct missing *m, const char *folder)
{
    struct temp_path path, dir;
    struct books b = {0};
    size_t count = 0;
    char *text;
    bool *there;

    *m = (struct missing){.count = 0};
    books_read(&b, folder);
    for (size_t i = 0; i < b.produced_count; i++)
        if (b.produced[i].job < NO_JOB && b.produced[i].job >= count)
            count = b.produced[i].job + 1;
    there = find_there(&b, count);
    (void)snprintf(dir.text, sizeof dir.text, "%s", folder);
    path = temp_join(&dir, "produced");
    text = temp_read(path.text);
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        uint32_t job;
        int64_t at_us;
        char fate[16];

        if (sscanf(line, "%" SCNu32 " %" SCNd64 " %15s", &job, &at_us, fate) !=
            3)
            ck_abort_msg("%s: not a ledger", path.text);
        if (strcmp(fate, "acked") == 0 && !there[job])
            add(m, job, at_us);
    }
    free(text);
    free(there);
    books_clear(&b);
}

void missing_clear(struct missing *m)
{
    free(m->jobs);
    free(m->at_us);
    *m = (struct missing){.count = 0};
}
