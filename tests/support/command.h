/* Commands of extq that run to their end: extq_start(plain, "stats", ...). */
#ifndef EXTQ_SUPPORT_COMMAND_H
#define EXTQ_SUPPORT_COMMAND_H

#include "support/process.h"
#include "support/texts.h"

#include <stdio.h>

enum { COMMAND_LIMIT_MS = 60000 };

/* Nothing of the environment leads to a queue. */
static const char *const plain[] = {"EXTQ_REDIS_URL=", "EXTQ_CONFIG=", NULL};

/* What the command wrote, stdout first; it ended with that status. Lives until
 * the next call. */
static inline const char *output(struct process *p, int status)
{
    static char text[1 << 20];

    process_expect(p, status, COMMAND_LIMIT_MS);
    (void)snprintf(text, sizeof text, "%s%s", process_out(p), process_err(p));
    process_close(&p);
    return text;
}

#endif
