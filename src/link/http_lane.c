#include "link/http_pin.h"
#include "link/http_share.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

/* How many connections a lane should have: fewer cost less each, and each lane
 * costs memory. */
static const unsigned rooms[LANE_KINDS] = {
    [LANE_PLAIN] = 16, [LANE_SECURE] = 128};

/* A host's connections with HTTP/2: as many as take the requests of a client
 * that keeps twice as many, with so many streams each. */
enum { STREAMS_LEAST = 64, CONNECTIONS_LEAST = 8 };

/* So long a lane stays open at least: one that is opened anew reads all of the
 * authorities' certificates, which takes far longer than a handshake. */
enum { OPEN_LEAST_MS = 1000 };

static void lane_init(struct lane *lane, struct http *h, enum lane_kind kind)
{
    lane->owner = h;
    lane->kind = kind;
    lane->due_ms = -1;
    SLIST_INSERT_HEAD(&h->all_lanes, lane, next);
}

void lanes_open(struct http *h)
{
    STAILQ_INIT(&h->kicked);
    for (enum lane_kind kind = 0; kind < LANE_KINDS; kind++) {
        TAILQ_INIT(&h->lanes[kind].ring);
        TAILQ_INIT(&h->lanes[kind].roomy);
    }
    h->shared = h->shared_lanes;
    lane_init(&h->shared_lanes[0], h, LANE_SHARED);
    lane_init(&h->shared_lanes[1], h, LANE_SHARED);
}

void lanes_close(struct http *h)
{
    struct lane *lane;

    SLIST_FOREACH(lane, &h->all_lanes, next)
    lane_close(lane);
}

static void free_all(struct lanes *lanes)
{
    struct lane *lane;

    while ((lane = TAILQ_FIRST(&lanes->ring))) {
        TAILQ_REMOVE(&lanes->ring, lane, ring);
        free(lane);
    }
}

void http_unref(struct http *h)
{
    if (--h->refs > 0)
        return;
    free_all(&h->lanes[LANE_PLAIN]);
    free_all(&h->lanes[LANE_SECURE]);
    free(h->socks);
    free(h);
}

void lane_fail(struct http_ticket *t, CURLcode code)
{
    answer_finish(t, code);
    dial_end(t);
    t->state = TICKET_EARLY;
    t->http->timers_changed = true;
    TAILQ_INSERT_TAIL(&t->http->early, t, early);
}

/* Out of memory, most likely: after an error the multi handle is of no use
 * until it is empty. Whoever is told may send anew, so all end before any is
 * told. */
static void fail_all(struct lane *lane)
{
    struct http_ticket *t;

    LIST_FOREACH(t, &lane->owner->busy, busy)
    if (t->state == TICKET_SENT && t->lane == lane) {
        (void)snprintf(t->error, sizeof t->error, "%s", err_text(ERR_MEMORY));
        lane_fail(t, CURLE_RECV_ERROR);
    }
}

void lane_act(struct lane *lane, curl_socket_t fd, int what)
{
    int running;
    CURLMcode code;

    lane->owner->records = 0;
    code = curl_multi_socket_action(lane->multi, fd, what, &running);
    berths_settle(lane);
    http_collect(lane);
    if (code != CURLM_OK)
        fail_all(lane);
}

void lane_kick(struct lane *lane)
{
    if (!lane->kick)
        STAILQ_INSERT_TAIL(&lane->owner->kicked, lane, kicked);
    lane->kick = true;
    lane->owner->timers_changed = true;
}

void lanes_flush(struct http *h)
{
    struct kicked_lanes now = STAILQ_HEAD_INITIALIZER(now);
    struct lane *lane;

    /* Those that are kicked meanwhile wait for the next turn. */
    STAILQ_CONCAT(&now, &h->kicked);
    while ((lane = STAILQ_FIRST(&now))) {
        STAILQ_REMOVE_HEAD(&now, kicked);
        lane->kick = false;
        if (lane->multi)
            lane_act(lane, CURL_SOCKET_TIMEOUT, 0);
    }
}

void lane_take_off(struct http_ticket *t)
{
    check(curl_multi_remove_handle(t->lane->multi, t->easy) == CURLM_OK);
    /* Its memory may go; libcurl may not have looked at it yet. */
    curl_easy_setopt(t->easy, CURLOPT_RESOLVE, NULL);
}

