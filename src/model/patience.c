#include "model/patience.h"

#include "base/rand.h"

void patience_refused(struct patience *p, struct patience_turn *t,
                      int64_t now_ms)
{
    uint32_t jitter = PATIENCE_MAX_MS - PATIENCE_MIN_MS + 1;
    int64_t alone_ms, free_ms = p->last_ms + 1000 / PATIENCE_PER_S;

    if (patience_wait_ms(p, t, now_ms) > 0)
        return;
    alone_ms = now_ms + PATIENCE_MIN_MS + rand_u32(&p->dice) % jitter;
    p->last_ms = alone_ms > free_ms ? alone_ms : free_ms;
    *t = (struct patience_turn){p->last_ms, alone_ms, p->relief};
}

void patience_answered(struct patience *p, struct patience_turn *t)
{
    if (t->at_ms == 0)
        return;
    *t = (struct patience_turn){0};
    p->last_ms = 0;
    p->relief++;
}

int64_t patience_wait_ms(const struct patience *p,
                         const struct patience_turn *t, int64_t now_ms)
{
    int64_t until_ms = t->relief == p->relief ? t->at_ms : t->alone_ms;

    return until_ms > now_ms ? until_ms - now_ms : 0;
}
