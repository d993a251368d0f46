/* What `extq demo` shows while it runs: one aligned line for each outcome and
 * for each message of the sample notifier. */
#ifndef EXTQ_CLI_DEMO_SCREEN_H
#define EXTQ_CLI_DEMO_SCREEN_H

#include "cli/demo_events.h"
#include "cli/outcomes_entry.h"

struct demo_screen {
    bool colour;
    unsigned width;     /* 0 = no terminal, no limit */
    int64_t started_ms; /* unix ms; times count from here */
};

struct demo_screen demo_screen_make(void);

/* A line of text in a style, on stdout. */
void demo_screen_say(const struct demo_screen *s, const char *fmt, ...)
    like_printf(2, 3);

void demo_screen_title(const struct demo_screen *s, const char *text);

void demo_screen_outcome(const struct demo_screen *s,
                         const struct outcome_entry *entry);

void demo_screen_note(const struct demo_screen *s, const char *text);

#endif
