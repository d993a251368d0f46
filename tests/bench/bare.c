#include "bare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { REPLY_MS = 60000 };

void bare_give_up(const char *what)
{
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    exit(1);
}

struct redis_sync *bare_open(const char *port)
{
    struct redis_address a = {.place.host = "127.0.0.1"};
    struct redis_sync *r = NULL;

    a.place.port = (int)strtol(port, NULL, 10);
    if (redis_sync_open(&a, REPLY_MS, &r, NULL))
        bare_give_up("Redis is not there");
    return r;
}

const struct reply *bare_checked(enum err e, const struct reply *reply)
{
    if (e)
        bare_give_up(err_text(e));
    if (reply_fault(reply) != FAULT_NONE)
        bare_give_up(reply_span(reply).at);
    return reply;
}
