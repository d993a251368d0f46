#include "service/ops_internal.h"

#include "base/clock.h"
#include "service/ops_page.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A connection is for one request, and lives LIFE_MS at most, however busy it
 * looks; CROWD_MS while others may be waiting for its place. */
enum {
    PAGE_MAX = 16 << 20,
    MEMORY = 16384, /* a request's line and headers */
    SILENCE_S = 3,
    KEPT_ROOM = 128 << 10, /* of the system's, for who does not read */
    LIFE_MS = 5000,
    CROWD_MS = 1000,
    CROWD = (OPS_CONNECTIONS_MAX - OPS_KEPT_MAX) * 3 / 4,
};

static const char index_page[] = "extq " EXTQ_VERSION "\n"
                                 "\n"
                                 "/          this; in a browser, the page\n"
                                 "/healthz   200 while every loop goes on\n"
                                 "/readyz    200 while jobs are being taken\n"
                                 "/metrics   figures for Prometheus\n";

struct answer {
    unsigned status;
    struct buf body;
    const char *type;
};

static enum err show_index(struct ops *o, struct answer *a)
{
    (void)o;
    return buf_add_text(&a->body, index_page);
}

static enum err show_state(struct answer *a, bool good, const struct why *why)
{
    a->status = good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
    return buf_printf(&a->body, "%s\n", good ? "ok" : why->text);
}

static enum err show_health(struct ops *o, struct answer *a)
{
    struct why why = {""};
    bool good = ops_is_healthy(o, &why);

    return show_state(a, good, &why);
}

static enum err show_readiness(struct ops *o, struct answer *a)
{
    struct why why = {""};
    bool good = ops_is_ready(o, &why);

    return show_state(a, good, &why);
}

static enum err show_metrics(struct ops *o, struct answer *a)
{
    enum err e = ERR_OK;

    a->type = "text/plain; version=0.0.4; charset=utf-8";
    uv_mutex_lock(&o->lock);
    if (o->pools[0]) {
        ops_look_refresh(&o->look, o->pools[0]);
        e = ops_metrics(o, &a->body);
    }
    uv_mutex_unlock(&o->lock);
    return e;
}

static const struct {
    const char *path;
    enum err (*show)(struct ops *o, struct answer *a);
} pages[] = {
    {"/", show_index},
    {"/healthz", show_health},
    {"/readyz", show_readiness},
    {"/metrics", show_metrics},
};

static enum err make_answer(struct ops *o, const char *method, const char *path,
                            struct answer *a)
{
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (strcmp(path, pages[i].path) != 0)
            continue;
        if (reads)
            return pages[i].show(o, a);
        a->status = MHD_HTTP_METHOD_NOT_ALLOWED;
        return buf_add_text(&a->body, "only GET and HEAD\n");
    }
    a->status = MHD_HTTP_NOT_FOUND;
    return buf_add_text(&a->body, "nothing is here; / lists what there is\n");
}

static enum MHD_Result send_answer(struct MHD_Connection *connection,
                                   struct answer *a)
{
    const char *const headers[][2] = {
        {"Content-Type", a->type},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Connection", "close"},
        {"Allow", "GET, HEAD"},
    };
    size_t count = sizeof headers / sizeof *headers;
    struct MHD_Response *r = MHD_create_response_from_buffer(
        a->body.len, a->body.at, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result done = MHD_NO;

    if (!r) {
        buf_clear(&a->body);
        return MHD_NO;
    }
    for (size_t i = 0; i < count; i++)
        (void)MHD_add_response_header(r, headers[i][0], headers[i][1]);
    done = MHD_queue_response(connection, a->status, r);
    MHD_destroy_response(r);
    return done;
}

/* Called when the headers are there, and answered at once: bodies are not
 * read. MHD_NO closes the connection. */
static enum MHD_Result handle(void *arg, struct MHD_Connection *connection,
                              const char *path, const char *method,
                              const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
    struct ops *o = arg;
    struct answer a = {.status = MHD_HTTP_OK,
                       .body = buf_make(PAGE_MAX),
                       .type = "text/plain; charset=utf-8"};

    (void)version;
    (void)upload;
    (void)upload_size;
    if (page_wants(connection, path))
        return page_handle(o->page, connection, path, method, request);
    if (make_answer(o, method, path, &a)) {
        buf_clear(&a.body);
        return MHD_NO;
    }
    return send_answer(connection, &a);
}

static int fd_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info ? info->connect_fd : -1;
}

static void forget_connection(struct ops *o, int fd)
{
    unsigned n = 0;

    while (n < o->connection_count && o->connections[n].fd != fd)
        n++;
    if (n < o->connection_count)
        o->connections[n] = o->connections[--o->connection_count];
}

void ops_keep_connection(struct ops *o, struct MHD_Connection *connection)
{
    int fd = fd_of(connection), room = KEPT_ROOM;

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    uv_mutex_lock(&o->connections_lock);
    for (unsigned n = 0; n < o->connection_count; n++)
        if (o->connections[n].fd == fd)
            o->connections[n].kept = true;
    uv_mutex_unlock(&o->connections_lock);
}

static void end_request(void *arg, struct MHD_Connection *connection,
                        void **request, enum MHD_RequestTerminationCode how)
{
    (void)arg;
    (void)connection;
    (void)how;
    page_end_request(request);
}

/* They come and go; the descriptor is open for as long as it is listed. */
static void notice(void *arg, struct MHD_Connection *connection, void **socket,
                   enum MHD_ConnectionNotificationCode what)
{
    struct ops *o = arg;
    int fd = fd_of(connection);

    (void)socket;
    uv_mutex_lock(&o->connections_lock);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        forget_connection(o, fd);
    else if (o->connection_count < OPS_CONNECTIONS_MAX)
        o->connections[o->connection_count++] =
            (struct ops_connection){.fd = fd, .since_ms = clock_mono_ms()};
    uv_mutex_unlock(&o->connections_lock);
}

static unsigned count_passing(const struct ops *o)
{
    unsigned count = 0;

    for (unsigned n = 0; n < o->connection_count; n++)
        count += !o->connections[n].kept;
    return count;
}

void ops_tend(struct ops *o)
{
    int64_t now_ms = clock_mono_ms(), life_ms;

    uv_mutex_lock(&o->connections_lock);
    life_ms = count_passing(o) >= CROWD ? CROWD_MS : LIFE_MS;
    for (unsigned n = 0; n < o->connection_count; n++) {
        const struct ops_connection *c = &o->connections[n];

        if (!c->kept && now_ms - c->since_ms >= life_ms)
            (void)shutdown(c->fd, SHUT_RDWR);
    }
    uv_mutex_unlock(&o->connections_lock);
}

enum err ops_serve(struct ops *o, int fd, struct MHD_Daemon **ret)
{
    *ret = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            MHD_ALLOW_SUSPEND_RESUME,
        0, NULL, NULL, handle, o, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)OPS_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, notice,
        o, MHD_OPTION_NOTIFY_COMPLETED, end_request, NULL, MHD_OPTION_END);
    return *ret ? ERR_OK : ERR_MEMORY;
}

void ops_unserve(struct MHD_Daemon **daemon)
{
    if (*daemon)
        MHD_stop_daemon(*daemon);
    *daemon = NULL;
}
