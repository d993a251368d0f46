/* The end of `extq demo`: what happened, why, how fast, and what to try. */
#ifndef EXTQ_CLI_DEMO_SUMMARY_H
#define EXTQ_CLI_DEMO_SUMMARY_H

#include "cli/demo_events.h"
#include "cli/demo_folder.h"
#include "cli/demo_screen.h"

/* Returns true when every event ended as designed. */
bool demo_summary(const struct demo_screen *s, const struct demo_events *e);

/* The next commands; with folder, of the service that is left running in
 * it. */
void demo_summary_next(const struct demo_screen *s,
                       const struct demo_folder *folder);

#endif
