#include "link/http_share.h"

#include "base/check.h"

/* CURLMOPT_TIMERFUNCTION: must not call libcurl. */
int lane_note_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct lane *lane = arg;
    struct http *h = lane->owner;

    (void)multi;
    lane->due_ms = timeout_ms < 0 ? -1 : (int64_t)uv_now(h->loop) + timeout_ms;
    h->timers_changed = true;
    return 0;
}

static void timer_fired(uv_timer_t *timer);

/* A timer that is due at once would fire again in the pass that armed it, as
 * long as a peer sends: from there it takes a millisecond at least, unless the
 * turn's flush comes before. */
static void arm(struct http *h, int64_t least_ms)
{
    int64_t now = (int64_t)uv_now(h->loop), first = h->share_due_ms;

    if (h->closing)
        return;
    if (!TAILQ_EMPTY(&h->early) || !TAILQ_EMPTY(&h->put_off))
        first = now;
    for (const struct lane *lane = h->lanes; lane < h->lanes + ALL_LANES;
         lane++)
        if (lane->due_ms >= 0 && lane->due_ms < first)
            first = lane->due_ms;
    if (first == INT64_MAX) {
        uv_timer_stop(&h->timer);
        return;
    }
    if (first < now + least_ms)
        first = now + least_ms;
    check(uv_timer_start(&h->timer, timer_fired, (uint64_t)(first - now), 0) ==
          0);
}

static void timer_fired(uv_timer_t *timer)
{
    struct http *h = timer->data;
    int64_t now = (int64_t)uv_now(h->loop);

    h->timers_changed = true;
    http_collect_early(h);
    for (struct lane *lane = h->lanes; lane < h->lanes + ALL_LANES; lane++)
        if (lane->due_ms >= 0 && lane->due_ms <= now) {
            lane->due_ms = -1;
            lane_act(lane, CURL_SOCKET_TIMEOUT, 0);
        }
    share_expire(h);
    arm(h, 1);
}

void lane_arm_timer(struct http *h)
{
    if (!h->timers_changed)
        return;
    h->timers_changed = false;
    arm(h, 0);
}
