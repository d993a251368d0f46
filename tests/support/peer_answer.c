#include "support/peer_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAUSE_BEFORE_RESET_MS = 20,
    DRIP_LENGTH = 1 << 20, /* announced by PEER_DRIP; nobody waits for it */
    HEAD_MAX = 16384,
    CHUNK_LENGTH = 16384,
};

/* What follows a write that left. */
typedef void after(struct conn *c);

struct sending {
    uv_write_t request;
    struct conn *conn;
    after *then;
    char bytes[]; /* the copy that is sent */
};

static void on_sent(uv_write_t *request, int status)
{
    struct sending *s = request->data;
    struct conn *c = s->conn;
    after *then = s->then;

    free(s);
    if (c->closing)
        return;
    if (status < 0)
        conn_end(c, false);
    else if (then)
        then(c);
}

static void send_bytes(struct conn *c, struct span bytes, after *then)
{
    struct sending *s = malloc(sizeof *s + bytes.len);
    uv_buf_t out;

    if (!s)
        abort();
    memcpy(s->bytes, bytes.len > 0 ? bytes.at : "", bytes.len);
    s->conn = c;
    s->then = then;
    s->request.data = s;
    out = uv_buf_init(s->bytes, (unsigned)bytes.len);
    if (uv_write(&s->request, (uv_stream_t *)&c->tcp, &out, 1, on_sent) != 0) {
        free(s);
        conn_end(c, false);
    }
}

static void end_in_order(struct conn *c)
{
    conn_end(c, false);
}

static void on_reset_time(uv_timer_t *timer)
{
    conn_end(timer->data, true);
}

/* The other side shall read what was sent before it meets the RST. */
static void reset_soon(struct conn *c)
{
    (void)uv_timer_start(&c->timer, on_reset_time, PAUSE_BEFORE_RESET_MS, 0);
}

static struct span body_of(const struct peer_rule *r)
{
    if (!r->body)
        return span_of("");
    return (struct span){r->body,
                         r->body_len > 0 ? r->body_len : strlen(r->body)};
}

/* The status line, the rule's headers, and one line about the body. */
static int write_head(const struct peer_rule *r, char *dst, const char *framing)
{
    return snprintf(dst, HEAD_MAX, "HTTP/1.1 %d Scripted\r\n%s%s%s\r\n\r\n",
                    r->status > 0 ? r->status : 200,
                    r->headers ? r->headers : "",
                    r->close ? "Connection: close\r\n" : "", framing);
}

/* The head, and the body's first `len` bytes. */
static void send_answer(struct conn *c, size_t len, after *then)
{
    char head[HEAD_MAX], framing[64];
    struct span body = body_of(&c->now);
    struct buf out = buf_make(SIZE_MAX / 2);
    bool bodyless = c->now.status == 204 || c->now.status == 304;

    (void)snprintf(framing, sizeof framing, "%s: %zu",
                   bodyless ? "X-Unsent" : "Content-Length", body.len);
    if (write_head(&c->now, head, framing) >= HEAD_MAX ||
        buf_add_text(&out, head) || buf_add(&out, body.at, bodyless ? 0 : len))
        abort();
    send_bytes(c, buf_span(&out), then);
    buf_clear(&out);
}

static void send_half_head(struct conn *c)
{
    send_bytes(c, span_of("HTTP/1.1 200 OK\r\nContent-Le"), reset_soon);
}

static void send_chunk(struct conn *c)
{
    char chunk[CHUNK_LENGTH + 16];
    int head = snprintf(chunk, sizeof chunk, "%x\r\n", CHUNK_LENGTH);

    memset(chunk + head, 'x', CHUNK_LENGTH);
    memcpy(chunk + head + CHUNK_LENGTH, "\r\n", 2);
    send_bytes(c, (struct span){chunk, (size_t)head + CHUNK_LENGTH + 2},
               send_chunk);
}

static void on_drip(uv_timer_t *timer)
{
    send_bytes(timer->data, span_of("."), NULL);
}

static void start_drip(struct conn *c)
{
    uint64_t every_ms = c->now.drip_ms > 0 ? (uint64_t)c->now.drip_ms : 1;

    (void)uv_timer_start(&c->timer, on_drip, every_ms, every_ms);
}

static void send_head_then(struct conn *c, const char *framing, after *then)
{
    char head[HEAD_MAX];

    if (write_head(&c->now, head, framing) >= HEAD_MAX)
        abort();
    send_bytes(c, span_of(head), then);
}

void conn_answer(struct conn *c)
{
    char framing[64];
    size_t len = body_of(&c->now).len;

    switch (c->now.act) {
    case PEER_ANSWER:
        send_answer(c, len, conn_done);
        break;
    case PEER_HANG:
        break;
    case PEER_RESET:
        conn_end(c, true);
        break;
    case PEER_RESET_IN_HEAD:
        send_half_head(c);
        break;
    case PEER_RESET_IN_BODY:
        send_answer(c, len / 2, reset_soon);
        break;
    case PEER_CUT_IN_BODY:
        send_answer(c, len / 2, end_in_order);
        break;
    case PEER_RAW:
        send_bytes(c, body_of(&c->now), end_in_order);
        break;
    case PEER_ENDLESS:
        send_head_then(c, "Transfer-Encoding: chunked", send_chunk);
        break;
    case PEER_DRIP:
        (void)snprintf(framing, sizeof framing, "Content-Length: %d",
                       DRIP_LENGTH);
        send_head_then(c, framing, start_drip);
        break;
    }
}

void conn_continue(struct conn *c)
{
    send_bytes(c, span_of("HTTP/1.1 100 Continue\r\n\r\n"), NULL);
}
