/* A tally for people and programs. */
#ifndef EXTQ_CLI_TALLY_WRITE_H
#define EXTQ_CLI_TALLY_WRITE_H

#include "cli/tally.h"

struct tally_view {
    bool json;
    bool times;      /* of calls: with rates and how long they took */
    int64_t span_ms; /* for rates: the time over which was counted */
};

/* On stdout: those with most first, then what is counted together; sorts the
 * tally. Nothing, for people, of an empty one. ERR_MEMORY, ERR_LIMIT. */
enum err tally_print(struct tally *t, const struct tally_view *view) must_check;

#endif
