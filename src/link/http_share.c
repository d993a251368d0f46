#include "link/http_share.h"

/* After a connection failed; and how much later than libcurl, which says more
 * of those that are its own to end. */
enum { RETRY_MS = 1000, GRACE_MS = 20 };

bool lane_multiplexes(const struct lane *lane)
{
    return lane->kind == LANE_SHARED;
}

static bool is_serial(const struct host *host)
{
    return (int64_t)uv_now(host->http->loop) < host->serial_until_ms;
}

struct lane *share_lane(const struct http_ticket *t, const struct host *host)
{
    struct http *h = t->http;

    if (!t->request.http2 || !t->target->secure || !tls_is_known(h) ||
        is_serial(host))
        return NULL;
    if (h->shared->multi)
        return h->shared;
    h->shared_until_ms = (int64_t)uv_now(h->loop) + h->options.life_ms;
    return lane_open(h->shared) ? h->shared : NULL;
}

void share_renew(struct http *h)
{
    struct lane *first = h->shared_lanes;
    struct lane *other = h->shared == first ? first + 1 : first;

    if (other->multi && other->busy == 0)
        lane_close(other);
    if (h->shared->multi && !other->multi &&
        (int64_t)uv_now(h->loop) >= h->shared_until_ms)
        h->shared = other;
}

/* Those that come while a connection is being opened wait for what it will
 * speak, instead of opening one each. */
void share_prepare(struct http_ticket *t, const struct lane *lane)
{
    bool shares = lane_multiplexes(lane);

    t->fd = -1;
    if (t->multiplexes == shares)
        return;
    t->multiplexes = shares;
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION,
                     shares ? (long)CURL_HTTP_VERSION_2TLS
                            : (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, (long)shares);
}

static bool waits(const struct http_ticket *t)
{
    return t->state == TICKET_SENT && lane_multiplexes(t->lane) && !t->begun;
}

static int64_t give_up_ms(const struct http_ticket *t)
{
    const struct http_request *q = &t->request;
    int64_t most = q->connect_ms < q->total_ms ? q->connect_ms : q->total_ms;

    return t->started_ms + most - t->dns_us / 1000 + GRACE_MS;
}

void share_wait(struct http_ticket *t)
{
    struct http *h = t->http;
    int64_t due_ms = give_up_ms(t);

    if (!waits(t) || due_ms >= h->share_due_ms)
        return;
    h->share_due_ms = due_ms;
    h->timers_changed = true;
}

void share_expire(struct http *h)
{
    int64_t now = (int64_t)uv_now(h->loop);
    struct http_ticket *t;

    if (now < h->share_due_ms)
        return;
    h->share_due_ms = INT64_MAX;
    LIST_FOREACH(t, &h->busy, busy)
    if (waits(t) && now >= give_up_ms(t))
        dial_give_up(t, "no connection in time");
    else
        share_wait(t);
}

/* What came so far is paid for. */
static void settle(struct sock *s)
{
    s->reads = 0;
    s->useful = 0;
    s->received = UINT64_MAX;
}

static void mislead(struct host *host, int64_t wait_ms)
{
    host->serial_until_ms = (int64_t)uv_now(host->http->loop) + wait_ms;
    host->http->misled = true;
}

void share_join(struct http_ticket *t)
{
    struct http *h = t->http;
    struct sock *s;

    if (!lane_multiplexes(t->lane))
        return;
    share_leave(t);
    if (!tls_speaks_http2(t->easy)) {
        mislead(t->berth->host, h->options.life_ms);
        return;
    }
    h->stats.http2 += !t->begun; /* libcurl sends again what was refused */
    s = sock_of(t);
    if (!s)
        return;
    s->shared = true;
    s->ticket = NULL;
    t->fd = s->fd;
    settle(s);
}

void share_finish(struct http_ticket *t)
{
    if (lane_multiplexes(t->lane) && !t->begun)
        mislead(t->berth->host, RETRY_MS);
}

void share_recall(struct http *h)
{
    struct http_ticket *t;

    if (!h->misled)
        return;
    h->misled = false;
    LIST_FOREACH(t, &h->busy, busy)
    if (waits(t) && is_serial(t->berth->host))
        dial_again(t);
}

void share_count(const struct http_ticket *t, size_t len)
{
    struct sock *s = sock_find(t->http, t->fd);

    if (s)
        s->useful += len;
}

void share_leave(struct http_ticket *t)
{
    struct sock *s = sock_find(t->http, t->fd);

    t->fd = -1;
    if (s && s->shared)
        settle(s);
}
