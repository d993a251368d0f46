#include "faults/suspects.h"

#include "support/wait.h"

void suspects_make(struct rig *r)
{
    static const char script[] =
        "local job = redis.call('RPOP', 'extq:{default}:jobs') "
        "redis.call('RPUSH', 'extq:{default}:suspects', "
        "'1-1 4 0 0 ' .. redis.call('TIME')[1] .. '000 -\\n' .. job)";

    (void)redis_server_ask(r->redis, "EVAL", script, "0", NULL);
}

void suspects_await_turn(struct rig *r)
{
    wait_until(redis_server_count(r->redis, "EXISTS", "extq:{default}:alone",
                                  NULL) == 0,
               RIG_BOUND_MS, "the end of the turn to run suspects");
}
