#include "service/worker_internal.h"

#include "base/check.h"

#include <stdio.h>

void claimer_open(struct claimer *k, struct intake *i, const char *tail)
{
    k->intake = i;
    k->holder.keys = &i->queue->keys;
    (void)snprintf(k->holder.tag, sizeof k->holder.tag, "%u%s",
                   i->worker->index, tail);
    k->call.arg = k;
    k->most = CLAIM_MAX;
}

void claimer_call(struct claimer *k, struct redis *redis,
                  void (*done)(void *arg, const struct claimed *claimed))
{
    check(k->asked == 0 && !k->recovering);
    k->call.redis = redis;
    k->call.done = done;
}

void claimer_asked(struct claimer *k, unsigned count)
{
    k->lease = k->intake->lease;
    k->asked = count;
    k->intake->worker->promised += count;
}

bool claimer_answered(struct claimer *k)
{
    struct intake *i = k->intake;

    i->worker->promised -= k->asked;
    k->asked = 0;
    return i->owns && k->lease == i->lease;
}
