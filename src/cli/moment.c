#include "cli/moment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void moment_text(int64_t unix_ms, char dst[MOMENT_MAX])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    size_t len = 0;

    if (unix_ms >= 0 && gmtime_r(&seconds, &tm))
        len = strftime(dst, MOMENT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    if (len > 0 && len + 6 <= MOMENT_MAX)
        (void)snprintf(dst + len, MOMENT_MAX - len, ".%03dZ",
                       (int)(unix_ms % 1000));
    else
        (void)snprintf(dst, MOMENT_MAX, "%lld", (long long)unix_ms);
}

bool moment_of_text(struct span text, char dst[MOMENT_MAX])
{
    uint64_t ms;

    if (!span_number(text, &ms) || ms == 0 || ms > INT64_MAX)
        return false;
    moment_text((int64_t)ms, dst);
    return true;
}

struct span moment_cell(struct span ms, bool screen, char dst[MOMENT_MAX])
{
    if (!moment_of_text(ms, dst))
        return ms;
    if (!screen || strlen(dst) != strlen("2024-01-02T03:04:05.678Z"))
        return span_of(dst);
    dst[10] = ' ';
    return (struct span){dst + 5, strlen("01-02 03:04:05")};
}

void moment_length(int64_t ms, char dst[MOMENT_MAX])
{
    static const struct {
        const char *name, *lower_name;
        int64_t ms, lower_ms;
    } units[] = {
        {"d", "h", 86400000, 3600000},
        {"h", "m", 3600000, 60000},
        {"m", "s", 60000, 1000},
    };

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (ms < units[i].ms)
            continue;
        (void)snprintf(dst, MOMENT_MAX, "%lld%s %lld%s",
                       (long long)(ms / units[i].ms), units[i].name,
                       (long long)(ms % units[i].ms / units[i].lower_ms),
                       units[i].lower_name);
        return;
    }
    if (ms >= 10000)
        (void)snprintf(dst, MOMENT_MAX, "%llds", (long long)(ms / 1000));
    else if (ms >= 1000)
        (void)snprintf(dst, MOMENT_MAX, "%lld.%llds", (long long)(ms / 1000),
                       (long long)(ms % 1000 / 100));
    else
        (void)snprintf(dst, MOMENT_MAX, "%lldms", (long long)ms);
}
