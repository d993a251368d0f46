#include "link/http_internal.h"

enum { SLICE_BYTES = 32 << 10, SLICES_A_TURN = 8, HANDSHAKES_A_TURN = 2 };

bool turn_pauses(struct http_ticket *t, size_t len)
{
    struct http *h = t->http;

    if (t->slice_bytes == 0 || t->slice_bytes + len <= SLICE_BYTES) {
        t->slice_bytes += len;
        return false;
    }
    t->slice_bytes = 0;
    t->paused = true;
    TAILQ_INSERT_TAIL(&h->paused, t, paused_next);
    return true;
}

void turn_leave(struct http_ticket *t)
{
    if (t->paused)
        TAILQ_REMOVE(&t->http->paused, t, paused_next);
    t->paused = false;
}

/* Those that pause meanwhile are at the end. */
static void resume_some(struct http *h)
{
    struct http_ticket *t;

    for (int n = 0; n < SLICES_A_TURN && (t = TAILQ_FIRST(&h->paused)); n++) {
        CURLcode code;

        turn_leave(t);
        h->stats.slices++;
        code = curl_easy_pause(t->easy, CURLPAUSE_CONT);
        if (code != CURLE_OK)
            lane_fail(t, code);
    }
}

bool turn_lets_shake(const struct http_ticket *t)
{
    struct http *h = t->http;

    if (t->begun || !t->target->secure)
        return true;
    if (h->handshakes < HANDSHAKES_A_TURN) {
        h->handshakes++;
        return true;
    }
    h->stats.handshakes_put_off++;
    return false;
}

void turn_begin(struct http *h)
{
    h->handshakes = 0;
    resume_some(h);
}
