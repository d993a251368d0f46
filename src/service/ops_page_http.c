#include "service/ops_page.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'";

static const char *const headers[][2] = {
    {"Content-Security-Policy", policy},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
    {"Vary", "Accept"},
    {"Connection", "close"},
};

static const char json[] = "application/json; charset=utf-8";

enum { STREAM_BLOCK = 32 << 10 };

/* What a route asks of the request. */
enum right { RIGHT_READ, RIGHT_WRITE };

struct route {
    const char *path;
    enum right right;
    void (*answer)(struct page *p, struct page_ask *ask); /* NULL: at once */
};

static const struct route routes[] = {
    {"/page/events", RIGHT_READ, NULL},
    {"/page/token", RIGHT_WRITE, NULL},
    {"/page/outcomes", RIGHT_READ, page_answer_outcomes},
    {"/page/dead", RIGHT_READ, page_answer_dead},
    {"/page/dead/job", RIGHT_READ, page_answer_dead_job},
    {"/page/dead/retry", RIGHT_WRITE, page_answer_retry},
    {"/page/dead/drop", RIGHT_WRITE, page_answer_drop},
};

/* A request's parameters, and where in a question they go. */
static const struct parameter {
    const char *name;
    size_t offset, size;
} parameters[] = {
#define PARAMETER(name)                                                        \
    {                                                                          \
#name, offsetof(struct page_ask, name),                                \
            sizeof(((struct page_ask *)0)->name)                               \
    }
    PARAMETER(queue),  PARAMETER(container), PARAMETER(point),
    PARAMETER(id),     PARAMETER(verdict),   PARAMETER(class),
    PARAMETER(before), PARAMETER(entries),
#undef PARAMETER
};

bool page_wants(struct MHD_Connection *connection, const char *path)
{
    const char *accept =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");

    return strncmp(path, "/page/", 6) == 0 ||
           (strcmp(path, "/") == 0 && accept && strstr(accept, "text/html"));
}

/* Takes the response over; NULL is fine. */
static enum MHD_Result respond(struct MHD_Connection *connection,
                               unsigned status, const char *type,
                               struct MHD_Response *r)
{
    enum MHD_Result done;

    if (!r)
        return MHD_NO;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        (void)MHD_add_response_header(r, headers[i][0], headers[i][1]);
    (void)MHD_add_response_header(r, "Content-Type", type);
    if (status == MHD_HTTP_UNAUTHORIZED)
        (void)MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
    done = MHD_queue_response(connection, status, r);
    MHD_destroy_response(r);
    return done;
}

/* Takes the content over. */
static enum MHD_Result send_buf(struct MHD_Connection *connection,
                                unsigned status, const char *type,
                                struct buf *body)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(
        body->len, body->at, MHD_RESPMEM_MUST_FREE);

    if (!r)
        buf_clear(body);
    *body = buf_make(body->max);
    return respond(connection, status, type, r);
}

static const char *words_of(unsigned status)
{
    switch (status) {
    case MHD_HTTP_BAD_REQUEST:
        return "a parameter is too long";
    case MHD_HTTP_UNAUTHORIZED:
        return "this is not the admin token";
    case MHD_HTTP_FORBIDDEN:
        return "not for other sites, nor without an admin token";
    case MHD_HTTP_NOT_FOUND:
        return "nothing is here";
    case MHD_HTTP_METHOD_NOT_ALLOWED:
        return "not by this method";
    case MHD_HTTP_MISDIRECTED_REQUEST:
        return "this name is not in ops.hosts";
    default:
        return "too many at a time: try again";
    }
}

static enum MHD_Result refuse(struct MHD_Connection *connection,
                              unsigned status)
{
    struct buf body = buf_make(PAGE_ANSWER_MAX);

    if (buf_printf(&body, "{\"error\":\"%s\"}\n", words_of(status)))
        return MHD_NO;
    return send_buf(connection, status, json, &body);
}

static enum MHD_Result send_file(struct MHD_Connection *connection,
                                 const struct page_file *file)
{
    struct buf body = buf_make(PAGE_ANSWER_MAX);

    if (buf_add(&body, file->at, file->len))
        return MHD_NO;
    return send_buf(connection, MHD_HTTP_OK, file->type, &body);
}

static enum MHD_Result send_stream(struct page *p,
                                   struct MHD_Connection *connection)
{
    struct page_watcher *w;
    struct MHD_Response *r;

    if (!page_watch(p, connection, &w))
        return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE);
    r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
                                          page_feed, w, page_unwatch);
    if (!r) {
        page_unwatch(w);
        return MHD_NO;
    }
    ops_keep_connection(p->ops, connection);
    return respond(connection, MHD_HTTP_OK, "text/event-stream; charset=utf-8",
                   r);
}

