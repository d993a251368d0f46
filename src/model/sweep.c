#include "model/sweep.h"

void sweep_connected(struct sweep *s, int64_t now_ms, int64_t uptime_ms)
{
    bool first = s->from_ms == 0;

    s->from_ms =
        first && uptime_ms > s->lease_ms ? now_ms : now_ms + s->lease_ms;
    s->server_ms = 0;
}

void sweep_read_clock(struct sweep *s, int64_t now_ms, int64_t server_ms)
{
    int64_t ahead = (server_ms - s->server_ms) - (now_ms - s->mono_ms);

    if (s->server_ms != 0 && ahead > s->lease_ms / 2)
        s->from_ms = now_ms + s->lease_ms;
    s->server_ms = server_ms;
    s->mono_ms = now_ms;
}

bool sweep_allowed(const struct sweep *s, int64_t now_ms)
{
    return s->from_ms != 0 && now_ms >= s->from_ms;
}
