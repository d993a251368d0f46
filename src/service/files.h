/* How many files may be open: as many as the configuration may need, as far as
 * the system's hard limit goes. */
#ifndef EXTQ_SERVICE_FILES_H
#define EXTQ_SERVICE_FILES_H

#include "service/config.h"

#include <stdint.h>

/* How many that is. */
uint64_t files_wanted(const struct config *c);

/* Raises the soft limit to that, never lowers it; warns when the hard limit
 * does not reach. */
void files_raise(const struct config *c);

#endif
