#include "support/dns_stub.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RULES_MAX = 64,
    QUESTIONS_MAX = 16384,
    MESSAGE_MAX = 65535,
    HEAD_BYTES = 12,
    UDP_BYTES = 512,
    TYPE_A = 1,
    TYPE_CNAME = 5,
    TYPE_AAAA = 28,
    FIRST_TCP = 3, /* of the descriptors waited for: open connections */
    FDS = 64,
};

struct question {
    char name[256];
    bool aaaa;
};

struct rule {
    struct dns_stub_rule rule;
    unsigned used[2]; /* for A and for AAAA */
};

struct dns_stub {
    pthread_t thread;
    int udp, tcp, stop;
    char server[32];
    _Atomic unsigned tcp_count;
    pthread_mutex_t lock; /* of what follows */
    struct rule rules[RULES_MAX];
    size_t rule_count;
    struct question *questions;
    size_t question_count;
};

/* A message as it grows; what does not fit is dropped. */
struct message {
    unsigned char at[MESSAGE_MAX];
    size_t len;
    unsigned answers;
};

static void put(struct message *m, const void *bytes, size_t len)
{
    if (m->len + len > sizeof m->at)
        return;
    memcpy(m->at + m->len, bytes, len);
    m->len += len;
}

static void put_number(struct message *m, uint32_t n, size_t bytes)
{
    uint32_t wire = htonl(n);

    put(m, (const char *)&wire + sizeof wire - bytes, bytes);
}

static void put_name(struct message *m, const char *name)
{
    while (*name) {
        size_t len = strcspn(name, ".");

        put_number(m, (uint32_t)len, 1);
        put(m, name, len);
        name += len + (name[len] == '.');
    }
    put_number(m, 0, 1);
}

/* owner NULL = the name asked for. */
static void put_record(struct message *m, const char *owner, unsigned type,
                       uint32_t ttl)
{
    if (owner)
        put_name(m, owner);
    else
        put_number(m, 0xc000 | HEAD_BYTES, 2);
    put_number(m, type, 2);
    put_number(m, 1, 2);
    put_number(m, ttl, 4);
    m->answers++;
}

static void put_cname(struct message *m, const char *owner, const char *to,
                      uint32_t ttl)
{
    struct message name = {.len = 0};

    put_name(&name, to);
    put_record(m, owner, TYPE_CNAME, ttl);
    put_number(m, (uint32_t)name.len, 2);
    put(m, name.at, name.len);
}

static void put_addresses(struct message *m, const struct dns_stub_rule *r,
                          const char *list, unsigned type)
{
    char text[64];
    unsigned char at[16];

    while (list && *list) {
        size_t len = strcspn(list, ",");

        (void)snprintf(text, sizeof text, "%.*s", (int)len, list);
        ck_assert_msg(
            inet_pton(type == TYPE_A ? AF_INET : AF_INET6, text, at) == 1, "%s",
            text);
        put_record(m, r->cname, type, r->ttl);
        put_number(m, type == TYPE_A ? 4 : 16, 2);
        put(m, at, type == TYPE_A ? 4 : 16);
        list += len + (list[len] == ',');
    }
}

static bool name_matches(const char *pattern, const char *name)
{
    size_t len = pattern ? strlen(pattern) : 0, name_len = strlen(name);

    if (!pattern)
        return true;
    if (pattern[0] != '*')
        return strcasecmp(pattern, name) == 0;
    return name_len >= len - 1 &&
           strcasecmp(pattern + 1, name + name_len - (len - 1)) == 0;
}

/* What the rules say now; *ret_turn counts the questions of this type. */
static struct dns_stub_rule choose(struct dns_stub *s, const struct question *q,
                                   unsigned *ret_turn)
{
    struct dns_stub_rule found = {.rcode = 3};

    (void)pthread_mutex_lock(&s->lock);
    if (s->question_count < QUESTIONS_MAX)
        s->questions[s->question_count++] = *q;
    for (size_t i = s->rule_count; i-- > 0;)
        if (name_matches(s->rules[i].rule.name, q->name)) {
            found = s->rules[i].rule;
            *ret_turn = s->rules[i].used[q->aaaa]++;
            break;
        }
    (void)pthread_mutex_unlock(&s->lock);
    return found;
}

