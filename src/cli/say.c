#include "cli/say.h"

#include "cli/term.h"

#include <stdarg.h>
#include <stdio.h>

enum { SAY_MAX = 1000 };

void say(const char *command, const char *fmt, ...)
{
    struct buf clean = buf_make(12 * SAY_MAX);
    char text[SAY_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (term_clean(&clean, span_of(text)) == ERR_OK && clean.at)
        fprintf(stderr, "extq%s%s: %s\n", command[0] ? " " : "", command,
                clean.at);
    buf_clear(&clean);
}
