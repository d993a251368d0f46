#include "support/hostile_internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* Lines are gathered into writes of about that many bytes. */
enum { HEAD_MAX = 16 << 10, WRITE_MIN = 16 << 10 };

/* All false: the other side has gone. */

static bool put(struct visit *v, const char *at, size_t len)
{
    while (len > 0) {
        ssize_t n = v->tls ? SSL_write(v->tls, at, (int)len)
                           : send(v->fd, at, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static ssize_t get(struct visit *v, char *at, size_t size)
{
    return v->tls ? SSL_read(v->tls, at, (int)size) : recv(v->fd, at, size, 0);
}

static bool drain(struct visit *v)
{
    char bytes[4096];

    while (get(v, bytes, sizeof bytes) > 0)
        ;
    return false;
}

/* Until the other side has gone, or so many ms (-1 = all). */
static bool pass(struct visit *v, int ms)
{
    struct pollfd p = {.fd = v->fd, .events = ms < 0 ? POLLRDHUP : 0};

    return poll(&p, 1, ms) == 0;
}

static size_t body_length(const char *head)
{
    const char *line = strcasestr(head, "\r\ncontent-length:");

    return line ? strtoul(line + strlen("\r\ncontent-length:"), NULL, 10) : 0;
}

static bool read_request(struct visit *v)
{
    char head[HEAD_MAX + 1];
    size_t len = 0, left;
    const char *end = NULL;

    while (!end && len < HEAD_MAX) {
        ssize_t n = get(v, head + len, HEAD_MAX - len);

        if (n <= 0)
            return false;
        len += (size_t)n;
        head[len] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    if (!end)
        return false;
    left = body_length(head) + (size_t)(end - head) + 4;
    for (left = left > len ? left - len : 0; left > 0;) {
        ssize_t n = get(v, head, left < HEAD_MAX ? left : HEAD_MAX);

        if (n <= 0)
            return false;
        left -= (size_t)n;
    }
    visit_read_request(v);
    return true;
}

/* The text with the canary's port in it. The caller frees it. */
static char *spell(const struct visit *v, const struct hostile_step *s,
                   size_t *ret_len)
{
    static const char mark[] = "@CANARY@";
    const char *at = memmem(s->text, s->len, mark, sizeof mark - 1);
    size_t front = at ? (size_t)(at - s->text) : s->len;
    size_t skip = at ? front + sizeof mark - 1 : s->len;
    char *ret = malloc(s->len + 16);

    if (!ret)
        abort();
    memcpy(ret, s->text, front);
    *ret_len = front;
    if (at)
        *ret_len += (size_t)snprintf(ret + front, 8, "%d", v->canary);
    memcpy(ret + *ret_len, s->text + skip, s->len - skip);
    *ret_len += s->len - skip;
    return ret;
}

/* times 0 = without end. */
static bool say(struct visit *v, const struct hostile_step *s, unsigned times)
{
    size_t len, copies;
    char *text = spell(v, s, &len), *many;
    bool alive = true;

    copies = 1 + WRITE_MIN / len;
    many = malloc(copies * len);
    if (!many)
        abort();
    for (size_t i = 0; i < copies; i++)
        memcpy(many + i * len, text, len);
    for (unsigned left = times; alive && (times == 0 || left > 0);) {
        size_t n = times == 0 || left > copies ? copies : left;

        alive = put(v, many, n * len);
        left -= times == 0 ? 0 : (unsigned)n;
    }
    free(many);
    free(text);
    return alive;
}

static bool drip(struct visit *v, const struct hostile_step *s)
{
    for (size_t i = 0; put(v, s->text + i % s->len, 1); i++)
        if (!pass(v, s->ms))
            break;
    return false;
}

static bool sip(struct visit *v, int ms)
{
    char byte;

    while (get(v, &byte, 1) == 1 && pass(v, ms))
        ;
    return false;
}

static bool reset(const struct visit *v)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
}

static bool shake_hands(struct visit *v, enum hostile_credentials kind)
{
    v->tls = v->kit ? SSL_new(v->kit->contexts[kind]) : NULL;
    return v->tls && SSL_set_fd(v->tls, v->fd) == 1 && SSL_accept(v->tls) == 1;
}

static bool renew(struct visit *v)
{
    char byte;

    /* Reading carries it out. */
    return SSL_renegotiate(v->tls) == 1 && SSL_do_handshake(v->tls) == 1 &&
           SSL_peek(v->tls, &byte, 1) >= -1 && SSL_is_init_finished(v->tls);
}

static bool send_tickets(struct visit *v, unsigned times)
{
    bool alive = true;

    for (unsigned i = 0; alive && i < times; i++)
        alive = SSL_new_session_ticket(v->tls) == 1 &&
                SSL_do_handshake(v->tls) == 1 && pass(v, 0);
    return alive;
}

static bool rekey(struct visit *v, unsigned times)
{
    bool alive = true;

    for (unsigned i = 0; alive && i < times; i++)
        alive = SSL_key_update(v->tls, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
                SSL_do_handshake(v->tls) == 1 && pass(v, 0);
    return alive;
}

static bool play_tls(struct visit *v, const struct hostile_step *s,
                     enum hostile_credentials kind)
{
    switch (s->op) {
    case HOSTILE_TLS:
        return shake_hands(v, kind);
    case HOSTILE_BYE:
        return SSL_shutdown(v->tls) >= 0;
    case HOSTILE_RENEW:
        return renew(v);
    case HOSTILE_TICKETS:
        return send_tickets(v, s->times);
    case HOSTILE_REKEY:
        return rekey(v, s->times);
    default:
        return false;
    }
}

static bool play(struct visit *v, const struct hostile_step *s)
{
    switch (s->op) {
    case HOSTILE_READ:
        return read_request(v);
    case HOSTILE_SAY:
        return say(v, s, s->times > 0 ? s->times : 1);
    case HOSTILE_STORM:
        return say(v, s, 0);
    case HOSTILE_DRIP:
        return drip(v, s);
    case HOSTILE_WAIT:
        return pass(v, s->ms);
    case HOSTILE_HOLD:
        return drain(v);
    case HOSTILE_DEAF:
        return pass(v, -1);
    case HOSTILE_SIP:
        return sip(v, s->ms);
    case HOSTILE_RESET:
        return reset(v);
    case HOSTILE_SHUT:
        return shutdown(v->fd, SHUT_WR) == 0;
    default:
        return false;
    }
}

void visit_play(struct visit *v, const struct hostile_script *script)
{
    for (int i = 0; i < HOSTILE_STEPS; i++) {
        const struct hostile_step *s = &script->steps[i];

        if (s->op == HOSTILE_AGAIN)
            i = -1;
        else if (s->op >= HOSTILE_TLS ? !play_tls(v, s, script->credentials)
                                      : !play(v, s))
            break;
    }
}
