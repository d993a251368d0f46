/* What tests of the server-side functions begin with: a Redis of each test's
 * own that has them, and an epoch with a lease that outlives it. */
#ifndef EXTQ_SUPPORT_FUNCTIONS_CASE_H
#define EXTQ_SUPPORT_FUNCTIONS_CASE_H

#include "support/functions.h"

static struct functions f;
static struct epoch mine;

#define ask(...)   redis_server_ask(f.server, __VA_ARGS__, NULL)
#define count(...) redis_server_count(f.server, __VA_ARGS__, NULL)

static inline void open_all(void)
{
    static const char *const words[] = {"--enable-debug-command", "yes", NULL};

    f = functions_open(words);
    mine = functions_join(&f, "60000");
}

static inline void close_all(void)
{
    functions_close(&f);
}

#endif
