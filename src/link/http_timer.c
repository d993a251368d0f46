#include "link/http_share.h"

#include "base/check.h"

/* CURLMOPT_TIMERFUNCTION: must not call libcurl. */
int lane_note_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct lane *lane = arg;
    struct http *h = lane->owner;

    (void)multi;
    lane->due_ms = timeout_ms < 0 ? -1 : (int64_t)uv_now(h->loop) + timeout_ms;
    /* One that is kicked is told of the time anyway. */
    if (lane->due_ms >= 0 && lane->due_ms < h->due_ms && !lane->kick) {
        h->due_ms = lane->due_ms;
        h->timers_changed = true;
    }
    return 0;
}

static void timer_fired(uv_timer_t *timer);

/* A timer that is due at once would fire again in the pass that armed it, as
 * long as a peer sends: from there it takes a millisecond at least, unless the
 * turn's flush comes before. */
static void arm(struct http *h, int64_t least_ms)
{
    int64_t now = (int64_t)uv_now(h->loop), first = h->due_ms;

    if (h->closing)
        return;
    if (h->share_due_ms < first)
        first = h->share_due_ms;
    if (h->age_due_ms < first)
        first = h->age_due_ms;
    if (!TAILQ_EMPTY(&h->early) || !TAILQ_EMPTY(&h->put_off) ||
        !STAILQ_EMPTY(&h->kicked))
        first = now;
    if (first == INT64_MAX) {
        uv_timer_stop(&h->timer);
        return;
    }
    if (first < now + least_ms)
        first = now + least_ms;
    check(uv_timer_start(&h->timer, timer_fired, (uint64_t)(first - now), 0) ==
          0);
}

/* Lanes need not say that they are due later than they were. */
static void act_on_due(struct http *h)
{
    int64_t now = (int64_t)uv_now(h->loop);
    struct lane *lane;

    if (now < h->due_ms)
        return;
    h->due_ms = INT64_MAX;
    SLIST_FOREACH(lane, &h->all_lanes, next)
    {
        if (lane->due_ms >= 0 && lane->due_ms <= now) {
            lane->due_ms = -1;
            lane_act(lane, CURL_SOCKET_TIMEOUT, 0);
        }
        if (lane->due_ms >= 0 && lane->due_ms < h->due_ms)
            h->due_ms = lane->due_ms;
    }
}

static void timer_fired(uv_timer_t *timer)
{
    struct http *h = timer->data;

    h->timers_changed = true;
    http_collect_early(h);
    lanes_flush(h);
    act_on_due(h);
    share_expire(h);
    lanes_age(h);
    arm(h, 1);
}

void lane_arm_timer(struct http *h)
{
    if (!h->timers_changed)
        return;
    h->timers_changed = false;
    arm(h, 0);
}
