#include "cli/doctor_receiver.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 4096, OLDEST_S = 300 };

struct receiver {
    struct MHD_Daemon *daemon;
    const struct signer *signer;
    pthread_mutex_t lock; /* over the receipt */
    struct receipt receipt;
};

static const char *header(struct MHD_Connection *c, const char *name)
{
    const char *value = MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);

    return value ? value : "";
}

/* As standardwebhooks.com tells receivers to: the time is near, and the
 * signature is what our key makes of id, time and bytes. */
static bool is_genuine(const struct receiver *r, struct MHD_Connection *c,
                       struct span body)
{
    char expected[SIGNATURE_MAX];
    struct signed_call call = {.id = header(c, "webhook-id"), .body = body};
    uint64_t at_s;

    if (!span_number(span_of(header(c, "webhook-timestamp")), &at_s))
        return false;
    call.at_s = (int64_t)at_s;
    return llabs(clock_wall_ms() / 1000 - call.at_s) <= OLDEST_S &&
           signer_sign(r->signer, &call, expected) == ERR_OK &&
           strcmp(expected, header(c, "webhook-signature")) == 0;
}

static enum MHD_Result answer(struct MHD_Connection *c)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result done;

    if (!response)
        return MHD_NO;
    done = MHD_queue_response(c, MHD_HTTP_NO_CONTENT, response);
    MHD_destroy_response(response);
    return done;
}

static void note(struct receiver *r, struct MHD_Connection *c, struct span body)
{
    struct receipt receipt = {.bytes = body.len,
                              .genuine = is_genuine(r, c, body)};

    (void)span_copy(span_of(header(c, "webhook-id")), receipt.id,
                    sizeof receipt.id);
    check(pthread_mutex_lock(&r->lock) == 0);
    receipt.calls = r->receipt.calls + 1;
    r->receipt = receipt;
    check(pthread_mutex_unlock(&r->lock) == 0);
}

/* Called for the headers, for each part of the body, and at its end. */
static enum MHD_Result handle(void *arg, struct MHD_Connection *c,
                              const char *path, const char *method,
                              const char *version, const char *data,
                              size_t *size, void **state)
{
    struct buf *body = *state;

    (void)path;
    (void)method;
    (void)version;
    if (!body) {
        body = malloc(sizeof *body);
        if (!body)
            return MHD_NO;
        *body = buf_make(BODY_MAX);
        *state = body;
        return MHD_YES;
    }
    if (*size > 0) {
        if (buf_add(body, data, *size))
            return MHD_NO;
        *size = 0;
        return MHD_YES;
    }
    note(arg, c, buf_span(body));
    return answer(c);
}

static void forget(void *arg, struct MHD_Connection *c, void **state,
                   enum MHD_RequestTerminationCode code)
{
    struct buf *body = *state;

    (void)arg;
    (void)c;
    (void)code;
    if (body)
        buf_clear(body);
    free(body);
    *state = NULL;
}

enum err receiver_start(const struct signer *signer, struct receiver **ret)
{
    struct sockaddr_in place = {.sin_family = AF_INET};
    struct receiver *r = calloc(1, sizeof *r);

    if (!r)
        return ERR_MEMORY;
    r->signer = signer;
    check(pthread_mutex_init(&r->lock, NULL) == 0);
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    r->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle, r,
        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&place,
        MHD_OPTION_NOTIFY_COMPLETED, forget, r, MHD_OPTION_END);
    if (!r->daemon) {
        receiver_stop(&r);
        return ERR_IO;
    }
    *ret = r;
    return ERR_OK;
}

unsigned receiver_port(const struct receiver *r)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(r->daemon, MHD_DAEMON_INFO_BIND_PORT);

    return info ? info->port : 0;
}

struct receipt receiver_look(struct receiver *r)
{
    struct receipt receipt;

    check(pthread_mutex_lock(&r->lock) == 0);
    receipt = r->receipt;
    check(pthread_mutex_unlock(&r->lock) == 0);
    return receipt;
}

void receiver_stop(struct receiver **ret)
{
    struct receiver *r = *ret;

    *ret = NULL;
    if (!r)
        return;
    if (r->daemon)
        MHD_stop_daemon(r->daemon);
    check(pthread_mutex_destroy(&r->lock) == 0);
    free(r);
}
