#include "cli/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR_COLUMNS = 30, FIRST_MS = 500, EVERY_MS = 100 };

struct progress progress_make(const char *unit, uint64_t total)
{
    int64_t now = clock_mono_ms();

    return (struct progress){
        .unit = unit,
        .total = total,
        .started_ms = now,
        .drawn_ms = now + FIRST_MS - EVERY_MS,
        .on = isatty(STDERR_FILENO) == 1,
    };
}

static uint64_t share(const struct progress *p, uint64_t part, uint64_t of)
{
    if (p->total == 0)
        return 0;
    return part >= p->total ? of : part * of / p->total;
}

static void draw(const struct progress *p, uint64_t part, uint64_t count,
                 int64_t now)
{
    static const char full[] = "##############################";
    static const char rest[] = "..............................";
    int filled = (int)share(p, part, BAR_COLUMNS);
    uint64_t ms = (uint64_t)(now - p->started_ms) + 1;

    char bar[128] = "";

    if (p->total > 0)
        snprintf(bar, sizeof bar, "[%.*s%.*s] %3d %%  ", filled, full,
                 BAR_COLUMNS - filled, rest, (int)share(p, part, 100));
    fprintf(stderr, "\r\033[K%s%llu %s, %llu/s", bar, (unsigned long long)count,
            p->unit, (unsigned long long)(count * 1000 / ms));
    (void)fflush(stderr);
}

void progress_show(struct progress *p, uint64_t part, uint64_t count)
{
    int64_t now;

    if (!p->on)
        return;
    now = clock_mono_ms();
    if (now - p->drawn_ms < EVERY_MS)
        return;
    draw(p, part, count, now);
    p->drawn_ms = now;
    p->drawn = true;
}

void progress_clear(struct progress *p)
{
    if (p->drawn)
        fprintf(stderr, "\r\033[K");
    p->drawn = false;
}