/* Reads the name behind the head; 0 = the message is not understood. */
static size_t read_question(const unsigned char *at, size_t len,
                            struct question *q)
{
    size_t i = HEAD_BYTES, out = 0;

    while (i < len && at[i] > 0 && at[i] < 64 && i + at[i] + 1 < len &&
           out + at[i] + 2 < sizeof q->name) {
        if (out > 0)
            q->name[out++] = '.';
        memcpy(q->name + out, at + i + 1, at[i]);
        out += at[i];
        i += at[i] + 1u;
    }
    q->name[out] = '\0';
    if (i + 5 > len || at[i] != 0)
        return 0;
    q->aaaa = at[i + 2] == TYPE_AAAA;
    return i + 5;
}

static void put_answers(struct message *m, const struct dns_stub_rule *r,
                        const struct question *q, unsigned turn)
{
    bool other = turn % 2 == 1;
    const char *a = other && r->other_a ? r->other_a : r->a;
    const char *aaaa = other && r->other_aaaa ? r->other_aaaa : r->aaaa;
    char text[32];

    if (r->cname && !r->silent_cname)
        put_cname(m, NULL, r->cname, r->ttl);
    if (r->cname && r->loop)
        put_cname(m, r->cname, q->name, r->ttl);
    if (q->aaaa)
        put_addresses(m, r, aaaa, TYPE_AAAA);
    else
        put_addresses(m, r, a, TYPE_A);
    for (unsigned n = 1; !q->aaaa && n <= r->many; n++) {
        (void)snprintf(text, sizeof text, "52.0.%u.%u", n >> 8, n & 255);
        put_addresses(m, r, text, TYPE_A);
    }
}

/* False when nothing is to be sent. */
static bool reply(struct dns_stub *s, const unsigned char *at, size_t len,
                  bool udp, struct message *m)
{
    struct question q;
    unsigned turn = 0;
    size_t end = len > HEAD_BYTES ? read_question(at, len, &q) : 0;
    struct dns_stub_rule r;

    if (end == 0)
        return false;
    r = choose(s, &q, &turn);
    m->len = 0;
    m->answers = 0;
    put(m, at, end);
    if (r.act == STUB_ANSWER || (r.act == STUB_TRUNCATE && !udp))
        put_answers(m, &r, &q, turn);
    m->at[2] = 0x84 | (at[2] & 1);
    m->at[3] = (unsigned char)(0x80 | r.rcode);
    memset(m->at + 6, 0, 6);
    if (udp && (m->len > UDP_BYTES || r.act == STUB_TRUNCATE)) {
        m->at[2] |= 2;
        m->len = end;
        m->answers = 0;
    }
    m->at[6] = (unsigned char)(m->answers >> 8);
    m->at[7] = (unsigned char)m->answers;
    if (r.act == STUB_GARBAGE)
        memset(m->at + 4, 0xff, m->len - 4);
    return r.act != STUB_SILENT;
}

static void serve_udp(struct dns_stub *s, struct message *m)
{
    unsigned char in[4096];
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    ssize_t len =
        recvfrom(s->udp, in, sizeof in, 0, (struct sockaddr *)&from, &from_len);

    if (len > 0 && reply(s, in, (size_t)len, true, m))
        (void)sendto(s->udp, m->at, m->len, 0, (struct sockaddr *)&from,
                     from_len);
}

