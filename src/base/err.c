#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const texts[] = {
    [ERR_OK] = "ok",
    [ERR_MEMORY] = "out of memory",
    [ERR_SYNTAX] = "malformed",
    [ERR_LIMIT] = "too large",
    [ERR_ABSENT] = "not found",
    [ERR_IO] = "system call failed",
    [ERR_REDIS] = "Redis is unreachable",
    [ERR_REPLY] = "Redis refused",
    [ERR_LEASE] = "lease lost",
    [ERR_CONFIG] = "bad configuration",
    [ERR_USAGE] = "bad usage",
};

const char *err_text(enum err e)
{
    return texts[e];
}

enum err why_set(struct why *why, enum err e, const char *fmt, ...)
{
    va_list args;

    if (why) {
        va_start(args, fmt);
        vsnprintf(why->text, sizeof why->text, fmt, args);
        va_end(args);
    }
    return e;
}
