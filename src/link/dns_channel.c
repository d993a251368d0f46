#include "link/dns_internal.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A server gets a second to answer, then the next one, then each of them twice
 * as long. resolv.conf is read again when they fail, but not all the time. */
enum { SERVER_MS = 1000, SERVER_TRIES = 2, REREAD_MS = 5000 };

struct dns_socket {
    LIST_ENTRY(dns_socket) link;
    uv_poll_t poll;
    struct dns_channel *channel;
    ares_socket_t fd;
};

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct dns_socket *s = poll->data;
    struct dns *d = s->channel->dns;
    bool in = status < 0 || events & UV_READABLE;
    bool out = status < 0 || events & UV_WRITABLE;

    /* c-ares may close the socket in here: s is not looked at afterwards. */
    ares_process_fd(s->channel->ares, in ? s->fd : ARES_SOCKET_BAD,
                    out ? s->fd : ARES_SOCKET_BAD);
    dns_settle(d);
}

static struct dns_socket *socket_find(struct dns_channel *ch, ares_socket_t fd)
{
    struct dns_socket *s;

    LIST_FOREACH(s, &ch->sockets, link)
    if (s->fd == fd)
        return s;
    return NULL;
}

static struct dns_socket *socket_open(struct dns_channel *ch, ares_socket_t fd)
{
    struct dns_socket *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    if (uv_poll_init(ch->dns->loop, &s->poll, fd) != 0) {
        free(s);
        return NULL;
    }
    s->poll.data = s;
    s->channel = ch;
    s->fd = fd;
    LIST_INSERT_HEAD(&ch->sockets, s, link);
    return s;
}

static void socket_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void socket_forget(struct dns_socket *s)
{
    LIST_REMOVE(s, link);
    uv_poll_stop(&s->poll);
    uv_close((uv_handle_t *)&s->poll, socket_closed);
}

/* c-ares opened, closes or cares otherwise about a socket. One that cannot be
 * watched for want of memory has its questions end by time. */
static void on_socket(void *channel, ares_socket_t fd, int in, int out)
{
    struct dns_channel *ch = channel;
    struct dns_socket *s = socket_find(ch, fd);

    if (!in && !out) {
        if (s)
            socket_forget(s);
        return;
    }
    if (!s)
        s = socket_open(ch, fd);
    if (s)
        check(uv_poll_start(&s->poll,
                            (in ? UV_READABLE : 0) | (out ? UV_WRITABLE : 0),
                            on_ready) == 0);
}

/* A name without a dot is the system's business: its search list is asked.
 * Others would only be leaked to it. */
static int channel_init(struct dns_channel *ch, bool searching)
{
    char lookups[] = "fb"; /* files, then servers */
    struct ares_options options = {
        .flags = searching ? 0 : ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
        .timeout = SERVER_MS,
        .tries = SERVER_TRIES,
        .lookups = lookups,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = ch,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
               ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;

#ifdef ARES_OPT_QUERY_CACHE
    mask |= ARES_OPT_QUERY_CACHE; /* ours is enough: a lifetime of 0 is none */
#endif
    return ares_init_options(&ch->ares, &options, mask);
}

static struct dns_channel *channel_open(struct dns *d, bool searching)
{
    struct dns_channel *ch = calloc(1, sizeof *ch);

    if (!ch)
        return NULL;
    ch->dns = d;
    LIST_INIT(&ch->sockets);
    if (channel_init(ch, searching) != ARES_SUCCESS) {
        free(ch);
        return NULL;
    }
    if (d->options.servers[0] &&
        ares_set_servers_ports_csv(ch->ares, d->options.servers) !=
            ARES_SUCCESS) {
        ares_destroy(ch->ares);
        free(ch);
        return NULL;
    }
    LIST_INSERT_HEAD(&d->channels, ch, link);
    d->opened_ms = (int64_t)uv_now(d->loop);
    return ch;
}

static void channel_close(struct dns_channel *ch)
{
    struct dns_socket *s;

    LIST_REMOVE(ch, link);
    ares_destroy(ch->ares);
    while ((s = LIST_FIRST(&ch->sockets)))
        socket_forget(s);
    free(ch);
}

static void retire_current(struct dns *d)
{
    for (size_t i = 0; i < 2; i++) {
        if (d->current[i])
            d->current[i]->retired = true;
        d->current[i] = NULL;
    }
}

static struct dns_stamp read_stamp(void)
{
    struct stat st;

    if (stat("/etc/resolv.conf", &st) != 0)
        return (struct dns_stamp){0, -1, 0};
    return (struct dns_stamp){st.st_mtim.tv_sec * 1000000000 +
                                  st.st_mtim.tv_nsec,
                              st.st_size, st.st_ino};
}

static struct dns_channel *channel_of(struct dns *d, const char *name)
{
    size_t i = strchr(name, '.') ? 0 : 1;
    struct dns_stamp now;

    if (d->options.servers[0] == '\0') {
        now = read_stamp();
        if (now.mtime_ns != d->stamp.mtime_ns || now.size != d->stamp.size ||
            now.inode != d->stamp.inode)
            retire_current(d);
        d->stamp = now;
    }
    if (!d->current[i])
        d->current[i] = channel_open(d, i == 1);
    return d->current[i];
}

/* Perhaps the file says something else by now, or c-ares started when there
 * was no network. */
static void note_trouble(struct dns *d, int status)
{
    if ((status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED) &&
        d->options.servers[0] == '\0' &&
        (int64_t)uv_now(d->loop) - d->opened_ms >= REREAD_MS)
        retire_current(d);
}

static void on_result(void *name, int status, int timeouts,
                      struct ares_addrinfo *result)
{
    struct dns_name *n = name;
    struct dns *d = n->dns;

    (void)timeouts;
    n->channel->running--;
    name_answered(n, answer_make(d, status, result));
    if (result)
        ares_freeaddrinfo(result);
    note_trouble(d, status);
}

void channel_ask(struct dns *d, struct dns_name *n)
{
    const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC,
                                              .ai_socktype = SOCK_STREAM};

    n->channel = channel_of(d, n->text);
    if (!n->channel) {
        name_answered(n, NULL);
        return;
    }
    n->channel->running++;
    ares_getaddrinfo(n->channel->ares, n->text, NULL, &hints, on_result, n);
}

void channel_tick(struct dns *d)
{
    struct dns_channel *ch;

    LIST_FOREACH(ch, &d->channels, link)
    ares_process_fd(ch->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void channel_sweep(struct dns *d)
{
    struct dns_channel *ch, *next;

    for (ch = LIST_FIRST(&d->channels); ch; ch = next) {
        next = LIST_NEXT(ch, link);
        if (ch->retired && ch->running == 0)
            channel_close(ch);
    }
}

void channel_close_all(struct dns *d)
{
    struct dns_channel *ch;

    retire_current(d);
    while ((ch = LIST_FIRST(&d->channels)))
        channel_close(ch);
}

int64_t channel_wait_ms(struct dns *d, int64_t limit_ms)
{
    struct dns_channel *ch;

    LIST_FOREACH(ch, &d->channels, link)
    {
        struct timeval tv, *set = ares_timeout(ch->ares, NULL, &tv);
        /* Rounded up: a little early is once more for nothing. */
        int64_t ms =
            set ? set->tv_sec * 1000 + (set->tv_usec + 999) / 1000 : limit_ms;

        if (ms < limit_ms)
            limit_ms = ms;
    }
    return limit_ms;
}
