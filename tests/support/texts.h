/* What a text has, or has not. */
#ifndef EXTQ_SUPPORT_TEXTS_H
#define EXTQ_SUPPORT_TEXTS_H

#include <check.h>
#include <stddef.h>
#include <string.h>

static inline void has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part), "'%s' is not in '%.2000s'", part, text);
}

static inline void has_not(const char *text, const char *part)
{
    ck_assert_msg(!strstr(text, part), "'%s' is in '%.2000s'", part, text);
}

/* How often. */
static inline unsigned count_in(const char *text, const char *part)
{
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, part)); at++)
        count++;
    return count;
}

static inline size_t count_lines(const char *text)
{
    return count_in(text, "\n");
}

#endif
