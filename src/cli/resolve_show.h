/* The answer of `extq resolve`, without the secret. */
#ifndef EXTQ_CLI_RESOLVE_SHOW_H
#define EXTQ_CLI_RESOLVE_SHOW_H

#include "stages/resolve.h"

/* On stdout: lines for people, or one JSON object. ERR_MEMORY, ERR_LIMIT. */
enum err resolve_show(const struct extension_key *key,
                      const struct resolved *resolved, bool json) must_check;

#endif
