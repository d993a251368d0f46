/* A progress bar on stderr; nothing at all unless stderr is a terminal. */
#ifndef EXTQ_CLI_PROGRESS_H
#define EXTQ_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *unit; /* "jobs" */
    uint64_t total;   /* of `part` in progress_show; 0 = not known */
    int64_t drawn_ms; /* when the bar was last drawn; monotonic */
    int64_t started_ms;
    bool on;
    bool drawn;
};

/* Nothing is drawn in the first half second: short work needs no bar. */
struct progress progress_make(const char *unit, uint64_t total);

/* part of total (bytes, say) is done, which is `count` units. Draws ten times
 * a second at most. */
void progress_show(struct progress *p, uint64_t part, uint64_t count);

/* Takes the bar off the screen, so that a message can follow. */
void progress_clear(struct progress *p);

#endif