static bool read_all(int fd, void *to, size_t len)
{
    return recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

/* One question; false when the connection is over. */
static bool serve_tcp(struct dns_stub *s, int fd, struct message *m)
{
    unsigned char in[4096];
    uint16_t len;

    if (!read_all(fd, &len, sizeof len) || ntohs(len) > sizeof in ||
        !read_all(fd, in, ntohs(len)))
        return false;
    s->tcp_count++;
    if (!reply(s, in, ntohs(len), false, m))
        return true;
    len = htons((uint16_t)m->len);
    (void)send(fd, &len, sizeof len, MSG_NOSIGNAL | MSG_MORE);
    (void)send(fd, m->at, m->len, MSG_NOSIGNAL);
    return true;
}

/* Into a free place, or the last one. */
static void accept_tcp(struct dns_stub *s, struct pollfd *fds)
{
    int n = FIRST_TCP;

    while (n < FDS - 1 && fds[n].fd >= 0)
        n++;
    (void)close(fds[n].fd);
    fds[n].fd = accept(s->tcp, NULL, NULL);
}

static void serve_each_tcp(struct dns_stub *s, struct pollfd *fds,
                           struct message *m)
{
    for (int n = FIRST_TCP; n < FDS; n++)
        if (fds[n].fd >= 0 && fds[n].revents != 0 &&
            !serve_tcp(s, fds[n].fd, m)) {
            (void)close(fds[n].fd);
            fds[n].fd = -1;
        }
}

static void *serve(void *arg)
{
    struct dns_stub *s = arg;
    struct message *m = calloc(1, sizeof *m);
    struct pollfd fds[FDS] = {
        {s->udp, POLLIN, 0}, {s->tcp, POLLIN, 0}, {s->stop, POLLIN, 0}};

    for (int n = FIRST_TCP; n < FDS; n++)
        fds[n] = (struct pollfd){-1, POLLIN, 0};
    while (m && poll(fds, FDS, -1) >= 0 && !(fds[2].revents & POLLIN)) {
        if (fds[0].revents & POLLIN)
            serve_udp(s, m);
        serve_each_tcp(s, fds, m);
        if (fds[1].revents & POLLIN)
            accept_tcp(s, fds);
    }
    for (int n = FIRST_TCP; n < FDS; n++)
        (void)close(fds[n].fd);
    free(m);
    return NULL;
}

/* The same port for both: the first try may find it taken. */
static bool bind_both(struct dns_stub *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(s->tcp, (struct sockaddr *)&at, len) == 0 &&
        getsockname(s->tcp, (struct sockaddr *)&at, &len) == 0 &&
        bind(s->udp, (struct sockaddr *)&at, len) == 0 &&
        listen(s->tcp, 64) == 0) {
        (void)snprintf(s->server, sizeof s->server, "127.0.0.1:%d",
                       ntohs(at.sin_port));
        return true;
    }
    (void)close(s->tcp);
    (void)close(s->udp);
    return false;
}

struct dns_stub *dns_stub_open(void)
{
    struct dns_stub *s = calloc(1, sizeof *s);
    int tries = 0;

    ck_assert_ptr_nonnull(s);
    s->questions = calloc(QUESTIONS_MAX, sizeof *s->questions);
    ck_assert_ptr_nonnull(s->questions);
    while (!bind_both(s))
        ck_assert_int_lt(++tries, 100);
    s->stop = eventfd(0, EFD_CLOEXEC);
    (void)pthread_mutex_init(&s->lock, NULL);
    ck_assert_int_eq(pthread_create(&s->thread, NULL, serve, s), 0);
    return s;
}

void dns_stub_close(struct dns_stub **ret)
{
    struct dns_stub *s = *ret;

    *ret = NULL;
    if (!s)
        return;
    (void)eventfd_write(s->stop, 1);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->udp);
    (void)close(s->tcp);
    (void)close(s->stop);
    (void)pthread_mutex_destroy(&s->lock);
    free(s->questions);
    free(s);
}

void dns_stub_add(struct dns_stub *s, const struct dns_stub_rule *rule)
{
    (void)pthread_mutex_lock(&s->lock);
    ck_assert_uint_lt(s->rule_count, RULES_MAX);
    s->rules[s->rule_count++] = (struct rule){.rule = *rule};
    (void)pthread_mutex_unlock(&s->lock);
}

const char *dns_stub_server(const struct dns_stub *s)
{
    return s->server;
}

unsigned dns_stub_count(struct dns_stub *s, const char *name, bool aaaa)
{
    unsigned count = 0;

    (void)pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->question_count; i++)
        count += s->questions[i].aaaa == aaaa &&
                 (!name || strcasecmp(s->questions[i].name, name) == 0);
    (void)pthread_mutex_unlock(&s->lock);
    return count;
}

unsigned dns_stub_tcp_count(struct dns_stub *s)
{
    return s->tcp_count;
}
