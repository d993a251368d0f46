#include "cli/demo_platform.h"

#include "base/check.h"
#include "base/clock.h"
#include "cli/demo_answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

enum { NOTES_MAX = 512, BODY_MAX = 16 << 20, IDLE_MS = 1000 };

/* One HTTP exchange. */
struct exchange {
    struct buf body;
    struct demo_reply reply;
    struct MHD_Connection *connection;
    int64_t due_ms; /* of a slow answer; monotonic */
    bool answered, waiting;
    TAILQ_ENTRY(exchange) link;
};

struct demo_platform {
    struct demo_stage stage;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool thread_runs;
    int epoll, bell; /* epoll belongs to the daemon */
    atomic_bool stop;
    TAILQ_HEAD(exchanges, exchange)
    waiting; /* all wait equally long: in order */

    pthread_mutex_t lock; /* over the notes below */
    char notes[NOTES_MAX][DEMO_NOTE_MAX];
    size_t notes_first, notes_count;
};

/* A ring: whoever reads too slowly loses the oldest lines, and the platform
 * never waits for a terminal. */
static void add_note(struct demo_platform *p, const char *text)
{
    check(pthread_mutex_lock(&p->lock) == 0);
    if (p->notes_count == NOTES_MAX) {
        p->notes_first = (p->notes_first + 1) % NOTES_MAX;
        p->notes_count--;
    }
    (void)snprintf(p->notes[(p->notes_first + p->notes_count++) % NOTES_MAX],
                   DEMO_NOTE_MAX, "%s", text);
    check(pthread_mutex_unlock(&p->lock) == 0);
}

bool demo_platform_note(struct demo_platform *p, char *dst, size_t size)
{
    bool any;

    check(pthread_mutex_lock(&p->lock) == 0);
    any = p->notes_count > 0;
    if (any) {
        (void)snprintf(dst, size, "%s", p->notes[p->notes_first]);
        p->notes_first = (p->notes_first + 1) % NOTES_MAX;
        p->notes_count--;
    }
    check(pthread_mutex_unlock(&p->lock) == 0);
    return any;
}

static const char *header(struct MHD_Connection *c, const char *name)
{
    return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static unsigned argument(struct MHD_Connection *c, const char *name,
                         unsigned standard)
{
    const char *text =
        MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);
    uint64_t n;

    if (!text || !span_number(span_of(text), &n) || n > INT32_MAX)
        return standard;
    return (unsigned)n;
}

static void add_headers(struct MHD_Response *response,
                        const struct demo_reply *r)
{
    char seconds[16];

    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    if (r->source)
        (void)MHD_add_response_header(response, "x-wt-response-source",
                                      r->source);
    if (r->retry_after_s == 0)
        return;
    (void)snprintf(seconds, sizeof seconds, "%u", r->retry_after_s);
    (void)MHD_add_response_header(response, "Retry-After", seconds);
}

static enum MHD_Result queue_reply(struct MHD_Connection *c,
                                   const struct demo_reply *r)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        r->body.len, r->body.at, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result done;

    if (!response)
        return MHD_NO;
    add_headers(response, r);
    done = MHD_queue_response(c, r->status, response);
    MHD_destroy_response(response);
    return done;
}

static enum MHD_Result take_body(struct exchange *x, const char *data,
                                 size_t *size)
{
    /* Closing the connection is all that can be said about a huge body. */
    if (buf_add(&x->body, data, *size))
        return MHD_NO;
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result answer(struct demo_platform *p, struct exchange *x,
                              const char *path, const char *method)
{
    struct MHD_Connection *c = x->connection;
    struct demo_request q = {
        .method = method,
        .path = path,
        .bearer = header(c, "Authorization"),
        .id = header(c, "webhook-id"),
        .meta = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "meta"),
        .offset = argument(c, "offset", 0),
        .limit = argument(c, "limit", 100),
        .body = buf_span(&x->body),
    };

    /* MHD_NO closes the connection, which the service takes for a reset. */
    if (demo_stage_answer(&p->stage, &q, &x->reply))
        return MHD_NO;
    x->answered = true;
    if (x->reply.note[0])
        add_note(p, x->reply.note);
    if (x->reply.delay_ms == 0)
        return queue_reply(c, &x->reply);
    x->due_ms = clock_mono_ms() + x->reply.delay_ms;
    x->waiting = true;
    TAILQ_INSERT_TAIL(&p->waiting, x, link);
    /* One thread serves everybody: a slow extension must not hold it. */
    MHD_suspend_connection(c);
    return MHD_YES;
}

/* Called for the headers, for each part of the body, at its end, and once
 * more when a suspended exchange is resumed. */