static void set_shared(CURLM *multi, unsigned connections)
{
    unsigned each = connections / STREAMS_LEAST;

    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
    /* Otherwise libcurl 7.88 opens one for each request of a burst that finds
     * no stream free. */
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      each < CONNECTIONS_LEAST ? (long)CONNECTIONS_LEAST
                                               : (long)each);
}

static void set_own(CURLM *multi, unsigned connections, unsigned room)
{
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                      (long)(connections < room ? connections : room));
}

bool lane_open(struct lane *lane)
{
    unsigned connections = lane->owner->options.max_connections;

    lane->multi = curl_multi_init();
    if (!lane->multi)
        return false;
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, sock_wanted);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, lane_note_timer);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    if (lane->kind == LANE_SHARED)
        set_shared(lane->multi, connections);
    else
        set_own(lane->multi, connections, rooms[lane->kind]);
    return true;
}

void lane_close(struct lane *lane)
{
    if (!lane->multi)
        return;
    curl_multi_cleanup(lane->multi);
    pins_clear(lane);
    lane->multi = NULL;
    lane->due_ms = -1;
}

static struct lane *lane_make(struct http *h, enum lane_kind kind)
{
    struct lane *lane = calloc(1, sizeof *lane);

    if (!lane)
        return NULL;
    lane_init(lane, h, kind);
    if (!lane_open(lane)) {
        SLIST_REMOVE_HEAD(&h->all_lanes, next);
        free(lane);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&h->lanes[kind].ring, lane, ring);
    h->lanes[kind].connections += rooms[kind];
    lane_count(lane, 0, 0);
    return lane;
}

/* None has room, and there are enough of them: one with connections that are
 * idle, which libcurl closes for others. */
static struct lane *next_of(struct lanes *lanes)
{
    struct lane *lane, *first = TAILQ_FIRST(&lanes->ring);

    if (!first)
        return NULL;
    do {
        lane = TAILQ_FIRST(&lanes->ring);
        TAILQ_REMOVE(&lanes->ring, lane, ring);
        TAILQ_INSERT_TAIL(&lanes->ring, lane, ring);
    } while (lane->idle == 0 && TAILQ_FIRST(&lanes->ring) != first);
    return lane;
}

struct lane *lane_roomy(struct http *h, bool secure)
{
    enum lane_kind kind = secure ? LANE_SECURE : LANE_PLAIN;
    struct lanes *lanes = &h->lanes[kind];
    struct lane *lane = TAILQ_FIRST(&lanes->roomy);

    if (!lane && (TAILQ_EMPTY(&lanes->ring) ||
                  lanes->connections < h->options.max_connections))
        lane = lane_make(h, kind);
    if (!lane)
        lane = next_of(lanes);
    return lane && (lane->multi || lane_open(lane)) ? lane : NULL;
}

static int64_t old_ms(const struct lane *lane)
{
    int64_t idle_ms = lane->owner->options.idle_ms;

    return lane->used_ms + (idle_ms > OPEN_LEAST_MS ? idle_ms : OPEN_LEAST_MS);
}

/* Another one may be old earlier. */
static void age_at(struct http *h, int64_t due_ms)
{
    if (due_ms >= h->age_due_ms)
        return;
    h->age_due_ms = due_ms;
    h->timers_changed = true;
}

void lanes_age(struct http *h)
{
    int64_t now = (int64_t)uv_now(h->loop);
    bool closed = false;
    struct lane *lane;

    if (now < h->age_due_ms)
        return;
    h->age_due_ms = INT64_MAX;
    SLIST_FOREACH(lane, &h->all_lanes, next)
    {
        if (!lane->multi || lane->busy > 0)
            continue;
        if (closed || old_ms(lane) > now) {
            age_at(h, old_ms(lane));
            continue;
        }
        lane_close(lane);
        closed = true;
    }
}

void lane_count(struct lane *lane, int busy, int idle)
{
    struct lanes *lanes = &lane->owner->lanes[lane->kind];
    bool is_roomy;

    lane->busy += (unsigned)busy;
    lane->idle += (unsigned)idle;
    if (busy < 0 && lane->busy == 0) {
        lane->used_ms = (int64_t)uv_now(lane->owner->loop);
        age_at(lane->owner, old_ms(lane));
    }
    is_roomy = lane->busy + lane->idle < rooms[lane->kind];
    if (is_roomy && !lane->is_roomy)
        TAILQ_INSERT_HEAD(&lanes->roomy, lane, roomy);
    else if (!is_roomy && lane->is_roomy)
        TAILQ_REMOVE(&lanes->roomy, lane, roomy);
    lane->is_roomy = is_roomy;
}
