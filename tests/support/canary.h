/* A search for a marker in everything that a service leaves behind, in the
 * forms that a text takes on its way: as it is, hex, percent and JSON escapes,
 * base64 at any offset. */
#ifndef EXTQ_SUPPORT_CANARY_H
#define EXTQ_SUPPORT_CANARY_H

#include "base/span.h"
#include "link/redis.h"

#include <sys/types.h>

enum { CANARY_FORMS_MAX = 16, CANARY_FORM_MAX = 512 };

struct canary {
    char forms[CANARY_FORMS_MAX][CANARY_FORM_MAX];
    size_t form_count;
    unsigned places, hits;
    char where[4096]; /* the places of hits, one per line */
};

/* For a marker of 16 to 100 bytes. */
struct canary canary_of(const char *marker);

/* One more place. */
void canary_search(struct canary *c, const char *place, struct span bytes);

/* A file, which must be there; every file below a folder, whose number is
 * returned. */
void canary_file(struct canary *c, const char *path);
unsigned canary_folder(struct canary *c, const char *path);

/* What others may see of a running process. */
void canary_process(struct canary *c, pid_t pid);

/* Every key with its name and its value, but for the values of keys that begin
 * like one of the texts (ended by NULL; NULL = none). */
void canary_redis(struct canary *c, const struct redis_address *address,
                  const char *const *but);

#endif
