/* The least that libcurl costs: the requests that extq sends, over kept
 * connections, one after the other in each slot, with no queue at all.
 *
 *     bare_curl URL THREADS IN_FLIGHT PAYLOAD_BYTES
 *
 * Runs until it is killed. IN_FLIGHT is per thread. Its best settings, as
 * measured: multi handles of 16 transfers each, an epoll registration that
 * outlives the request, easy handles used again. */
#include "bare.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { PER_MULTI = 16, EVENTS = 256, FDS = 65536 };

struct settings {
    const char *url;
    char *payload;
    size_t payload_len;
    long in_flight;
    struct curl_slist *headers;
};

struct loop;

struct multi {
    CURLM *curl;
    struct loop *loop;
    int64_t due_ms; /* -1 = none */
    bool touched;   /* something may have ended in it */
};

struct sock {
    struct multi *multi;
    uint32_t watched;
};

struct loop {
    const struct settings *settings;
    int epoll;
    size_t multi_count;
    struct multi *multis;
    struct sock *socks; /* by file descriptor */
};

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What libcurl says about a socket. That it lost interest is not passed on:
 * it will be back with the next request. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *unused)
{
    struct multi *m = arg;
    struct sock *s = &m->loop->socks[fd];
    struct epoll_event e = {.data.fd = fd};

    (void)easy;
    (void)unused;
    if (what == CURL_POLL_REMOVE)
        return 0;
    e.events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
               (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    if (s->watched != e.events &&
        epoll_ctl(m->loop->epoll, s->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
                  fd, &e) != 0)
        bare_give_up("epoll_ctl");
    s->watched = e.events;
    s->multi = m;
    return 0;
}

static int on_close(void *arg, curl_socket_t fd)
{
    struct loop *l = arg;

    l->socks[fd].watched = 0;
    return close(fd);
}

static int on_timer(CURLM *curl, long timeout_ms, void *arg)
{
    struct multi *m = arg;

    (void)curl;
    m->due_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    return 0;
}

static size_t on_body(char *at, size_t size, size_t count, void *unused)
{
    (void)at;
    (void)unused;
    return size * count;
}

static CURL *make_request(struct loop *l)
{
    const struct settings *s = l->settings;
    CURL *easy = curl_easy_init();

    if (!easy)
        bare_give_up("out of memory");
    curl_easy_setopt(easy, CURLOPT_URL, s->url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 8192L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "extq/" EXTQ_VERSION);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, s->payload);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)s->payload_len);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, s->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, l);
    return easy;
}

static void open_multi(struct loop *l, struct multi *m)
{
    m->loop = l;
    m->due_ms = -1;
    m->curl = curl_multi_init();
    if (!m->curl)
        bare_give_up("out of memory");
    curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
    curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, (long)2 * PER_MULTI);
    curl_multi_setopt(m->curl, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
}

static void open_loop(struct loop *l)
{
    size_t in_flight = (size_t)l->settings->in_flight;

    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->multi_count = (in_flight + PER_MULTI - 1) / PER_MULTI;
    l->multis = calloc(l->multi_count, sizeof *l->multis);
    l->socks = calloc(FDS, sizeof *l->socks);
    if (l->epoll < 0 || !l->multis || !l->socks)
        bare_give_up("out of memory");
    for (size_t i = 0; i < l->multi_count; i++)
        open_multi(l, &l->multis[i]);
    for (size_t i = 0; i < in_flight; i++)
        curl_multi_add_handle(l->multis[i % l->multi_count].curl,
                              make_request(l));
}

/* What is done begins again. True when anything did. */
static bool restart(struct multi *m)
{
    CURLMsg *message;
    bool any = false;
    int left;

    m->touched = false;
    while ((message = curl_multi_info_read(m->curl, &left))) {
        CURL *easy = message->easy_handle;
        long status = 0;

        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (message->data.result != CURLE_OK || status != 200)
            bare_give_up(curl_easy_strerror(message->data.result));
        curl_multi_remove_handle(m->curl, easy);
        curl_multi_add_handle(m->curl, easy);
        any = true;
    }
    return any;
}

static void act(struct multi *m, curl_socket_t fd, int what)
{
    int running;

    if (curl_multi_socket_action(m->curl, fd, what, &running) != CURLM_OK)
        bare_give_up("curl_multi_socket_action");
    m->touched = true;
}

/* Requests that were added start within this turn; some may end in it too. */
static void run_timers(struct loop *l)
{
    int64_t now = now_ms();

    for (struct multi *m = l->multis; m < l->multis + l->multi_count; m++)
        while ((m->touched && restart(m)) ||
               (m->due_ms >= 0 && m->due_ms <= now)) {
            m->due_ms = -1;
            act(m, CURL_SOCKET_TIMEOUT, 0);
        }
}

static int wait_ms(const struct loop *l)
{
    int64_t first = 1000, now = now_ms();

    for (size_t i = 0; i < l->multi_count; i++) {
        int64_t due = l->multis[i].due_ms;

        if (due >= 0 && due - now < first)
            first = due > now ? due - now : 0;
    }
    return (int)first;
}

static void *run(void *arg)
{
    struct loop l = {.settings = arg};
    struct epoll_event events[EVENTS];

    open_loop(&l);
    for (;;) {
        int n = epoll_wait(l.epoll, events, EVENTS, wait_ms(&l));

        for (int i = 0; i < n; i++) {
            uint32_t got = events[i].events;

            act(l.socks[events[i].data.fd].multi, events[i].data.fd,
                (got & EPOLLIN ? CURL_CSELECT_IN : 0) |
                    (got & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                    (got & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
        }
        run_timers(&l);
    }
    return NULL;
}

/* The lines that extq sends. */
static struct curl_slist *make_headers(void)
{
    static const char *const lines[] = {
        "Expect:",
        "Authorization: Bearer bench-bearer-0123456789abcdef",
        "Content-Type: application/json",
        "webhook-id: bench_12345",
        "idempotency-key: bench_12345",
        "extq-attempt: 1",
        "extq-epoch: 1-1763763462123456",
    };
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!(list = curl_slist_append(list, lines[i])))
            bare_give_up("out of memory");
    return list;
}

int main(int argc, char **argv)
{
    struct settings s = {.headers = NULL};
    pthread_t thread;
    long threads;

    if (argc != 5)
        bare_give_up("needs URL THREADS IN_FLIGHT PAYLOAD_BYTES");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    s.url = argv[1];
    threads = strtol(argv[2], NULL, 10);
    s.in_flight = strtol(argv[3], NULL, 10);
    s.payload_len = strtoul(argv[4], NULL, 10);
    s.payload = malloc(s.payload_len + 1);
    s.headers = make_headers();
    if (!s.payload)
        bare_give_up("out of memory");
    memset(s.payload, 'x', s.payload_len);
    for (long i = 1; i < threads; i++)
        if (pthread_create(&thread, NULL, run, &s) != 0)
            bare_give_up("no thread");
    (void)run(&s);
    return 0;
}
