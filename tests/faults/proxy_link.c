#include "faults/proxy_internal.h"

#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BYTES_MAX = 64 << 20, READ_MAX = 65536 };

static int connect_to(const char *socket_path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(a.sun_path, sizeof a.sun_path, "%.100s", socket_path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

struct link *link_open(struct proxy *p, int client, const char *socket)
{
    int server = connect_to(socket);
    struct link *l = server >= 0 ? calloc(1, sizeof *l) : NULL;

    if (!l) {
        (void)close(client);
        if (server >= 0)
            (void)close(server);
        return NULL;
    }
    l->proxy = p;
    l->client = client;
    l->server = server;
    l->up = l->down = l->to_server = l->to_client = buf_make(BYTES_MAX);
    STAILQ_INIT(&l->debts);
    return l;
}

void link_close(struct link *l, bool reset)
{
    const struct linger now = {.l_onoff = 1};
    struct debt *d;

    if (reset)
        (void)setsockopt(l->client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(l->client);
    (void)close(l->server);
    while ((d = STAILQ_FIRST(&l->debts))) {
        STAILQ_REMOVE_HEAD(&l->debts, next);
        free(d);
    }
    buf_clear(&l->up);
    buf_clear(&l->down);
    buf_clear(&l->to_server);
    buf_clear(&l->to_client);
    free(l);
}

static void add(struct buf *b, struct span s)
{
    if (buf_add(b, s.at, s.len))
        ck_abort_msg("the proxy's buffer is full");
}

static void drop_first(struct buf *b, size_t len)
{
    memmove(b->at, b->at + len, b->len - len);
    buf_cut(b, b->len - len);
}

/* What ends or silences the connection, for commands and replies alike; false
 * when it is to be closed. */
static bool strike(struct link *l, const struct proxy_rule *rule)
{
    switch (rule->act) {
    case PROXY_KILL:
        (void)kill(rule->pid, SIGKILL);
        return false;
    case PROXY_SWALLOW:
        l->cut_down = true;
        return true;
    case PROXY_HALF_OPEN:
        l->frozen = true;
        l->frozen_rules = proxy_rules(l->proxy);
        return true;
    case PROXY_CUT_UP:
        l->cut_up = true;
        return true;
    case PROXY_RESET:
        l->ending = true;
        return false;
    default:
        return true;
    }
}

static void owe(struct link *l, bool struck, const struct proxy_rule *rule)
{
    struct debt *d = calloc(1, sizeof *d);

    if (!d)
        ck_abort_msg("out of memory");
    d->struck = struck;
    if (struck)
        d->rule = *rule;
    d->here =
        struck && rule->when == PROXY_BEFORE && rule->act == PROXY_REPLACE;
    STAILQ_INSERT_TAIL(&l->debts, d, next);
}

static bool pass_command(struct link *l, struct span command)
{
    struct proxy_rule rule;
    char name[RESP_NAME_MAX];
    bool struck;

    resp_name(command, name);
    struck = proxy_judge(l->proxy, name, l->number, &rule);
    if (struck && rule.when == PROXY_BEFORE && rule.act != PROXY_REPLACE) {
        if (!strike(l, &rule))
            return false;
        if (l->frozen || l->cut_up || l->cut_down)
            return true;
    }
    owe(l, struck, &rule);
    if (!struck || rule.when != PROXY_BEFORE || rule.act != PROXY_REPLACE)
        add(&l->to_server, command);
    return true;
}

static bool pass_commands(struct link *l)
{
    int64_t len = 0;

    while (!l->frozen && l->up.len > 0 &&
           (len = resp_len(buf_span(&l->up))) > 0) {
        if (!l->cut_up &&
            !pass_command(l, (struct span){l->up.at, (size_t)len}))
            return false;
        drop_first(&l->up, (size_t)len);
    }
    return len >= 0;
}

/* Passes one reply on as the rule wants it; false when the link is over. */
static bool pass_struck(struct link *l, const struct proxy_rule *rule,
                        struct span reply)
{
    if (rule->when == PROXY_REPLIED) {
        add(&l->to_client, reply);
        (void)send(l->client, l->to_client.at, l->to_client.len, MSG_NOSIGNAL);
        buf_reset(&l->to_client);
        return strike(l, rule);
    }
    switch (rule->act) {
    case PROXY_REPLACE:
        add(&l->to_client, span_of(rule->text));
        return true;
    case PROXY_DELAY:
        l->hold_ms = clock_mono_ms() + rule->ms;
        add(&l->to_client, reply);
        return true;
    case PROXY_TRUNCATE:
        reply.len /= 2;
        add(&l->to_client, reply);
        l->ending = true;
        return true;
    case PROXY_DRIP:
        add(&l->to_client, reply);
        l->drip_ms = rule->ms;
        l->drip_left = l->to_client.len;
        l->drip_rules = proxy_rules(l->proxy);
        return true;
    default:
        return strike(l, rule);
    }
}

static bool pass_reply(struct link *l, struct span reply)
{
    struct debt *d = STAILQ_FIRST(&l->debts);
    bool ok = true;

    if (!d)
        return false;
    STAILQ_REMOVE_HEAD(&l->debts, next);
    if (d->here)
        add(&l->to_client, span_of(d->rule.text));
    else if (d->struck && d->rule.when != PROXY_BEFORE)
        ok = pass_struck(l, &d->rule, reply);
    else
        add(&l->to_client, reply);
    free(d);
    return ok;
}

/* Answers that are made here come in their turn. */
static bool pass_replies(struct link *l)
{
    const struct debt *first;
    int64_t len;

    while (!l->frozen && !l->ending) {
        first = STAILQ_FIRST(&l->debts);
        len = first && first->here ? 0 : resp_len(buf_span(&l->down));
        if (len < 0)
            return false;
        if (len == 0 && !(first && first->here))
            return true;
        if (l->cut_down) {
            drop_first(&l->down, (size_t)len);
            continue;
        }
        if (!pass_reply(l, (struct span){l->down.at, (size_t)len}))
            return false;
        if (len > 0)
            drop_first(&l->down, (size_t)len);
    }
    return true;
}

static bool receive(int fd, struct buf *to)
{
    char bytes[READ_MAX];
    ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got > 0)
        add(to, (struct span){bytes, (size_t)got});
    return got > 0;
}

static bool deliver(int fd, struct buf *from, size_t most)
{
    ssize_t sent;

    if (from->len == 0 || most == 0)
        return true;
    sent = send(fd, from->at, from->len < most ? from->len : most,
                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    drop_first(from, (size_t)sent);
    return true;
}

static bool deliver_to_client(struct link *l)
{
    int64_t now = clock_mono_ms();
    bool ok;

    if (now < l->hold_ms)
        return true;
    /* The line is good again: what piled up passes. */
    if (l->drip_rules != proxy_rules(l->proxy))
        l->drip_left = 0;
    if (l->drip_left == 0)
        return deliver(l->client, &l->to_client, SIZE_MAX);
    if (now < l->drip_due_ms)
        return true;
    ok = deliver(l->client, &l->to_client, 1);
    l->drip_due_ms = now + l->drip_ms;
    l->drip_left--;
    return ok;
}

/* Of a frozen connection it is seen that the client hung up, and once only. */
static short client_events(const struct link *l)
{
    bool writing = l->to_client.len > 0 && l->drip_left == 0 && !l->hold_ms;

    if (l->frozen)
        return POLLRDHUP;
    return (short)(POLLIN | (writing ? POLLOUT : 0));
}

struct pollfd link_client_events(const struct link *l)
{
    return (struct pollfd){l->left ? -1 : l->client, client_events(l), 0};
}

struct pollfd link_server_events(const struct link *l)
{
    short writing = l->to_server.len ? POLLOUT : 0;

    return (struct pollfd){l->frozen ? -1 : l->server,
                           (short)(POLLIN | writing), 0};
}

/* Redis learns that the client has left when packets pass again. */
static bool stays_frozen(struct link *l, short client)
{
    l->left = l->left || (client & (POLLRDHUP | POLLHUP | POLLERR));
    return !l->left || proxy_rules(l->proxy) == l->frozen_rules;
}

static bool is_over(const struct link *l)
{
    return l->ending && l->to_client.len == 0;
}

bool link_turn(struct link *l, short client, short server)
{
    bool ok = !l->frozen;

    if (l->frozen && stays_frozen(l, client))
        return true;
    if (ok && (client & (POLLIN | POLLHUP | POLLERR)))
        ok = receive(l->client, &l->up);
    if (ok && (server & (POLLIN | POLLHUP | POLLERR)))
        ok = receive(l->server, &l->down);
    ok = ok && pass_commands(l) && deliver(l->server, &l->to_server, SIZE_MAX);
    ok = ok && pass_replies(l) && deliver_to_client(l);
    if (ok && !is_over(l))
        return true;
    link_close(l, l->ending && !ok);
    return false;
}
