/* What keeps secrets inside the process that must have them in memory. */
#ifndef EXTQ_SERVICE_GUARD_H
#define EXTQ_SERVICE_GUARD_H

#include "base/err.h"

/* Before any thread and any TLS: no core files, no debuggers of other users,
 * no log of TLS session keys. Children inherit the first and the last. ERR_IO
 * when the system refuses. */
enum err guard_secrets(struct why *why) must_check;

#endif
