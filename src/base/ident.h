/* The character sets of names that cross the wire: what is checked here can
 * be put into keys, headers and log lines as it is. */
#ifndef EXTQ_BASE_IDENT_H
#define EXTQ_BASE_IDENT_H

#include "base/span.h"

enum { IDENT_MAX = 128 };

/* Container and point: [A-Za-z0-9._~-]{1,128}. */
bool ident_is_name(struct span s);

/* Job id: [A-Za-z0-9_:-]{1,128}. */
bool ident_is_id(struct span s);

/* Queue and prefix: [A-Za-z0-9._-]{1,64}; no braces, so that the hash tag
 * around a queue's name cannot be broken out of. */
bool ident_is_queue(struct span s);

/* Bearer secret: 1 to 4,096 printable ASCII bytes without space (RFC 6750
 * names a narrower set; deployed secrets use more of it). */
bool ident_is_secret(struct span s);

#endif