static bool read_parameters(struct MHD_Connection *connection,
                            struct page_ask *ask)
{
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        const struct parameter *q = &parameters[i];
        const char *value = MHD_lookup_connection_value(
            connection, MHD_GET_ARGUMENT_KIND, q->name);

        if (value &&
            !span_copy(span_of(value), (char *)ask + q->offset, q->size))
            return false;
    }
    return true;
}

static void free_ask(struct page_ask *ask)
{
    buf_clear(&ask->body);
    free(ask);
}

/* The reader takes it up; the connection waits. */
static bool hand_over(struct page *p, struct page_ask *ask)
{
    bool room;

    uv_mutex_lock(&p->lock);
    room = !p->hanging_up && p->ask_count < PAGE_ASKS_MAX;
    if (room) {
        p->ask_count++;
        STAILQ_INSERT_TAIL(&p->asks, ask, next);
        MHD_suspend_connection(ask->connection);
        uv_cond_signal(&p->wake);
    }
    uv_mutex_unlock(&p->lock);
    return room;
}

static enum MHD_Result begin(struct page *p, const struct route *route,
                             struct MHD_Connection *connection, void **request)
{
    struct page_ask *ask = calloc(1, sizeof *ask);
    unsigned lacks = page_refuses_token(p, connection);
    unsigned refusal = 0;

    if (!ask)
        return MHD_NO;
    ask->connection = connection;
    ask->answer = route->answer;
    ask->status = MHD_HTTP_OK;
    ask->trusted = lacks == 0 ||
                   (lacks == MHD_HTTP_FORBIDDEN && route->right == RIGHT_READ);
    ask->body = buf_make(PAGE_ANSWER_MAX);
    if (!read_parameters(connection, ask))
        refusal = MHD_HTTP_BAD_REQUEST;
    else if (!hand_over(p, ask))
        refusal = MHD_HTTP_SERVICE_UNAVAILABLE;
    if (!refusal) {
        *request = ask;
        return MHD_YES;
    }
    free_ask(ask);
    return refuse(connection, refusal);
}

void page_end_request(void **request)
{
    if (*request)
        free_ask(*request);
    *request = NULL;
}

static const struct page_file *find_file(const char *path)
{
    for (size_t i = 0; i < page_file_count; i++)
        if (strcmp(page_files[i].path, path) == 0)
            return &page_files[i];
    return NULL;
}

static const struct route *find_route(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (strcmp(routes[i].path, path) == 0)
            return &routes[i];
    return NULL;
}

static bool is_read(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static enum MHD_Result wrong_method(struct MHD_Connection *connection,
                                    const struct route *route)
{
    struct buf body = buf_make(PAGE_ANSWER_MAX);
    struct MHD_Response *r;

    if (buf_printf(&body, "{\"error\":\"%s\"}\n",
                   words_of(MHD_HTTP_METHOD_NOT_ALLOWED)))
        return MHD_NO;
    r = MHD_create_response_from_buffer(body.len, body.at,
                                        MHD_RESPMEM_MUST_FREE);
    if (!r)
        buf_clear(&body);
    else
        (void)MHD_add_response_header(
            r, "Allow", route && route->right == RIGHT_WRITE ? "POST" : "GET");
    return respond(connection, MHD_HTTP_METHOD_NOT_ALLOWED, json, r);
}

static enum MHD_Result follow(struct page *p, const struct route *route,
                              struct MHD_Connection *connection, void **request)
{
    unsigned refusal = page_refuses_origin(connection);
    struct buf none = buf_make(0);

    if (!refusal && route->right == RIGHT_WRITE)
        refusal = page_refuses_token(p, connection);
    if (refusal)
        return refuse(connection, refusal);
    if (route->answer)
        return begin(p, route, connection, request);
    if (route->right == RIGHT_READ)
        return send_stream(p, connection);
    return send_buf(connection, MHD_HTTP_NO_CONTENT, json, &none);
}

enum MHD_Result page_handle(struct page *p, struct MHD_Connection *connection,
                            const char *path, const char *method,
                            void **request)
{
    const struct route *route = find_route(path);
    const struct page_file *file = find_file(path);
    struct page_ask *ask = *request;
    unsigned refusal = ask ? 0 : page_refuses_host(p, connection);

    if (ask)
        return send_buf(connection, ask->status, json, &ask->body);
    if (refusal)
        return refuse(connection, refusal);
    if (!route && !file)
        return refuse(connection, MHD_HTTP_NOT_FOUND);
    if (file)
        return is_read(method) ? send_file(connection, file)
                               : wrong_method(connection, NULL);
    if (strcmp(method, route->right == RIGHT_WRITE ? "POST" : "GET") != 0)
        return wrong_method(connection, route);
    return follow(p, route, connection, request);
}
