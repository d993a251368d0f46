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
    sock_pause(t);
    return true;
}

void turn_leave(struct http_ticket *t)
{
    if (t->paused)
        TAILQ_REMOVE(&t->http->paused, t, paused_next);
    t->paused = false;
}

/* libcurl older than 8.1 keeps the bytes that wait, when the answer ends while
 * others use its connection: the handle's next answer that pauses would begin
 * with them (curl's issue 10971). */
void turn_end(struct http_ticket *t)
{
    if (t->paused && t->lane->kind == LANE_SHARED &&
        t->http->libcurl->version_num < 0x080100)
        t->stale = true;
    turn_leave(t);
}

/* They go to the body's callback, which drops them. */
void turn_clear(struct http_ticket *t)
{
    if (!t->stale)
        return;
    (void)curl_easy_pause(t->easy, CURLPAUSE_RECV);
    (void)curl_easy_pause(t->easy, CURLPAUSE_CONT);
    t->stale = false;
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

bool turn_puts_off(struct sock *s, int events)
{
    const struct http_ticket *t = s->ticket;
    struct http *h = s->lane->owner;

    if (!t || t->begun || !t->target->secure)
        return false;
    if (h->handshakes < HANDSHAKES_A_TURN) {
        h->handshakes++;
        return false;
    }
    h->stats.handshakes_put_off++;
    h->timers_changed = true;
    s->put_off = events;
    TAILQ_INSERT_TAIL(&h->put_off, s, put_off_next);
    return true;
}

void turn_forget(struct sock *s)
{
    if (s->put_off)
        TAILQ_REMOVE(&s->lane->owner->put_off, s, put_off_next);
    s->put_off = 0;
}

/* Before those that become ready in this turn. */
static void shake_some(struct http *h)
{
    struct sock *s;

    h->handshakes = 0;
    while (h->handshakes < HANDSHAKES_A_TURN &&
           (s = TAILQ_FIRST(&h->put_off))) {
        int events = s->put_off;

        turn_forget(s);
        h->handshakes++;
        sock_go_on(s, events);
    }
    h->timers_changed = h->timers_changed || !TAILQ_EMPTY(&h->put_off);
}

void turn_begin(struct http *h)
{
    resume_some(h);
    shake_some(h);
}
