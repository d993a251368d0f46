/* The shortest way from a queue to a request: move a job to where it is held
 * while waiting for it, send it over a kept connection, forget it.
 *
 *     bare_queue REDIS_PORT SERVER_PORT
 *
 * Works off the bench's queue, one job at a time, until it is killed. */
#include "bare.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { REQUEST_MAX = 2048, ANSWER_MAX = 512 };

static const char jobs_key[] = "extq:{default}:jobs";
static const char held_key[] = "extq:{default}:bare-held";

static int dial(const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons((uint16_t)strtol(port, NULL, 10));
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        bare_give_up("the server is not there");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* The answer is short enough to come at once. */
static void call(int fd, struct span job)
{
    char request[REQUEST_MAX], answer[ANSWER_MAX];
    int len = snprintf(request, sizeof request,
                       "POST /main HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       "Authorization: Bearer bench-bearer-0123456789abcdef\r\n"
                       "Content-Type: application/json\r\n"
                       "Content-Length: %zu\r\n\r\n%.*s",
                       job.len, (int)job.len, job.at);

    if (len < 0 || len >= (int)sizeof request ||
        send(fd, request, (size_t)len, MSG_NOSIGNAL) != len ||
        recv(fd, answer, sizeof answer, 0) <= 0)
        bare_give_up("the server does not answer");
}

int main(int argc, char **argv)
{
    const struct reply *reply = NULL;
    struct redis_sync *r;
    enum err e;
    int server;

    if (argc != 3)
        bare_give_up("needs REDIS_PORT SERVER_PORT");
    (void)signal(SIGPIPE, SIG_IGN);
    r = bare_open(argv[1]);
    server = dial(argv[2]);
    for (;;) {
        e = redis_ask_words(r, &reply, "BLMOVE", jobs_key, held_key, "RIGHT",
                            "LEFT", "0", NULL);
        call(server, reply_span(bare_checked(e, reply)));
        e = redis_ask_words(r, &reply, "RPOP", held_key, NULL);
        (void)bare_checked(e, reply);
    }
}
