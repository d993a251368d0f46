#include "faults/rig.h"

#include "base/clock.h"

#include <check.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum rig_size rig_size(void)
{
    const char *text = getenv("EXTQ_FAULTS_SIZE");

    if (text && strcmp(text, "record") == 0)
        return SIZE_RECORD;
    return text && strcmp(text, "full") == 0 ? SIZE_FULL : SIZE_SMALL;
}

uint64_t rig_seed(void)
{
    const char *text = getenv("EXTQ_FAULTS_SEED");

    return text ? strtoull(text, NULL, 10) : 1;
}

unsigned rig_pick(unsigned small, unsigned full, unsigned record)
{
    switch (rig_size()) {
    case SIZE_RECORD:
        return record;
    case SIZE_FULL:
        return full;
    default:
        return small;
    }
}

bool rig_is_sound(const struct rig *r)
{
    return figures_wrong(&r->figures) == 0 && r->crashed == 0 && r->busy == 0 &&
           r->exceeded == 0 && r->late == 0 && r->unproven == 0 &&
           r->figures.duplicated <= r->exposed;
}

void rig_add(struct rig *sum, const struct rig *one)
{
    size_t *to = &sum->figures.jobs;
    const size_t *from = &one->figures.jobs;

    for (size_t i = 0; i < sizeof sum->figures / sizeof *to; i++)
        to[i] += from[i];
    sum->faults += one->faults;
    sum->exposed += one->exposed;
    sum->crashed += one->crashed;
    sum->rejected += one->rejected;
    sum->busy += one->busy;
    sum->exceeded += one->exceeded;
    sum->late += one->late;
    sum->missed += one->missed;
    sum->unproven += one->unproven;
    if (one->drain_ms > sum->drain_ms)
        sum->drain_ms = one->drain_ms;
}

static const struct {
    const char *name;
    int width;
} columns[] = {
    {"scenario", -12}, {"jobs", 8},     {"acked", 8},  {"refused", 7},
    {"no-answer", 9},  {"calls", 8},    {"faults", 6}, {"F", 7},
    {"lost", 4},       {"unexp", 5},    {"dup", 5},    {"recov", 5},
    {"stuck", 5},      {"contra", 6},   {"unrep", 5},  {"stale", 5},
    {"leaked", 6},     {"crashed", 7},  {"busy", 4},   {"late", 4},
    {"rejected", 8},   {"drain-ms", 8}, {"wall-s", 6}, {"seed", 20},
    {"", 0},
};

void rig_print_head(void)
{
    for (size_t i = 0; columns[i].width; i++)
        printf("%*s ", columns[i].width, columns[i].name);
    printf("\n");
    (void)fflush(stdout);
}

void rig_print(const struct rig *r)
{
    const struct figures *f = &r->figures;
    const size_t numbers[] = {
        f->jobs,          f->acked,      f->refused,
        f->unanswered,    f->calls,      r->faults,
        r->exposed,       f->lost,       f->unexpected,
        f->duplicated,    f->recovered,  f->stuck,
        f->contradictory, f->unreported, f->stale_accepted,
        f->leaked_keys,   r->crashed,    r->busy,
        r->late,          r->rejected,   (size_t)r->drain_ms,
    };
    size_t i = 0;

    printf("%*s ", columns[0].width, r->name);
    for (; i < sizeof numbers / sizeof *numbers; i++)
        printf("%*zu ", columns[i + 1].width, numbers[i]);
    printf("%*.1f %*" PRIu64 " %s\n", columns[i + 1].width,
           (double)(clock_mono_ms() - r->start_ms) / 1000, columns[i + 2].width,
           r->seed, rig_is_sound(r) ? "ok" : "WRONG");
    (void)fflush(stdout);
}

static int remove_entry(const char *path, const struct stat *status, int kind,
                        struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    (void)remove(path);
    return 0;
}

void rig_close(struct rig **ret)
{
    struct rig *r = *ret;

    *ret = NULL;
    if (rig_is_sound(r) && !getenv("EXTQ_FAULTS_KEEP"))
        (void)nftw(r->folder.text, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    else
        printf("%s: ledgers in %s\n", r->name, r->folder.text);
    (void)fflush(stdout);
    free(r);
}

void rig_finish(struct rig **r)
{
    bool sound;

    (void)rig_drain(*r, RIG_BOUND_MS);
    rig_settle(*r);
    rig_print(*r);
    sound = rig_is_sound(*r);
    rig_close(r);
    if (!sound)
        ck_abort_msg("figures that must be zero are not");
}

void rig_sum_open(struct rig *sum, const char *name)
{
    *sum = (struct rig){.name = name, .seed = rig_seed()};
    sum->size = rig_size();
    sum->start_ms = clock_mono_ms();
}

void rig_sum_finish(const struct rig *sum, size_t cases)
{
    rig_print(sum);
    printf("%*s %zu cases, of which %zu were not struck\n", columns[0].width,
           sum->name, cases, sum->missed);
    (void)fflush(stdout);
    if (!rig_is_sound(sum))
        ck_abort_msg("figures that must be zero are not");
}