static enum MHD_Result handle(void *arg, struct MHD_Connection *c,
                              const char *path, const char *method,
                              const char *version, const char *data,
                              size_t *size, void **state)
{
    struct exchange *x = *state;

    (void)version;
    if (!x) {
        x = calloc(1, sizeof *x);
        if (!x)
            return MHD_NO;
        x->body = buf_make(BODY_MAX);
        x->reply = demo_reply_make();
        x->connection = c;
        *state = x;
        return MHD_YES;
    }
    if (*size > 0)
        return take_body(x, data, size);
    if (x->answered)
        return queue_reply(c, &x->reply);
    return answer(arg, x, path, method);
}

static void forget(void *arg, struct MHD_Connection *c, void **state,
                   enum MHD_RequestTerminationCode code)
{
    struct demo_platform *p = arg;
    struct exchange *x = *state;

    (void)c;
    (void)code;
    if (!x)
        return;
    if (x->waiting)
        TAILQ_REMOVE(&p->waiting, x, link);
    buf_clear(&x->body);
    buf_clear(&x->reply.body);
    free(x);
    *state = NULL;
}

/* MHD calls `handle` again for each of these in its next run. */
static void resume_until(struct demo_platform *p, int64_t now)
{
    struct exchange *x;

    while ((x = TAILQ_FIRST(&p->waiting)) && x->due_ms <= now) {
        TAILQ_REMOVE(&p->waiting, x, link);
        x->waiting = false;
        MHD_resume_connection(x->connection);
    }
}

static int next_wait_ms(struct demo_platform *p)
{
    const struct exchange *x = TAILQ_FIRST(&p->waiting);
    unsigned long long own;
    int64_t wait = IDLE_MS;

    if (MHD_get_timeout(p->daemon, &own) == MHD_YES &&
        own < (unsigned long long)wait)
        wait = (int64_t)own;
    if (x && x->due_ms - clock_mono_ms() < wait)
        wait = x->due_ms - clock_mono_ms();
    return wait > 0 ? (int)wait : 0;
}

static void *serve(void *arg)
{
    struct demo_platform *p = arg;
    struct pollfd fds[2] = {{.fd = p->epoll, .events = POLLIN},
                            {.fd = p->bell, .events = POLLIN}};

    while (!atomic_load(&p->stop)) {
        (void)poll(fds, 2, next_wait_ms(p));
        resume_until(p, clock_mono_ms());
        (void)MHD_run(p->daemon);
    }
    /* The daemon must not be stopped with suspended connections. */
    resume_until(p, INT64_MAX);
    (void)MHD_run(p->daemon);
    return NULL;
}

static enum err listen_on_loopback(struct demo_platform *p)
{
    struct sockaddr_in place = {.sin_family = AF_INET};
    const union MHD_DaemonInfo *info;

    /* No thread of the daemon's own: suspended exchanges need our clock in
     * the same loop. */
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, p,
        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&place,
        MHD_OPTION_NOTIFY_COMPLETED, forget, p, MHD_OPTION_END);
    if (!p->daemon)
        return ERR_IO;
    info = MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_BIND_PORT);
    p->stage.port = info ? info->port : 0;
    info = MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    p->epoll = info ? info->epoll_fd : -1;
    return p->stage.port > 0 && p->epoll >= 0 ? ERR_OK : ERR_IO;
}

static enum err start_thread(struct demo_platform *p)
{
    p->thread_runs = pthread_create(&p->thread, NULL, serve, p) == 0;
    return p->thread_runs ? ERR_OK : ERR_IO;
}

enum err demo_platform_start(struct demo_platform **ret, struct why *why)
{
    struct demo_platform *p = calloc(1, sizeof *p);
    enum err e;

    if (!p)
        return why_set(why, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
    TAILQ_INIT(&p->waiting);
    check(pthread_mutex_init(&p->lock, NULL) == 0);
    p->bell = eventfd(0, EFD_CLOEXEC);
    e = p->bell < 0 ? ERR_IO : demo_stage_open(&p->stage);
    if (!e)
        e = listen_on_loopback(p);
    if (!e)
        e = start_thread(p);
    if (e) {
        (void)why_set(why, e, "the sample platform did not start: %s",
                      strerror(errno));
        demo_platform_stop(&p);
        return e;
    }
    *ret = p;
    return ERR_OK;
}

unsigned demo_platform_port(const struct demo_platform *p)
{
    return p->stage.port;
}

const char *demo_platform_token(const struct demo_platform *p)
{
    return p->stage.token;
}

void demo_platform_stop(struct demo_platform **p)
{
    struct demo_platform *x = *p;

    if (!x)
        return;
    atomic_store(&x->stop, true);
    if (x->thread_runs) {
        (void)eventfd_write(x->bell, 1);
        check(pthread_join(x->thread, NULL) == 0);
    }
    if (x->daemon)
        MHD_stop_daemon(x->daemon);
    if (x->bell >= 0)
        (void)close(x->bell);
    demo_stage_close(&x->stage);
    check(pthread_mutex_destroy(&x->lock) == 0);
    free(x);
    *p = NULL;
}
