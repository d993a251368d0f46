/* "Did you mean ...?" */
#ifndef EXTQ_CLI_SUGGEST_H
#define EXTQ_CLI_SUGGEST_H

#include <stddef.h>

/* Keeps the candidate that is nearest to word, if it is near enough to be
 * meant and nearer than *nearest (NULL = none yet), whose distance is kept in
 * *distance. */
void suggest(const char *word, const char *candidate, const char **nearest,
             size_t *distance);

#endif
