/* The terminal as a screen that is drawn anew: on its alternate page, without
 * echo, and left as it was found. Plain ANSI. */
#ifndef EXTQ_CLI_TOP_SCREEN_H
#define EXTQ_CLI_TOP_SCREEN_H

#include "base/err.h"
#include "base/span.h"

#include <termios.h>

struct top_screen {
    struct termios before;
    int signals; /* a descriptor; -1 = closed */
};

/* Whether stdin and stdout are a terminal that can do it. */
bool top_screen_possible(void);

/* From here on signals that end or resize it are answered by top_screen_wait.
 * ERR_IO; then the terminal is as it was. */
enum err top_screen_open(struct top_screen *ret) must_check;

/* Draws the lines of text, as many as fit; the rest is counted on the last row.
 * False when the terminal is gone. */
bool top_screen_draw(struct span text) must_check;

enum top_event { TOP_TIME, TOP_RESIZED, TOP_QUIT };

/* Waits so long for q, Ctrl-C, a signal that ends, or another size. */
enum top_event top_screen_wait(struct top_screen *s, int64_t wait_ms);

/* Once or more often. */
void top_screen_close(struct top_screen *s);

#endif
