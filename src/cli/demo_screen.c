#include "cli/demo_screen.h"

#include "base/clean.h"
#include "base/clock.h"
#include "cli/term.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { ROW_MAX = 1024, CELL_MAX = 64 };

struct demo_screen demo_screen_make(void)
{
    return (struct demo_screen){
        .colour = term_colour(STDOUT_FILENO),
        .width = term_width(STDOUT_FILENO),
        .started_ms = clock_wall_ms(),
    };
}

/* One line in one style, cut to the terminal: a line that wraps spoils the
 * columns. */
static void put(const struct demo_screen *s, enum term_style style,
                const char *text)
{
    struct span line = span_of(text);

    while (line.len > 0 && line.at[line.len - 1] == ' ')
        line.len--;
    if (s->width > 0)
        line = term_cut(line, s->width);
    (void)printf("%s%.*s%s\n", term_style(style, s->colour), (int)line.len,
                 line.at, term_style(TERM_PLAIN, s->colour));
}

void demo_screen_say(const struct demo_screen *s, const char *fmt, ...)
{
    char text[ROW_MAX];
    va_list args;

    (void)s;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)printf("%s\n", text);
}

void demo_screen_title(const struct demo_screen *s, const char *text)
{
    (void)printf("\n%s%s%s\n", term_style(TERM_BOLD, s->colour), text,
                 term_style(TERM_PLAIN, s->colour));
}

static enum term_style style_of(struct span verdict)
{
    if (span_is(verdict, "delivered"))
        return TERM_GOOD;
    if (span_is(verdict, "retry"))
        return TERM_WARN;
    return span_is(verdict, "skipped") ? TERM_DIM : TERM_BAD;
}

/* Never empty, so that columns stay countable. What came out of Redis is
 * cleaned here. */
static const char *cell(const struct outcome_entry *entry, const char *name,
                        char dst[CELL_MAX])
{
    if (clean_text(outcome_entry_field(entry, name), dst, CELL_MAX) == 0)
        (void)snprintf(dst, CELL_MAX, "-");
    return dst;
}

/* The last column: what the other ones do not say, in the 25 columns that they
 * leave of 80. */
static void explain(const struct outcome_entry *entry, char *dst, size_t size)
{
    struct span verdict = outcome_entry_field(entry, "verdict");
    char class[CELL_MAX], calls[CELL_MAX];
    uint64_t next_ms = 0;

    (void)cell(entry, "class", class);
    (void)cell(entry, "attempt", calls);
    (void)span_number(outcome_entry_field(entry, "next_at"), &next_ms);
    if (span_is(verdict, "retry"))
        (void)snprintf(dst, size, "%s, in %.1f s", class,
                       (double)((int64_t)next_ms - outcome_entry_ms(entry)) /
                           1000.0);
    else if (span_is(verdict, "dead"))
        (void)snprintf(dst, size, "%s, %s calls", class, calls);
    else if (span_is(verdict, "delivered") &&
             !span_is(outcome_entry_field(entry, "attempt"), "1"))
        (void)snprintf(dst, size, "at call %s", calls);
    else
        (void)snprintf(dst, size, "%s",
                       span_is(verdict, "delivered") ? "" : class);
}

void demo_screen_outcome(const struct demo_screen *s,
                         const struct outcome_entry *entry)
{
    char verdict[CELL_MAX], container[CELL_MAX], point[CELL_MAX];
    char status[CELL_MAX], ms[CELL_MAX], place[2 * CELL_MAX + 2];
    char more[3 * CELL_MAX], line[ROW_MAX];

    (void)snprintf(place, sizeof place, "%s/%s",
                   cell(entry, "container", container),
                   cell(entry, "point", point));
    if (span_is(outcome_entry_field(entry, "status"), "0"))
        (void)snprintf(status, sizeof status, "-"); /* there was no answer */
    else
        (void)cell(entry, "status", status);
    explain(entry, more, sizeof more);
    (void)snprintf(line, sizeof line, "%5.2fs %-9s %-27s %3s %3sms %s",
                   (double)(outcome_entry_ms(entry) - s->started_ms) / 1000.0,
                   cell(entry, "verdict", verdict), place, status,
                   cell(entry, "ms", ms), more);
    put(s, style_of(outcome_entry_field(entry, "verdict")), line);
}

void demo_screen_note(const struct demo_screen *s, const char *text)
{
    char line[ROW_MAX];

    (void)snprintf(line, sizeof line, "%5.2fs %-9s Deal won: %s",
                   (double)(clock_wall_ms() - s->started_ms) / 1000.0, "#deals",
                   text);
    put(s, TERM_BOLD, line);
}
