#include "link/http_pin.h"
#include "link/http_share.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_open(const struct http *h, const struct sockaddr *to)
{
    return address_is_open(&h->options.addresses, &h->self.places, to);
}

/* CURLOPT_OPENSOCKETFUNCTION: the real address, after any spelling of it was
 * resolved, decides. */
static curl_socket_t open_socket(void *ticket, curlsocktype purpose,
                                 struct curl_sockaddr *to)
{
    struct http_ticket *t = ticket;
    curl_socket_t fd;

    (void)purpose;
    if (!is_open(t->http, &to->addr)) {
        t->blocked = true;
        return CURL_SOCKET_BAD;
    }
    if (t->pin)
        pin_settle(t->pin, true);
    fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    if (fd >= 0 && !sock_adopt(t, fd)) {
        close(fd);
        return CURL_SOCKET_BAD;
    }
    return fd;
}

/* CURLOPT_PREREQFUNCTION: once more for the connection at hand, which may be
 * an old one. */
static int before_request(void *ticket, char *remote, char *local,
                          int remote_port, int local_port)
{
    struct http_ticket *t = ticket;
    union dns_address at = {.v4 = {.sin_family = AF_INET}};

    (void)local;
    (void)local_port;
    if (!remote || !*remote)
        return CURL_PREREQFUNC_ABORT; /* reset meanwhile: it has no peer */
    at.v4.sin_port = htons((uint16_t)remote_port);
    if (inet_pton(AF_INET, remote, &at.v4.sin_addr) != 1) {
        at = (union dns_address){.v6 = {.sin6_family = AF_INET6}};
        at.v6.sin6_port = htons((uint16_t)remote_port);
        if (inet_pton(AF_INET6, remote, &at.v6.sin6_addr) != 1)
            at.any.sa_family = AF_UNSPEC;
    }
    t->blocked = !is_open(t->http, &at.any);
    if (t->blocked)
        return CURL_PREREQFUNC_ABORT;
    if (t->pin)
        pin_settle(t->pin, true);
    share_join(t);
    turn_clear(t);
    t->begun = true;
    return CURL_PREREQFUNC_OK;
}

/* CURLOPT_RESOLVER_START_FUNCTION: libcurl never looks a name up. That it
 * wants to says that it has forgotten what it was told. */
static int refuse_lookup(void *state, void *reserved, void *ticket)
{
    struct http_ticket *t = ticket;

    (void)state;
    (void)reserved;
    if (t->pin)
        pin_settle(t->pin, false);
    return t->pin ? 1 : 0;
}

void dial_prepare(struct http_ticket *t)
{
    CURL *easy = t->easy;

    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, refuse_lookup);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, t);
}

/* Nothing was sent: it ends before the loop sleeps again. */
static void end_early(struct http_ticket *t, enum attempt_end end,
                      const char *text)
{
    answer_unsent(t, end, text);
    t->state = TICKET_EARLY;
    t->http->timers_changed = true;
    TAILQ_INSERT_TAIL(&t->http->early, t, early);
}

static void set_deadlines(struct http_ticket *t)
{
    int64_t gone = t->dns_us / 1000;
    int64_t connect = t->request.connect_ms - gone;
    int64_t total = t->request.total_ms - gone;

    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(connect > 1 ? connect : 1));
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS,
                     (long)(total > 1 ? total : 1));
}

static enum err start(struct http_ticket *t)
{
    struct lane *lane = t->berth->lane;

    t->lane = lane;
    set_deadlines(t);
    easy_fit(t);
    share_prepare(t, lane);
    curl_easy_setopt(t->easy, CURLOPT_RESOLVE,
                     t->pin ? pin_lines(t->pin) : NULL);
    lane_kick(lane);
    if (curl_multi_add_handle(lane->multi, t->easy) != CURLM_OK) {
        curl_easy_setopt(t->easy, CURLOPT_RESOLVE, NULL);
        return ERR_MEMORY;
    }
    t->state = TICKET_SENT;
    t->started_ms = (int64_t)uv_now(t->http->loop);
    berth_begin(t->berth);
    share_wait(t);
    return ERR_OK;
}

