/* Places where tests let the process fail; nothing of it is in a release.
 *
 * With EXTQ_FAILPOINTS defined, $EXTQ_FAILPOINT names what happens where:
 * "place=action" or "place@word=action", separated by ';'. With @word it
 * happens only where the second argument starts with that word. Actions: die
 * (SIGKILL to itself), stop (SIGSTOP), error (failpoint is true), and
 * sleep:MS. Each place that is passed is written, at least once, to the file
 * $EXTQ_FAILPOINT_LOG, so that a run can tell which were never reached. */
#ifndef EXTQ_BASE_FAILPOINT_H
#define EXTQ_BASE_FAILPOINT_H

#include <stdbool.h>

#ifdef EXTQ_FAILPOINTS
/* True when the place is to fail. Safe from any thread. */
bool failpoint(const char *place, const char *word);
#else
static inline bool failpoint(const char *place, const char *word)
{
    (void)place;
    (void)word;
    return false;
}
#endif

#endif