/* False when out of memory. */
static bool choose_lane(struct http_ticket *t)
{
    struct host *host = host_hold(t->http, t->target->host_hash);
    struct lane *shared;

    if (!host)
        return false;
    shared = share_lane(t, host);
    t->berth = shared ? berth_hold(host, shared)
                      : berth_choose(host, t->target->secure);
    host_drop(&host);
    return t->berth;
}

static void dial_addresses(struct http_ticket *t, struct dns_answer *answer)
{
    char text[ATTEMPT_ERROR_MAX];

    if (answer->count == 0) {
        (void)snprintf(text, sizeof text, "cannot resolve %.120s: %s",
                       t->target->host, answer->why);
        end_early(t, ATTEMPT_UNREACHABLE, text);
        return;
    }
    switch (choose_lane(t)
                ? pin_take(t->berth->lane, t->target, answer, &t->pin)
                : PIN_NO_MEMORY) {
    case PIN_REFUSED:
        t->blocked = true;
        end_early(t, ATTEMPT_BLOCKED, "");
        return;
    case PIN_NO_MEMORY:
        end_early(t, ATTEMPT_UNREACHABLE, err_text(ERR_MEMORY));
        return;
    case PIN_DONE:
        break;
    }
    if (start(t))
        end_early(t, ATTEMPT_UNREACHABLE, err_text(ERR_MEMORY));
}

static void resolved(void *ticket, struct dns_answer *answer)
{
    struct http_ticket *t = ticket;
    char text[ATTEMPT_ERROR_MAX];

    t->dns_us = clock_mono_us() - t->asked_us;
    if (answer) {
        dial_addresses(t, answer);
        return;
    }
    (void)snprintf(text, sizeof text,
                   "cannot resolve %.120s: no answer from the name server in "
                   "time",
                   t->target->host);
    end_early(t, ATTEMPT_UNREACHABLE, text);
}

static enum err ask(struct http_ticket *t)
{
    const struct http_request *q = &t->request;
    const struct dns_question question = {
        .name = t->target->host,
        .tenant = q->tenant,
        .limit_ms = q->connect_ms < q->total_ms ? q->connect_ms : q->total_ms,
    };

    t->asked_us = clock_mono_us();
    t->waiter.arg = t;
    t->waiter.done = resolved;
    t->state = TICKET_RESOLVING;
    return dns_ask(t->http->dns, &question, &t->waiter);
}

enum err dial(struct http_ticket *t)
{
    struct dns_answer *known;

    self_refresh(t->http);
    if (!t->target->host)
        return choose_lane(t) ? start(t) : ERR_MEMORY;
    known = dns_known(t->http->dns, t->target->host);
    if (!known)
        return ask(t);
    dial_addresses(t, known);
    return ERR_OK;
}

void dial_end(struct http_ticket *t)
{
    switch (t->state) {
    case TICKET_SPARE:
        break;
    case TICKET_RESOLVING:
        dns_cancel(&t->waiter);
        break;
    case TICKET_EARLY:
        TAILQ_REMOVE(&t->http->early, t, early);
        break;
    case TICKET_SENT:
        lane_take_off(t);
        sock_end(t);
        share_leave(t);
        berth_end(t->berth);
        break;
    }
    t->state = TICKET_SPARE;
    turn_end(t);
    berth_drop(&t->berth);
    pin_drop(&t->pin);
}

void dial_give_up(struct http_ticket *t, const char *text)
{
    dial_end(t);
    end_early(t, ATTEMPT_UNREACHABLE, text);
}

void dial_again(struct http_ticket *t)
{
    int64_t gone =
        (int64_t)uv_now(t->http->loop) - t->started_ms + t->dns_us / 1000;

    dial_end(t);
    t->dns_us = 0;
    t->request.connect_ms -= gone;
    t->request.total_ms -= gone;
    if (dial(t))
        end_early(t, ATTEMPT_UNREACHABLE, err_text(ERR_MEMORY));
}
